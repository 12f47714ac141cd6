"""Each type: every field there and back, masks, targets, and what is refused (contract 2)."""

import base64
from unittest.mock import Mock

import pytest

from destinations import services
from destinations.dialects.outpost import patching
from destinations.drafts import Draft
from destinations.models import Destination
from tests.dialects.outpost.client import DESTINATIONS, path_of
from tests.dialects.outpost.kinds import AWS, CONNECTION, KINDS, TOKEN, compact, mask

every = pytest.mark.parametrize("type_", KINDS)
IN_PLAIN = {"topics": ["user.created", "order.paid"]}
INVALID = "validation error"
ANOTHER = base64.b64encode(b"src_abc:another-right").decode()


def sent(type_, **changes):
    kind = KINDS[type_]
    return {"type": type_, "config": kind.config, "credentials": kind.credentials} | IN_PLAIN | changes


@every
def test_every_field_is_read_back(t1, admin, hookdeck, type_):
    made = admin.create(**sent(type_))
    assert {name: made.get(name) for name in KINDS[type_].answer()} == KINDS[type_].answer()
    assert KINDS[type_].target_url or "target_url" not in made
    assert t1.read(made) == admin.read(made) == made
    assert admin.get(DESTINATIONS).body == [made]


@every
def test_what_is_secret_stays_and_is_never_said(t1, admin, hookdeck, type_):
    kind = KINDS[type_]
    made = admin.create(**sent(type_))
    stored = Destination.objects.get().credentials
    for name, value in kind.credentials.items():
        assert value in stored.values() or name == "previous_secret_invalid_at", name
        if name not in kind.plain:
            for answer in (made, admin.change(made, {"metadata": {"a": "1"}}).body, t1.get(DESTINATIONS).body):
                assert value not in compact(answer)


@every
def test_a_patch_of_the_config_keeps_the_rest(t1, admin, hookdeck, type_):
    kind = KINDS[type_]
    made = admin.create(**sent(type_))
    answer = admin.change(made, {"config": kind.change})
    assert answer.status == 200, answer.body
    assert answer.body["config"] == made["config"] | kind.change
    assert answer.body["credentials"] == made["credentials"]
    assert t1.read(made) == answer.body


@every
def test_a_type_that_was_read_may_be_written_back(t1, admin, hookdeck, type_):
    made = admin.create(**sent(type_))
    before = Destination.objects.get().credentials
    answer = admin.patch(path_of(made), {name: made[name] for name in ("type", "topics", "config", "credentials")})
    assert answer.status == 200, answer.body
    assert answer.body == made | {"updated_at": answer.body["updated_at"]}
    assert Destination.objects.get().credentials == before


@pytest.mark.parametrize("type_", [name for name in KINDS if name != "webhook"])
def test_a_secret_is_replaced(t1, admin, hookdeck, type_):
    name = next(name for name in KINDS[type_].credentials if name not in KINDS[type_].plain)
    new = {"token": TOKEN, "connection_string": CONNECTION.replace("sender", "other")}.get(name)
    new = new or KINDS[type_].credentials[name].replace("the", "The").replace("AKIA", "ASIA")
    made = admin.create(**sent(type_))
    answer = t1.change(made, {"credentials": {name: new}})
    assert answer.status == 200, answer.body
    assert answer.body["credentials"] == made["credentials"] | {name: mask(new)}
    assert new in Destination.objects.get().credentials.values()


REQUIRED = {
    "webhook": ["config.url"],
    "hookdeck": ["credentials.token"],
    "aws_sqs": ["config.queue_url", "credentials.key", "credentials.secret"],
    "aws_kinesis": ["config.stream_name", "config.region", "credentials.key", "credentials.secret"],
    "aws_s3": ["config.bucket", "config.region", "credentials.key", "credentials.secret"],
    "gcp_pubsub": ["config.project_id", "config.topic", "credentials.service_account_json"],
    "azure_servicebus": ["config.name", "credentials.connection_string"],
    "rabbitmq": ["config.server_url", "credentials.username", "credentials.password"],
    "kafka": [
        "config.brokers",
        "config.topic",
        "config.sasl_mechanism",
        "credentials.username",
        "credentials.password",
    ],
    "cloudflare_queues": ["config.account_id", "config.queue_id", "credentials.api_token"],
    "aws_eventbridge": ["config.region", "credentials.key", "credentials.secret"],
}


@every
@pytest.mark.parametrize("blank", [None, ""])
def test_everything_that_is_missing_is_named_in_order(t1, admin, type_, blank):
    body = {"type": type_, "topics": "*"}
    if blank is not None:
        for name in REQUIRED[type_]:
            section, _, key = name.partition(".")
            body.setdefault(section, {})[key] = blank
    answer = admin.post(DESTINATIONS, body)
    assert answer.refusal() == (422, INVALID, [f"{name} is required" for name in REQUIRED[type_]])


PATTERN, CUSTOM = "failed pattern validation", "config.custom_headers"
FAULTS = [
    ("webhook", "config", {"url": "e.com"}, [f"config.url {PATTERN}"]),
    ("webhook", "config", {"url": "https://e.com/a b"}, [f"config.url {PATTERN}"]),
    ("webhook", "config", {"custom_headers": "{"}, [f"{CUSTOM} failed invalid validation"]),
    ("webhook", "config", {"custom_headers": "[]"}, [f"{CUSTOM} failed invalid validation"]),
    ("webhook", "config", {"custom_headers": '{"X":1}'}, [f"{CUSTOM} failed invalid validation"]),
    ("webhook", "config", {"custom_headers": {"-X": "1"}}, [f"{CUSTOM}.-x {PATTERN}"]),
    ("webhook", "config", {"custom_headers": {"X Y": "1"}}, [f"{CUSTOM}.x y {PATTERN}"]),
    ("webhook", "config", {"custom_headers": {"X-Y": ""}}, [f"{CUSTOM}.x-y is required"]),
    *[
        ("webhook", "config", {"custom_headers": {name: "1"}}, [f"{CUSTOM}.{name.lower()} is forbidden"])
        for name in ("Content-Type", "content-length", "HOST", "Connection", "User-Agent")
    ],
    (
        "webhook",
        "config",
        {"custom_headers": {"X Y": "1", "Host": "x", "A": ""}},
        [f"{CUSTOM}.a is required", f"{CUSTOM}.host is forbidden", f"{CUSTOM}.x y {PATTERN}"],
    ),
    (
        "webhook",
        "config",
        {"custom_headers": {"X-Outpost-Signature": "1"}},
        [f"{CUSTOM}.x-outpost-signature failed invalid validation"],
    ),
    ("webhook", "credentials", {"secret": "", "previous_secret": "p"}, ["credentials.secret is required"]),
    (
        "webhook",
        "credentials",
        {"previous_secret": "", "previous_secret_invalid_at": "2099-01-02T03:04:05Z"},
        ["credentials.previous_secret is required"],
    ),
    (
        "webhook",
        "credentials",
        {"previous_secret_invalid_at": "tomorrow"},
        [f"credentials.previous_secret_invalid_at {PATTERN}"],
    ),
    (
        "webhook",
        "credentials",
        {"previous_secret_invalid_at": "2099-01-02T03:04:05"},
        [f"credentials.previous_secret_invalid_at {PATTERN}"],
    ),
    ("hookdeck", "credentials", {"token": "%%%"}, ["credentials.token failed invalid_token_format validation"]),
    ("hookdeck", "credentials", {"token": "YWJj"}, ["credentials.token failed invalid_token_format validation"]),
    ("aws_sqs", "config", {"queue_url": "sqs"}, [f"config.queue_url {PATTERN}"]),
    ("aws_sqs", "config", {"endpoint": "sqs"}, [f"config.endpoint {PATTERN}"]),
    ("aws_kinesis", "config", {"stream_name": "a b"}, [f"config.stream_name {PATTERN}"]),
    ("aws_kinesis", "config", {"region": "EU-WEST-1"}, [f"config.region {PATTERN}"]),
    ("aws_kinesis", "config", {"endpoint": "x"}, [f"config.endpoint {PATTERN}"]),
    ("aws_s3", "config", {"region": "eu"}, [f"config.region {PATTERN}"]),
    ("aws_s3", "config", {"storage_class": "fast"}, ["config.storage_class failed enum validation"]),
    ("aws_s3", "config", {"key_template": "join("}, [f"config.key_template {PATTERN}"]),
    (
        "gcp_pubsub",
        "credentials",
        {"service_account_json": "x"},
        ["credentials.service_account_json failed format validation"],
    ),
    (
        "gcp_pubsub",
        "credentials",
        {"service_account_json": "[]"},
        ["credentials.service_account_json failed format validation"],
    ),
    (
        "gcp_pubsub",
        "credentials",
        {"service_account_json": '{"a":1}'},
        ["credentials.service_account_json failed missing_type validation"],
    ),
    ("azure_servicebus", "config", {"name": "-a"}, [f"config.name {PATTERN}"]),
    ("azure_servicebus", "config", {"name": "a b"}, [f"config.name {PATTERN}"]),
    ("rabbitmq", "config", {"server_url": "a b:5672"}, [f"config.server_url {PATTERN}"]),
    ("rabbitmq", "config", {"tls": ""}, ["config.tls failed invalid validation"]),
    ("rabbitmq", "config", {"tls": "yes"}, ["config.tls failed invalid validation"]),
    ("kafka", "config", {"tls": "yes"}, ["config.tls failed invalid validation"]),
    ("kafka", "config", {"sasl_mechanism": "none"}, ["config.sasl_mechanism failed invalid validation"]),
    ("cloudflare_queues", "config", {"account_id": "x"}, [f"config.account_id {PATTERN}"]),
    ("cloudflare_queues", "config", {"queue_id": "F" * 32}, [f"config.queue_id {PATTERN}"]),
    ("aws_eventbridge", "config", {"region": "x"}, [f"config.region {PATTERN}"]),
    ("aws_eventbridge", "config", {"endpoint": "x"}, [f"config.endpoint {PATTERN}"]),
]


@pytest.mark.parametrize(
    ("type_", "section", "values", "data"), FAULTS, ids=[f"{type_} {values}" for type_, _, values, _ in FAULTS]
)
@pytest.mark.usefixtures("t1")
def test_a_fault_is_named_as_outpost_names_it(admin, type_, section, values, data):
    body = sent(type_, config=dict(KINDS[type_].config))
    if type_ == "gcp_pubsub":
        del body["config"]["endpoint"]  # with one the account is not looked at
    body[section] = body[section] | values
    assert admin.post(DESTINATIONS, body).refusal() == (422, INVALID, data)
    assert not Destination.objects.exists()


def test_faults_of_config_come_before_those_of_credentials(t1, admin):
    body = {"type": "aws_s3", "topics": "*", "config": {"region": "x", "bucket": "b"}, "credentials": {"key": "k"}}
    data = [f"config.region {PATTERN}", "credentials.secret is required"]
    assert admin.post(DESTINATIONS, body).refusal() == (422, INVALID, data)


@pytest.mark.parametrize("headers", [{}, "", "{}", None])
def test_no_custom_headers_are_none(t1, admin, headers):
    made = admin.create(config={"url": "https://e.com/h", "custom_headers": headers})
    assert made["config"].get("custom_headers", "{}") in ("", "{}")
    assert t1.read(made) == made


@pytest.mark.parametrize(("given", "told"), [({}, "false"), ({"tls": ""}, "false"), ({"tls": "on"}, "true")])
def test_a_cluster_without_tls_says_so(t1, admin, given, told):
    config = {"brokers": "k.example.com:9092", "topic": "t", "sasl_mechanism": "plain"}
    assert admin.create(**sent("kafka", config=config | given))["config"] == config | {"tls": told}


@pytest.mark.parametrize("mechanism", ["plain", "scram-sha-256", "scram-sha-512"])
def test_each_mechanism_is_taken(t1, admin, mechanism):
    config = {"brokers": "k.example.com:9092", "topic": "t", "sasl_mechanism": mechanism, "tls": "true"}
    assert admin.create(**sent("kafka", config=config))["config"] == config


@pytest.mark.parametrize("type_", ["webhook", "aws_kinesis", "azure_servicebus", "rabbitmq", "kafka", "hookdeck"])
def test_a_key_that_is_not_declared_is_kept(t1, admin, hookdeck, type_):
    made = admin.create(**sent(type_, config=KINDS[type_].config | {"note": "of my own"}))
    assert made["config"]["note"] == "of my own"
    assert t1.read(made) == made
    assert "note" not in t1.change(made, {"config": {"note": None}}).body["config"]


def test_a_credential_that_is_not_declared_is_kept_and_masked(t1, admin):
    kind = KINDS["azure_servicebus"]
    made = admin.create(**sent("azure_servicebus", credentials=kind.credentials | {"note": "a secret of my own"}))
    assert made["credentials"]["note"] == mask("a secret of my own")
    assert "a secret of my own" not in str(list(Destination.objects.values()))
    for given, told in (({"name": "other"}, {"note": mask("a secret of my own")}), ({"name": "orders"}, {})):
        changes = {"config": given, "credentials": {} if told else {"note": None}}
        now = t1.change(made, changes).body["credentials"]
        assert now == {"connection_string": made["credentials"]["connection_string"]} | told


def test_a_webhook_keeps_no_other_credentials(t1, admin):
    made = admin.create(credentials={"secret": "s3cret", "note": "x", "previous_secret": ""})
    assert made["credentials"] == {"secret": "s3cret"}


def test_a_queue_elsewhere_has_no_console(t1, admin):
    made = admin.create(**sent("aws_sqs", config={"queue_url": "http://localhost:4566/000000000000/q"}))
    assert made["target"] == "http://localhost:4566/000000000000/q"
    assert "target_url" not in made


@pytest.mark.parametrize("length", [1, 9, 10, 11])
def test_a_mask_has_the_length_of_what_it_hides(t1, admin, length):
    made = admin.create(**sent("rabbitmq", credentials={"username": "u", "password": "p" * length}))
    assert made["credentials"]["password"] == ("*" * length if length < 10 else "pppp" + "*" * (length - 4))


def test_a_mask_of_another_length_is_not_kept_as_a_secret_by_mistake(t1, admin):
    made = admin.create(**sent("aws_kinesis"))
    answer = t1.change(made, {"credentials": {"key": made["credentials"]["key"], "session": None}})
    assert answer.body["credentials"] == {name: mask(AWS[name]) for name in ("key", "secret")}
    assert AWS["key"] in Destination.objects.get().credentials.values()


class TestHookdeck:
    def test_the_source_is_asked_for_with_its_token(self, t1, admin, hookdeck):
        admin.create(**sent("hookdeck"))
        assert [(one.method, one.target) for one in hookdeck.requests] == [
            ("GET", "/2025-01-01/sources/src_abc/managed/verify")
        ]
        assert hookdeck.requests[0].headers["x-hookdeck-source-token"] == TOKEN

    @pytest.mark.parametrize("reply", [(401, {}), (404, {}), (500, {}), None])
    def test_a_token_that_is_not_verified_is_refused(self, t1, admin, hookdeck, reply):
        hookdeck.reply = reply or (200, b"not json")
        answer = admin.post(DESTINATIONS, sent("hookdeck"))
        data = ["credentials.token failed token_verification_failed validation"]
        assert answer.refusal() == (422, INVALID, data)
        assert not Destination.objects.exists()

    def test_what_changed_while_it_was_verified_is_not_saved_as_proven(self, t1, admin, hookdeck, monkeypatch):
        made, prove = admin.create(**sent("hookdeck")), services.prove

        def meanwhile(tenant, draft, **others):
            proof = prove(tenant, draft, **others)
            services.update(Destination.objects.get(), Draft(metadata={"by": "another"}))
            return proof

        monkeypatch.setattr(services, "prove", meanwhile)
        before = Destination.objects.get().credentials
        answer = t1.change(made, {"credentials": {"token": ANOTHER}})
        assert (answer.status, "was changed" in answer.body["message"]) == (409, True)
        row = Destination.objects.get()
        assert (row.credentials, row.metadata) == (before, {"by": "another"})

    @pytest.mark.parametrize("type_", ["webhook", "hookdeck"])
    def test_a_change_is_judged_once(self, t1, admin, hookdeck, monkeypatch, type_):
        made = admin.create(**sent(type_))
        judging = Mock(side_effect=patching.change)
        monkeypatch.setattr(patching, "change", judging)
        token = {"credentials": {"token": ANOTHER}} if type_ == "hookdeck" else {"topics": ["order.paid"]}
        assert t1.change(made, token).status == 200
        judging.assert_called_once()

    def test_an_installation_may_do_without(self, t1, admin, hookdeck, settings):
        settings.OUTPOST_VERIFY_HOOKDECK = False
        made = admin.create(**sent("hookdeck"))
        assert hookdeck.requests == []
        assert made["config"].get("source_id", "src_abc") == "src_abc"
        assert made["target"] == "Hookdeck source ID: src_abc"
        assert made["target_url"] == "https://dashboard.hookdeck.com/sources/src_abc"

    def test_a_server_that_is_not_there_verifies_nothing(self, t1, admin, unreachable):
        data = ["credentials.token failed token_verification_failed validation"]
        assert admin.post(DESTINATIONS, sent("hookdeck")).refusal() == (422, INVALID, data)

    def test_a_patch_asks_again_only_for_another_token(self, t1, admin, hookdeck):
        made = admin.create(**sent("hookdeck"))
        for body in ({"topics": ["order.paid"]}, {"credentials": {"token": TOKEN}}, {"metadata": {"a": "1"}}):
            assert t1.change(made, body).status == 200
        assert len(hookdeck.requests) == 1

    def test_a_token_taken_away_is_missed(self, t1, admin, hookdeck):
        made = admin.create(**sent("hookdeck"))
        data = ["credentials.token failed token_required validation"]
        for body in ({"credentials": None}, {"credentials": {"token": None}}, {"credentials": {"token": ""}}):
            assert t1.change(made, body).refusal() == (422, INVALID, data)
