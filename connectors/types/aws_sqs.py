"""A queue of Amazon SQS."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from connectors.base import Connector, Section, Steps, Values
from connectors.probes import aws
from connectors.problems import Problem

FIND, ASK = "find queue", "ask to send a message"
#: Seconds; Amazon delays no message by more than 900.
TOO_LONG = 43_200


class AwsSqs(Connector):
    """A queue of Amazon SQS."""

    type = "aws_sqs"
    label = "Amazon SQS"
    family = "message brokers"
    steps = ("resolve", "connect", "tls", FIND, ASK)
    effect = (
        "Leaves nothing in the queue: it asks to send a message with a delay longer than SQS allows, which SQS refuses "
        "to everyone, and to those who may not send for that reason first. Another server that takes it keeps it."
    )
    rights = (
        "`sqs:SendMessage` on the queue. `sqs:GetQueueAttributes` lets a check look for the queue by itself; without "
        "it that step is skipped. Sending to a queue that a KMS key encrypts takes `kms:GenerateDataKey` and "
        "`kms:Decrypt` on the key as well, which a check cannot prove without leaving a message."
    )
    tested = (
        "Against the moto server, which judges signatures and rights; that Amazon SQS itself judges rights before "
        "delays, as the check expects, could not be tried."
    )

    class Config(Section):
        queue_url = aws.EndpointField(
            label="Queue URL",
            help_text="The URL of the queue, such as https://sqs.us-west-2.amazonaws.com/123456789012/events.",
        )
        region = aws.RegionField(
            required=False,
            help_text="Left out, it is read from the queue URL, and is us-east-1 where that does not tell it.",
        )
        endpoint = aws.EndpointField(
            required=False,
            label="Endpoint",
            help_text="Only for access over another host than that of the queue URL, such as a VPC endpoint.",
        )

    class Credentials(aws.SessionKeys):
        pass

    def validate(self, config: Values, credentials: Values) -> Iterator[Problem]:
        told = _region_of(config["queue_url"])
        if told and config.get("region", told) != told:
            yield Problem("config.region", "invalid", f"The queue URL is one of the region {told}.")

    def target(self, config: Values) -> str:
        return str(config["queue_url"])

    def host(self, config: Values) -> str:
        return _api(config).service

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        await aws.check(_api(config), aws.Keys.of(credentials), _queue(config), _ask(config), steps)


def _api(config: Values) -> aws.Api:
    parts = urlsplit(config["queue_url"])
    endpoint = config.get("endpoint") or f"{parts.scheme}://{parts.netloc}"
    return aws.Api("sqs", "AmazonSQS", "1.0", _region(config), endpoint)


def _queue(config: Values) -> aws.Resource:
    url, region = config["queue_url"], _region(config)
    account, name = (["", *urlsplit(url).path.strip("/").split("/")])[-2:]
    return aws.Resource(
        kind="queue",
        name=name,
        arn=f"arn:{aws.partition(region)}:sqs:{region}:{account}:{name}",
        right="sqs:SendMessage",
        look=aws.Look(FIND, "GetQueueAttributes", {"QueueUrl": url, "AttributeNames": ["QueueArn"]}, _unfit),
    )


def _ask(config: Values) -> aws.Ask:
    url = config["queue_url"]
    message = {"Id": "check", "MessageBody": "A connection check. It may be ignored.", "DelaySeconds": TOO_LONG}
    if urlsplit(url).path.rstrip("/").endswith(".fifo"):
        message |= {"MessageGroupId": "landfall.check", "MessageDeduplicationId": "landfall.check"}
    return aws.Ask(
        ASK,
        "SendMessageBatch",
        {"QueueUrl": url, "Entries": [message]},
        told=_told,
        early=frozenset({"InvalidParameterValue", "InvalidParameterValueException", "MissingParameter"}),
    )


def _unfit(result: Values) -> aws.Fault | None:
    return None if isinstance(result.get("Attributes"), dict) else aws.NOT_AMAZON


def _told(result: Values) -> str | None:
    if refused := aws.objects(result.get("Failed")):
        return str(refused[0].get("Code", "Failed"))
    return "" if aws.objects(result.get("Successful")) else None


def _region(config: Values) -> str:
    return str(config.get("region") or _region_of(config["queue_url"]) or "us-east-1")


def _region_of(url: str) -> str:
    """The region that the host tells: sqs.REGION., or as older URLs have it REGION.queue. and queue. alone."""
    host = urlsplit(url).hostname or ""
    if found := re.search(rf"(?:^|\.)sqs(?:-fips)?\.({aws.REGION})\.|^({aws.REGION})\.queue\.amazonaws\.", host):
        return found[1] or found[3]
    return "us-east-1" if host == "queue.amazonaws.com" else ""
