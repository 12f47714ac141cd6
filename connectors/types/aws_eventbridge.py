"""An event bus of Amazon EventBridge."""

from collections.abc import Iterator

from connectors.base import Connector, Section, Steps, Values
from connectors.fields import PatternField
from connectors.probes import aws
from connectors.problems import Problem

FIND, ASK = "find event bus", "ask to put an event"
SOURCE = "landfall.check"


class AwsEventBridge(Connector):
    """An event bus of Amazon EventBridge."""

    type = "aws_eventbridge"
    label = "Amazon EventBridge"
    family = "message brokers"
    steps = ("resolve", "connect", "tls", FIND, ASK)
    effect = (
        f"Puts no event on the bus: it asks to put one from the source {SOURCE} whose detail is not JSON, which "
        "EventBridge refuses to everyone, and to those who may not put events for that reason first. "
        "Another server that takes it keeps it."
    )
    rights = (
        "`events:PutEvents` on the event bus; where a policy names the sources or the types of events, it must allow "
        f"`{SOURCE}` for both. `events:DescribeEventBus` lets a check tell whether the event bus exists; without it "
        "that step is skipped."
    )
    tested = (
        "Against the moto server, which judges signatures and rights; that Amazon EventBridge itself judges rights "
        "before details, as the check expects, could not be tried."
    )

    class Config(Section):
        region = aws.ServerRegionField(help_text="The AWS region of the event bus, such as us-west-2.")
        event_bus_name = PatternField(
            rf"(arn:aws[a-z-]*:events:{aws.REGION}:\d{{12}}:event-bus/)?[/._A-Za-z0-9-]+",
            "This must be the name of an event bus, or its ARN.",
            required=False,
            max_length=1600,
            label="Event bus name",
            help_text="The name or the ARN of the event bus. Left out, it is the account's default bus.",
        )
        endpoint = aws.OwnEndpointField()

    class Credentials(aws.SessionKeys):
        pass

    def validate(self, config: Values, credentials: Values) -> Iterator[Problem]:
        name = _name(config)
        if name.startswith("arn:") and (told := name.split(":")[3]) != config["region"]:
            yield Problem("config.region", "invalid", f"The event bus is one of the region {told}.")

    def target(self, config: Values) -> str:
        return f"{_name(config)} in {config['region']}"

    def host(self, config: Values) -> str:
        return _api(config).service

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        await aws.check(_api(config), aws.Keys.of(credentials), _bus(config), _ask(config), steps)


def _name(config: Values) -> str:
    return str(config.get("event_bus_name") or "default")


def _api(config: Values) -> aws.Api:
    return aws.Api("events", "AWSEvents", "1.1", config["region"], config.get("endpoint", ""))


def _bus(config: Values) -> aws.Resource:
    name, region = _name(config), config["region"]
    return aws.Resource(
        kind="event bus",
        name=name,
        arn=name if name.startswith("arn:") else f"arn:{aws.partition(region)}:events:{region}:*:event-bus/{name}",
        right="events:PutEvents",
        look=aws.Look(FIND, "DescribeEventBus", {"Name": name}, _unfit),
    )


def _ask(config: Values) -> aws.Ask:
    event = {"EventBusName": _name(config), "Source": SOURCE, "DetailType": SOURCE, "Detail": "not JSON"}
    return aws.Ask(ASK, "PutEvents", {"Entries": [event]}, told=_told)


def _unfit(result: Values) -> aws.Fault | None:
    return None if result.get("Arn") else aws.NOT_AMAZON


def _told(result: Values) -> str | None:
    events = aws.objects(result.get("Entries"))
    return str(events[0].get("ErrorCode", "")) if events else None
