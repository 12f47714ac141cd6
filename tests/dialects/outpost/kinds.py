"""Every type of destination that Outpost has, with every field set, and what is read back (contract 2.3 to 2.7)."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from tests.connectors.examples import SERVICE_ACCOUNT

KEY, SECRET, SESSION = (
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "session-token-of-the-example",
)
AWS = {"key": KEY, "secret": SECRET, "session": SESSION}
TOKEN = base64.b64encode(b"src_abc:the-right-to-send").decode()
CONNECTION = (
    "Endpoint=sb://contoso.servicebus.windows.net/;SharedAccessKeyName=sender;"
    "SharedAccessKey=dGhlIGtleSBvZiB0aGUgZXhhbXBsZQ=="
)
ACCOUNT, QUEUE = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
SQS = "https://sqs.eu-west-1.amazonaws.com/123456789012/events"
SQS_CONSOLE = "https://eu-west-1.console.aws.amazon.com/sqs/v3/home?region=eu-west-1#/queues/"
SQS_CONSOLE += "https%3A%2F%2Fsqs.eu-west-1.amazonaws.com%2F123456789012%2Fevents"


def mask(text: str) -> str:
    return "*" * len(text) if len(text) < 10 else text[:4] + "*" * (len(text) - 4)


@dataclass(frozen=True)
class Kind:
    """`told` is the config that is answered where it is not the one that was sent; `plain` names what is no secret."""

    config: dict[str, Any]
    credentials: dict[str, Any]
    target: str
    target_url: str | None = None
    plain: tuple[str, ...] = ()
    told: dict[str, Any] | None = None
    change: dict[str, Any] = field(default_factory=dict)

    def answer(self) -> dict[str, Any]:
        shown = {name: value if name in self.plain else mask(value) for name, value in self.credentials.items()}
        answer = {"config": self.told or self.config, "credentials": shown, "target": self.target}
        return answer | ({"target_url": self.target_url} if self.target_url else {})


KINDS = {
    "webhook": Kind(
        config={"url": "https://hooks.example.com/in?a=1", "custom_headers": '{"X-Team":"data","x_b":"2"}'},
        credentials={
            "secret": "a secret of one's own",
            "previous_secret": "the one before",
            "previous_secret_invalid_at": "2099-01-02T03:04:05.678Z",
        },
        plain=("secret", "previous_secret", "previous_secret_invalid_at"),
        target="https://hooks.example.com/in?a=1",
        change={"url": "https://hooks.example.com/other"},
    ),
    "hookdeck": Kind(
        config={},
        told={"source_name": "orders", "source_id": "src_abc"},
        credentials={"token": TOKEN},
        target="orders",
        target_url="https://dashboard.hookdeck.com/sources/src_abc",
    ),
    "aws_sqs": Kind(
        config={"queue_url": SQS, "endpoint": "https://vpce-1.sqs.eu-west-1.vpce.amazonaws.com"},
        credentials=AWS,
        target=SQS,
        target_url=SQS_CONSOLE,
        change={"queue_url": "https://sqs.eu-west-1.amazonaws.com/123456789012/other"},
    ),
    "aws_kinesis": Kind(
        config={
            "stream_name": "events",
            "region": "eu-west-1",
            "endpoint": "https://kinesis.example.com",
            "partition_key_template": "data.user.id",
        },
        credentials=AWS,
        target="events in eu-west-1",
        change={"stream_name": "other.events_2"},
    ),
    "aws_s3": Kind(
        config={
            "bucket": "the-bucket",
            "region": "eu-west-1",
            "key_template": "join('/', [time.year, metadata.\"event-id\"])",
            "storage_class": "standard_ia",
            "endpoint": "https://s3.example.com",
        },
        credentials=AWS,
        target="the-bucket in eu-west-1",
        target_url="https://s3.console.aws.amazon.com/s3/buckets/the-bucket?region=eu-west-1",
        change={"bucket": "another-bucket"},
    ),
    "gcp_pubsub": Kind(
        config={"project_id": "the-project", "topic": "events", "endpoint": "http://localhost:8085"},
        credentials={"service_account_json": SERVICE_ACCOUNT},
        target="the-project/events",
        target_url="https://console.cloud.google.com/cloudpubsub/topic/detail/events?project=the-project",
        change={"topic": "others"},
    ),
    "azure_servicebus": Kind(
        config={"name": "orders"},
        credentials={"connection_string": CONNECTION},
        target="contoso/orders",
        change={"name": "other.orders_2-x"},
    ),
    "rabbitmq": Kind(
        config={"server_url": "mq.example.com:5671", "exchange": "events", "tls": "true"},
        credentials={"username": "publisher", "password": "the password"},
        plain=("username",),
        target="events -> user.created, order.paid",
        change={"exchange": "others"},
    ),
    "kafka": Kind(
        config={
            "brokers": "k-1.example.com:9092 , k-2.example.com:9093",
            "topic": "the.events",
            "tls": "on",
            "partition_key_template": "data.user.id",
            "sasl_mechanism": "scram-sha-512",
        },
        told={
            "brokers": "k-1.example.com:9092,k-2.example.com:9093",
            "topic": "the.events",
            "tls": "true",
            "partition_key_template": "data.user.id",
            "sasl_mechanism": "scram-sha-512",
        },
        credentials={"username": "publisher", "password": "the password"},
        plain=("username",),
        target="k-1.example.com:9092 / the.events",
        change={"topic": "other.events"},
    ),
    "cloudflare_queues": Kind(
        config={"account_id": ACCOUNT, "queue_id": QUEUE},
        credentials={"api_token": "the-api-token-of-the-example"},
        target=QUEUE,
        target_url=f"https://dash.cloudflare.com/{ACCOUNT}/queues/{QUEUE}",
        change={"queue_id": ACCOUNT},
    ),
    "aws_eventbridge": Kind(
        config={"region": "eu-west-1", "event_bus_name": "events", "endpoint": "https://events.example.com"},
        credentials=AWS,
        target="events in eu-west-1",
        target_url="https://eu-west-1.console.aws.amazon.com/events/home?region=eu-west-1#/eventbus/events",
        change={"event_bus_name": "others"},
    ),
}
#: The types, by the first version of the SDK that can read them; the first ones are those of every client.
ERAS = {
    "0.4.0": ["webhook", "hookdeck", "aws_sqs", "aws_kinesis", "aws_s3", "azure_servicebus", "rabbitmq"],
    "0.5.0": ["gcp_pubsub"],
    "1.1.0": ["kafka"],
    "1.7.0": ["cloudflare_queues", "aws_eventbridge"],
}
ORDER = ["webhook", "hookdeck", "aws_sqs", "aws_kinesis", "aws_s3", "gcp_pubsub", "azure_servicebus", "rabbitmq"]
ORDER += ["kafka", "cloudflare_queues", "aws_eventbridge"]


def known_to(version: str) -> list[str]:
    """The types that the SDK of this version can read."""
    numbers = [(tuple(map(int, first.split("."))), types) for first, types in ERAS.items()]
    return [type_ for first, types in numbers if first <= tuple(map(int, version.split("."))) for type_ in types]


def compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
