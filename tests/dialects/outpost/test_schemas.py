"""How types, topics and health are described (contract 3, 1.11)."""

import re

import pytest

from tests.dialects.outpost.client import Outpost
from tests.dialects.outpost.kinds import KINDS, ORDER

LABELS = {
    "webhook": "Webhook",
    "hookdeck": "Hookdeck",
    "aws_sqs": "AWS SQS",
    "aws_kinesis": "AWS Kinesis",
    "aws_s3": "AWS S3",
    "gcp_pubsub": "GCP Pub/Sub",
    "azure_servicebus": "Azure Service Bus",
    "rabbitmq": "RabbitMQ",
    "kafka": "Apache Kafka",
}
URL, REGION = r"^https?:\/\/[^\s]+$", "^[a-z]{2}-[a-z]+-[0-9]+$"
#: Key, label, type, whether required, and the rest; labels of the newest two types are nowhere written.
CONFIG: dict[str, list[tuple[str, str | None, str, bool, dict[str, object]]]] = {
    "webhook": [
        ("url", "Webhook URL", "text", True, {"pattern": URL}),
        ("custom_headers", "Custom Headers", "key_value_map", False, {}),
    ],
    "hookdeck": [],
    "aws_sqs": [("queue_url", "Queue URL", "text", True, {"pattern": URL})],
    "aws_kinesis": [
        ("stream_name", "Stream Name", "text", True, {"pattern": "^[a-zA-Z0-9_.-]+$"}),
        ("region", "AWS Region", "text", True, {"pattern": REGION}),
        ("endpoint", "Endpoint", "text", False, {"pattern": URL}),
        ("partition_key_template", "Partition Key Template", "text", False, {}),
    ],
    "aws_s3": [
        ("bucket", "Bucket Name", "text", True, {}),
        ("region", "AWS Region", "text", True, {"pattern": REGION}),
        ("key_template", "Object Key Template", "text", False, {}),
        ("storage_class", "S3 Storage Class", "text", False, {"default": "STANDARD"}),
    ],
    "gcp_pubsub": [
        ("project_id", "Project ID", "text", True, {}),
        ("topic", "Topic", "text", True, {}),
        ("endpoint", "Endpoint", "text", False, {}),
    ],
    "azure_servicebus": [
        (
            "name",
            "Queue or Topic Name",
            "text",
            True,
            {"pattern": "^[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9])?$"},
        )
    ],
    "rabbitmq": [
        ("server_url", "Server URL", "text", True, {"pattern": r"^[^\s]+$"}),
        ("exchange", "Exchange", "text", False, {}),
        ("tls", "TLS", "checkbox", False, {"default": "on"}),
    ],
    "kafka": [
        ("brokers", "Brokers", "text", True, {}),
        ("topic", "Topic", "text", True, {}),
        ("tls", "TLS", "checkbox", False, {"default": "true"}),
        ("partition_key_template", "Partition Key Template", "text", False, {}),
        (
            "sasl_mechanism",
            "SASL Mechanism",
            "select",
            True,
            {
                "options": [
                    {"label": "PLAIN", "value": "plain"},
                    {"label": "SCRAM-SHA-256", "value": "scram-sha-256"},
                    {"label": "SCRAM-SHA-512", "value": "scram-sha-512"},
                ]
            },
        ),
    ],
    "cloudflare_queues": [
        ("account_id", None, "text", True, {"pattern": "^[0-9a-f]{32}$"}),
        ("queue_id", None, "text", True, {"pattern": "^[0-9a-f]{32}$"}),
    ],
    "aws_eventbridge": [
        ("region", None, "text", True, {"pattern": REGION}),
        ("event_bus_name", None, "text", False, {}),
        ("endpoint", None, "text", False, {"pattern": URL}),
    ],
}
KEYS: list[tuple[str, str | None, bool, bool]] = [
    ("key", "Access Key ID", True, True),
    ("secret", "Secret Access Key", True, True),
]
SESSION = ("session", "Session Token", False, True)
SIGN_IN: list[tuple[str, str | None, bool, bool]] = [
    ("username", "Username", True, False),
    ("password", "Password", True, True),
]
CREDENTIALS: dict[str, list[tuple[str, str | None, bool, bool]]] = {
    "webhook": [],
    "hookdeck": [("token", "Hookdeck Token", True, True)],
    "aws_sqs": KEYS,
    "aws_kinesis": [*KEYS, SESSION],
    "aws_s3": [*KEYS, SESSION],
    "gcp_pubsub": [("service_account_json", "Service Account JSON", True, True)],
    "azure_servicebus": [("connection_string", "Connection String", True, True)],
    "rabbitmq": SIGN_IN,
    "kafka": SIGN_IN,
    "cloudflare_queues": [("api_token", None, True, True)],
    "aws_eventbridge": [(name, None, required, True) for name, _, required, _ in (*KEYS, SESSION)],
}
ALWAYS = {"type", "label", "description", "key", "required"}
every = pytest.mark.parametrize("type_", KINDS)


@pytest.fixture
def schemas(t1):
    return {one["type"]: one for one in t1.get("/destination-types").body}


def test_the_types_are_those_of_outpost_in_its_order(schemas):
    assert list(schemas) == ORDER


@every
def test_a_type_is_described(t1, admin, schemas, type_):
    schema = schemas[type_]
    linked = {"setup_link"} if type_ == "hookdeck" else set()
    parts = {"type", "label", "description", "icon", "instructions", "config_fields", "credential_fields"}
    assert schema.keys() == parts | linked
    assert schema["label"] == LABELS.get(type_, schema["label"])
    assert re.match(r"<svg\b.*</svg>\s*$", schema["icon"], re.DOTALL)
    assert "<script" not in schema["icon"]
    assert schema["description"]
    assert schema["instructions"]
    for caller in (t1, admin):
        assert caller.get(f"/destination-types/{type_}").body == schema


@every
def test_its_config_is_described_in_order(schemas, type_):
    fields = schemas[type_]["config_fields"]
    assert [field["key"] for field in fields] == [key for key, *_ in CONFIG[type_]]
    for field, (key, label, kind, required, rest) in zip(fields, CONFIG[type_], strict=True):
        assert (field["type"], field["required"]) == (kind, required), key
        assert field["label"] == (label or field["label"])
        assert isinstance(field["description"], str)
        assert {name: field[name] for name in field.keys() - ALWAYS} == rest


@every
def test_its_credentials_are_described_in_order(schemas, type_):
    fields = schemas[type_]["credential_fields"]
    assert [field["key"] for field in fields] == [key for key, *_ in CREDENTIALS[type_]]
    for field, (_, label, required, sensitive) in zip(fields, CREDENTIALS[type_], strict=True):
        assert (field["type"], field["required"], field.get("sensitive", False)) == ("text", required, sensitive)
        assert field["label"] == (label or field["label"])
        assert field.keys() - ALWAYS == ({"sensitive"} if sensitive else set())


@pytest.mark.parametrize("type_", ["nope", "postgres", "otlp_http", "WEBHOOK", "webhooks"])
def test_another_type_is_none(t1, type_):
    assert t1.get(f"/destination-types/{type_}").refusal() == (404, "destination type not found", None)


def test_topics_are_those_of_the_installation(t1, admin):
    for caller in (t1, admin, admin.at("/outpost/2025-07-01")):
        assert caller.get("/topics").body == ["user.created", "user.deleted", "order.paid"]
    for path in ("/t1/topics", "/tenants/t1/topics"):
        assert t1.get(path).body == ["user.created", "user.deleted", "order.paid"]


@pytest.mark.django_db
@pytest.mark.parametrize("base", ["/outpost/api/v1", "/outpost/2025-07-01"])
@pytest.mark.parametrize("accept", ["application/json", "*/*", "", "application/json;q=1, text/plain;q=0.5"])
def test_health_is_json_for_whoever_takes_json(base, accept):
    answer = Outpost(base=base).get("/healthz", headers={"Accept": accept} if accept else {})
    assert (answer.status, answer.type) == (200, "application/json")
    assert answer.body.keys() >= {"status", "timestamp", "workers"}
    assert all(worker["status"] for worker in answer.body["workers"].values())


@pytest.mark.django_db
def test_health_needs_no_credential_and_minds_none():
    assert Outpost("x").get("/healthz").status == 200
