"""The types that Outpost knows, in the order it lists them: its keys, labels and patterns over ours."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import jmespath

from connectors import registry
from connectors.base import Connector
from connectors.fields import SecretField
from connectors.probes.servicebus import ConnectionString
from connectors.types.aws_s3 import STORAGE_CLASSES
from connectors.types.hookdeck import source
from destinations.dialects.outpost import consoles
from destinations.dialects.outpost.fields import (
    BROKERS,
    EMULATOR,
    HEADERS,
    SERVER,
    URL,
    Codec,
    Field,
    Values,
    checked,
    choice,
    flag,
    plain,
)

REVEALED = 4  # leading characters that a mask of Outpost's leaves readable
REGION = r"^[a-z]{2}-[a-z]+-[0-9]+$"
ACCOUNT = r"^[0-9a-f]{32}$"
MECHANISMS = (("PLAIN", "plain"), ("SCRAM-SHA-256", "scram-sha-256"), ("SCRAM-SHA-512", "scram-sha-512"))
Targeting = Callable[[Values, list[str]], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Type:
    """`target` where it is not the native one, `page` is where a person sees the thing in its vendor's console, and
    `fits` whether Outpost has words for a native config. `derived` is config that new credentials tell, `tags` are
    the original's words for (native path, native code), and `proven` types are verified before they are saved."""

    name: str
    label: str
    config: tuple[Field, ...]
    credentials: tuple[Field, ...]
    target: Targeting | None = None
    page: Callable[[Values], str] = lambda _config: ""
    fits: Callable[[Values], bool] = lambda _config: True
    derived: Callable[[Values], dict[str, Any]] = lambda _credentials: {}
    tags: Mapping[tuple[str, str], str] = field(default_factory=dict)
    setup_link: tuple[str, str] | None = None
    proven: bool = False

    @property
    def connector(self) -> Connector:
        return registry.get(self.name)

    @property
    def opened(self) -> bool:
        """Whether Outpost shows more of the secrets than the stored masks do."""
        natives = {name: ours for ours in self.credentials for name in ours.codec.natives}
        secrets = {name: held for name, held in self.connector.credentials.fields.items() if name in natives}
        return any(
            isinstance(held, SecretField) and not (natives[name].sensitive and held.reveal == REVEALED)
            for name, held in secrets.items()
        )

    def target_of(self, config: Values, topics: list[str]) -> str:
        return self.target(config, topics) if self.target else self.connector.target(config)


def text(key: str, label: str, native: str = "", **rules: Any) -> Field:
    return Field(key=key, codec=plain(native or key), label=label, **rules)


def hidden(key: str, native: str = "", **rules: Any) -> Field:
    return text(key, "", native, listed=False, **rules)


def secret(key: str, label: str, native: str = "", **rules: Any) -> Field:
    return text(key, label, native, sensitive=True, **rules)


def _keys(session: Field) -> tuple[Field, ...]:
    return (
        secret("key", "Access Key ID", "access_key_id", required=True),
        secret("secret", "Secret Access Key", "secret_access_key", required=True),
        session,
    )


def _tls(default: str, *, blank: bool = False) -> Field:
    """RabbitMQ's is refused when it is empty, Kafka's is off then."""
    return Field(key="tls", codec=flag("tls", blank=blank), label="TLS", kind="checkbox", default=default)


def _source(credentials: Values) -> dict[str, Any]:
    """So that people are told the source where Hookdeck is not asked what it is called."""
    return {"source_id": source(credentials["token"])} if "token" in credentials else {}


def _namespace(credentials: Values) -> dict[str, Any]:
    """So that people are told the namespace without anybody opening the connection string again."""
    if "connection_string" not in credentials:  # of a change that leaves it as it is
        return {}
    try:
        return {"namespace": ConnectionString.of(credentials["connection_string"]).namespace or None}
    except ValueError:
        return {}


SESSION = secret("session", "Session Token", "session_token")
USERNAME = text("username", "Username", required=True)
PASSWORD = secret("password", "Password", required=True)
TOKEN = Field(
    key="token",
    codec=checked("token", source, "invalid_token_format"),
    label="Hookdeck Token",
    required=True,
    sensitive=True,
    cleared="token_required",
)
TEMPLATE = checked("key_template", jmespath.compile, "pattern")
EXCHANGE = Codec(
    ("exchange",), lambda value: {"exchange": value}, lambda values: values.get("exchange", ""), blank=True
)

TYPES: dict[str, Type] = {
    type_.name: type_
    for type_ in (
        Type(
            name="webhook",
            label="Webhook",
            config=(
                text("url", "Webhook URL", required=True, pattern=URL),
                Field(key="custom_headers", codec=HEADERS, label="Custom Headers", kind="key_value_map", echo=True),
            ),
            credentials=(
                hidden("secret"),
                hidden("previous_secret"),
                hidden("previous_secret_invalid_at", "previous_valid_until"),
            ),
        ),
        Type(
            name="hookdeck",
            label="Hookdeck",
            config=(hidden("source_name", own=True), hidden("source_id", own=True)),
            credentials=(TOKEN,),
            target=consoles.source,
            page=consoles.source_page,
            derived=_source,
            setup_link=("https://dashboard.hookdeck.com/connect", "Generate Hookdeck Token"),
            proven=True,
        ),
        Type(
            name="aws_sqs",
            label="AWS SQS",
            config=(
                text("queue_url", "Queue URL", required=True, pattern=URL),
                hidden("endpoint", pattern=URL),
            ),
            credentials=_keys(hidden("session", "session_token", sensitive=True)),
            page=consoles.sqs_page,
        ),
        Type(
            name="aws_kinesis",
            label="AWS Kinesis",
            config=(
                text("stream_name", "Stream Name", required=True, pattern=r"^[a-zA-Z0-9_.-]+$"),
                text("region", "AWS Region", required=True, pattern=REGION),
                text("endpoint", "Endpoint", pattern=URL),
                text("partition_key_template", "Partition Key Template"),
            ),
            credentials=_keys(SESSION),
        ),
        Type(
            name="aws_s3",
            label="AWS S3",
            config=(
                text("bucket", "Bucket Name", required=True),
                text("region", "AWS Region", required=True, pattern=REGION),
                Field(key="key_template", codec=TEMPLATE, label="Object Key Template"),
                Field(
                    key="storage_class",
                    codec=choice("storage_class", STORAGE_CLASSES, "enum", upper=True),
                    label="S3 Storage Class",
                    default="STANDARD",
                    echo=True,
                ),
                hidden("endpoint"),
            ),
            credentials=_keys(SESSION),
            page=consoles.bucket_page,
        ),
        Type(
            name="gcp_pubsub",
            label="GCP Pub/Sub",
            config=(
                text("project_id", "Project ID", required=True),
                text("topic", "Topic", required=True),
                Field(key="endpoint", codec=EMULATOR, label="Endpoint", echo=True),
            ),
            credentials=(secret("service_account_json", "Service Account JSON", required=True),),
            tags={
                ("credentials.service_account_json", "pattern"): "format",
                ("credentials.service_account_json.type", "required"): "missing_type",
            },
            page=consoles.pubsub_page,
        ),
        Type(
            name="azure_servicebus",
            label="Azure Service Bus",
            config=(
                text(
                    "name",
                    "Queue or Topic Name",
                    required=True,
                    pattern=r"^[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9])?$",
                ),
            ),
            credentials=(secret("connection_string", "Connection String", required=True),),
            derived=_namespace,
        ),
        Type(
            name="rabbitmq",
            label="RabbitMQ",
            config=(
                Field(key="server_url", codec=SERVER, label="Server URL", required=True, pattern=r"^[^\s]+$"),
                Field(key="exchange", codec=EXCHANGE, label="Exchange"),
                _tls("on", blank=True),
            ),
            credentials=(USERNAME, PASSWORD),
            target=consoles.exchange,
        ),
        Type(
            name="kafka",
            label="Apache Kafka",
            config=(
                Field(key="brokers", codec=BROKERS, label="Brokers", required=True),
                text("topic", "Topic", required=True),
                _tls("true"),
                text("partition_key_template", "Partition Key Template"),
                Field(
                    key="sasl_mechanism",
                    codec=choice("sasl_mechanism", tuple(value for _, value in MECHANISMS), "invalid"),
                    label="SASL Mechanism",
                    kind="select",
                    required=True,
                    options=MECHANISMS,
                ),
            ),
            credentials=(USERNAME, PASSWORD),
            target=consoles.first_broker,
            fits=lambda config: config["sasl_mechanism"] != "none",
        ),
        Type(
            name="cloudflare_queues",
            label="Cloudflare Queues",
            config=(
                text("account_id", "Account ID", required=True, pattern=ACCOUNT),
                text("queue_id", "Queue ID", required=True, pattern=ACCOUNT),
            ),
            credentials=(secret("api_token", "API Token", required=True),),
            page=consoles.queue_page,
        ),
        Type(
            name="aws_eventbridge",
            label="AWS EventBridge",
            config=(
                text("region", "AWS Region", required=True, pattern=REGION),
                text("event_bus_name", "Event Bus Name"),
                text("endpoint", "Endpoint", pattern=URL),
            ),
            credentials=_keys(SESSION),
            page=consoles.bus_page,
        ),
    )
}
