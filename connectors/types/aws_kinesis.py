"""A data stream of Amazon Kinesis."""

from connectors.base import Connector, Section, Steps, Values
from connectors.fields import PatternField, TextField
from connectors.probes import aws

FIND, ASK = "find stream", "ask to write a record"
TOO_HIGH = 2**128  # the least number that is no hash key


class AwsKinesis(Connector):
    """A data stream of Amazon Kinesis."""

    type = "aws_kinesis"
    label = "Amazon Kinesis"
    family = "message brokers"
    steps = ("resolve", "connect", "tls", FIND, ASK)
    effect = (
        "Leaves nothing in the stream: it asks to write a record whose hash key is higher than any shard's, which "
        "Kinesis refuses to everyone, and to those who may not write for that reason first. "
        "Another server that takes it keeps it."
    )
    rights = (
        "`kinesis:PutRecord` on the stream. `kinesis:DescribeStreamSummary` lets a check see that the stream is "
        "active; without it that step is skipped. Writing to a stream that a KMS key encrypts takes "
        "`kms:GenerateDataKey` on the key as well, which a check cannot prove without leaving a record."
    )
    tested = (
        "Against the moto server, which judges signatures and rights; that Amazon Kinesis itself judges rights before "
        "hash keys, as the check expects, could not be tried."
    )

    class Config(Section):
        stream_name = PatternField(
            r"[a-zA-Z0-9_.-]+",
            "This may hold letters, digits, dots, hyphens and underscores only.",
            max_length=128,
            label="Stream name",
            help_text="The name of the data stream.",
        )
        region = aws.ServerRegionField(help_text="The AWS region of the stream, such as us-west-2.")
        endpoint = aws.OwnEndpointField()
        partition_key_template = TextField(
            required=False,
            max_length=2000,
            label="Partition key template",
            help_text="How whatever writes here chooses partition keys. A check does not use it.",
        )

    class Credentials(aws.SessionKeys):
        pass

    def target(self, config: Values) -> str:
        return f"{config['stream_name']} in {config['region']}"

    def host(self, config: Values) -> str:
        return _api(config).service

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        await aws.check(_api(config), aws.Keys.of(credentials), _stream(config), _ask(config), steps)


def _api(config: Values) -> aws.Api:
    return aws.Api("kinesis", "Kinesis_20131202", "1.1", config["region"], config.get("endpoint", ""))


def _stream(config: Values) -> aws.Resource:
    name, region = config["stream_name"], config["region"]
    return aws.Resource(
        kind="stream",
        name=name,
        arn=f"arn:{aws.partition(region)}:kinesis:{region}:*:stream/{name}",
        right="kinesis:PutRecord",
        look=aws.Look(FIND, "DescribeStreamSummary", {"StreamName": name}, _unfit),
    )


def _ask(config: Values) -> aws.Ask:
    return aws.Ask(
        ASK,
        "PutRecord",
        {
            "StreamName": config["stream_name"],
            "Data": "",
            "PartitionKey": "landfall.check",
            "ExplicitHashKey": str(TOO_HIGH),
        },
        told=lambda result: "" if "SequenceNumber" in result else None,
        refusals=frozenset({"InvalidArgumentException"}),
    )


def _unfit(result: Values) -> aws.Fault | None:
    summary = result.get("StreamDescriptionSummary")
    status = summary.get("StreamStatus") if isinstance(summary, dict) else None
    return _FAULTS.get(status, aws.NOT_AMAZON) if status not in {"ACTIVE", "UPDATING"} else None


_FAULTS: dict[object, aws.Fault] = {
    "CREATING": aws.Fault("remote", "The stream “{name}” is still being created.", "Wait a minute and check again."),
    "DELETING": aws.Fault("not_found", "The stream “{name}” is being deleted.", "Choose or create another stream."),
}
