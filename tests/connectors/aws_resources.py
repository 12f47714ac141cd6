"""One resource of each of Amazon's services that takes messages, for tests that hold all of them to the same."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from connectors.base import Connector
from connectors.types.aws_eventbridge import AwsEventBridge
from connectors.types.aws_kinesis import AwsKinesis
from connectors.types.aws_sqs import AwsSqs
from tests.servers.aws import REGION, Amazon


@dataclass(frozen=True)
class Kind:
    """`make` creates a resource of a name, `config` is that of a destination, `left` is all that stands in it."""

    connector: Connector
    word: str
    find: str
    ask: str
    right: str
    make: Callable[[Amazon, str], None]
    config: Callable[[str, str], dict[str, Any]]
    left: Callable[[Amazon, str], list[Any]]


def _messages(amazon: Amazon, name: str) -> list[Any]:
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
    found = amazon.do("sqs", "GetQueueAttributes", QueueUrl=amazon.queue_url(name), AttributeNames=counts)
    return [count for count in found["Attributes"].values() if int(count)]


def _records(amazon: Amazon, name: str) -> list[Any]:
    shards = amazon.do("kinesis", "ListShards", StreamName=name)["Shards"]
    found = []
    for shard in shards:
        where = {"StreamName": name, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = amazon.do("kinesis", "GetShardIterator", **where)["ShardIterator"]
        found += amazon.do("kinesis", "GetRecords", ShardIterator=iterator)["Records"]
    return found


def _bus(amazon: Amazon, name: str) -> None:
    """A bus that keeps whatever is put on it."""
    arn = amazon.do("events", "CreateEventBus", Name=name)["EventBusArn"]
    amazon.do("events", "CreateArchive", ArchiveName=name, EventSourceArn=arn)


def _events(amazon: Amazon, name: str) -> list[Any]:
    count = amazon.do("events", "DescribeArchive", ArchiveName=name)["EventCount"]
    return [count] if count else []


SQS = Kind(
    AwsSqs(),
    "queue",
    "find queue",
    "ask to send a message",
    "sqs:SendMessage on arn:aws:sqs:us-east-1:123456789012:",
    lambda amazon, name: amazon.do("sqs", "CreateQueue", QueueName=name),
    lambda endpoint, name: {"queue_url": f"{endpoint}/123456789012/{name}"},
    _messages,
)
KINESIS = Kind(
    AwsKinesis(),
    "stream",
    "find stream",
    "ask to write a record",
    "kinesis:PutRecord on arn:aws:kinesis:us-east-1:*:stream/",
    lambda amazon, name: amazon.do("kinesis", "CreateStream", StreamName=name, ShardCount=2),
    lambda endpoint, name: {"stream_name": name, "region": REGION, "endpoint": endpoint},
    _records,
)
EVENTBRIDGE = Kind(
    AwsEventBridge(),
    "event bus",
    "find event bus",
    "ask to put an event",
    "events:PutEvents on arn:aws:events:us-east-1:*:event-bus/",
    _bus,
    lambda endpoint, name: {"event_bus_name": name, "region": REGION, "endpoint": endpoint},
    _events,
)
KINDS = {"sqs": SQS, "kinesis": KINESIS, "eventbridge": EVENTBRIDGE}


def name_for(test: str) -> str:
    """A name of the test's own."""
    return f"test-{zlib.crc32(test.encode()):08x}"
