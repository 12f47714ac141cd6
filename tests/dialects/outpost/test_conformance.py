"""The cases of the contract, by their numbers; 88 and 89 are those of the real clients, in `sdk`."""

import base64
import hmac
import math
import time
from datetime import datetime, timedelta
from unittest.mock import patch

import jwt
import pytest
from django.utils import timezone

from destinations.models import Destination
from tests.dialects.outpost.client import DESTINATIONS, GENERATED, HOOK, Outpost, path_of

INVALID = "validation error"
UNAUTHORIZED = {"status": 401, "message": "unauthorized"}
FORBIDDEN = (403, "forbidden", None)
BAD_TOPICS = "validation failed: invalid topics"
DAY = timedelta(days=1)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def ahead(**delta: float) -> str:
    return (timezone.now() + timedelta(**delta)).isoformat()


# 7.1 Auth and tenants


def test_1_without_a_credential_nobody_enters(t1):
    answer = Outpost().get(DESTINATIONS)
    assert (answer.status, answer.type, answer.body) == (401, "application/json", UNAUTHORIZED)


def test_2_the_scheme_is_written_with_a_capital(t1, admin):
    answer = Outpost(Authorization=f"bearer {admin.credential}").get(DESTINATIONS)
    assert (answer.status, answer.body) == (401, UNAUTHORIZED)


def test_3_a_missing_tenant_is_told_to_the_administrator(admin):
    answer = admin.get("/tenants/none")
    assert (answer.status, answer.body) == (404, {"status": 404, "message": "tenant not found"})


def test_4_to_6_a_tenant_is_made_given_metadata_and_loses_it_again(admin):
    made = admin.put("/tenants/t1")
    assert made.status == 201
    times = {name: made.body[name] for name in ("created_at", "updated_at")}
    assert made.body == {"id": "t1", "destinations_count": 0, "topics": []} | times
    labelled = admin.put("/tenants/t1", {"metadata": {"plan": "pro"}})
    assert (labelled.status, labelled.body["metadata"]) == (200, {"plan": "pro"})
    wiped = admin.put("/tenants/t1")
    assert wiped.status == 200
    assert wiped.body == made.body | {"updated_at": wiped.body["updated_at"]}
    assert moment(wiped.body["updated_at"]) >= moment(labelled.body["updated_at"])


def test_7_a_tenant_may_not_make_another(t1, admin):
    assert t1.put("/tenants/t2").refusal() == FORBIDDEN
    assert admin.get("/tenants/t2").status == 404


def test_8_a_tenant_may_change_its_own_metadata(t1):
    answer = t1.put("/tenants/t1", {"metadata": {"a": 1}})
    assert (answer.status, answer.body["metadata"]) == (200, {"a": "1"})


def test_9_a_tenant_gets_no_token(t1):
    assert t1.get("/tenants/t1/token").refusal() == FORBIDDEN


def test_10_a_token_is_issued_for_a_day(t1, admin):
    answer = admin.get("/tenants/t1/token")
    assert answer.status == 200
    assert answer.body.keys() == {"token", "tenant_id"}
    assert answer.body["tenant_id"] == "t1"
    claims = jwt.decode(answer.body["token"], options={"verify_signature": False})
    assert jwt.get_unverified_header(answer.body["token"])["alg"] == "HS256"
    assert (claims["iss"], claims["sub"], claims["exp"] - claims["iat"]) == ("outpost", "t1", 86400)


def test_11_a_theme_that_is_none_is_dropped(t1, admin):
    answer = admin.get("/tenants/t1/portal?theme=purple")
    assert answer.status == 200
    assert answer.body.keys() == {"redirect_url", "tenant_id"}
    assert "token=" in answer.body["redirect_url"]
    assert "theme=" not in answer.body["redirect_url"]


def test_12_13_a_deleted_tenant_is_locked_out_and_comes_back_empty(t1, admin):
    admin.create()
    gone = t1.delete("/tenants/t1")
    assert (gone.status, gone.body) == (200, {"success": True})
    assert t1.get("/topics").body == UNAUTHORIZED
    assert admin.put("/tenants/t1").status == 201
    assert admin.get(DESTINATIONS).body == []


def test_14_a_tenant_lists_itself_alone(t1, admin):
    admin.put("/tenants/t2")
    answer = t1.get("/tenants")
    assert answer.status == 200
    assert [one["id"] for one in answer.body["models"]] == ["t1"]
    assert answer.body["count"] == 1
    page = {"order_by": "created_at", "dir": "desc", "limit": 20, "next": None, "prev": None}
    assert answer.body["pagination"] == page


@pytest.mark.parametrize(
    ("query", "refusal"),
    [
        ("limit=0", (400, "invalid limit: must be between 1 and 100", None)),  # 15
        ("limit=abc", (400, "invalid limit: must be an integer", None)),  # 15
        ("limit=101", (400, "invalid limit: must be between 1 and 100", None)),  # 15
        ("next=a&prev=b", (400, "cannot specify both 'next' and 'prev' cursors", None)),  # 16
        ("dir=up", (422, INVALID, {"query.dir": "must be 'asc' or 'desc'"})),  # 17
    ],
)
def test_15_to_17_a_list_of_tenants_is_asked_for_in_order(admin, query, refusal):
    assert admin.get(f"/tenants?{query}").refusal() == refusal


@pytest.mark.parametrize("forge", ["none", "another key", "no key"])
def test_18_a_token_that_somebody_else_made_is_refused(t1, forge):
    head, body, _ = t1.credential.split(".")
    claims = jwt.decode(t1.credential, options={"verify_signature": False})
    empty = base64.urlsafe_b64encode(hmac.digest(b"", f"{head}.{body}".encode(), "sha256")).rstrip(b"=").decode()
    forged = {
        "none": jwt.encode(claims, None, "none"),
        "another key": jwt.encode(claims, "x" * 32),
        "no key": f"{head}.{body}.{empty}",
    }
    assert Outpost(forged[forge]).get("/tenants/t1").body == UNAUTHORIZED


KEY = "the secret that this installation signs its tokens with, long enough for every algorithm"


@pytest.mark.parametrize(
    ("changes", "taken"),
    [
        ({}, True),
        ({"iss": "other"}, False),
        ({"iss": None}, False),
        ({"sub": ""}, False),
        ({"sub": None}, False),
        ({"exp": 1_700_000_000}, False),
        ({"exp": None}, False),
        ({"nbf": 4_000_000_000}, False),
        ({"nbf": 1_700_000_000, "deployment_id": "dep_1"}, True),
        ({"iat": 1_700_000_000}, False),  # before there was the tenant
        ({"iat": None}, False),
        ({"iat": "now"}, False),
        ({"exp": math.inf}, False),
    ],
)
@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_18_a_token_is_judged_by_its_claims(t1, settings, algorithm, changes, taken):
    settings.OUTPOST_JWT_SECRET = KEY
    claims = {"iss": "outpost", "sub": "t1", "iat": int(time.time()), "exp": 4_000_000_000} | changes
    token = jwt.encode({name: value for name, value in claims.items() if value is not None}, KEY, algorithm)
    for path in ("/tenants/t1", "/topics", DESTINATIONS):
        assert Outpost(token).get(path).status == (200 if taken else 401)


# 7.2 Create


def test_19_a_webhook_needs_a_url_and_gets_a_secret(t1, admin):
    answer = admin.post(DESTINATIONS, HOOK)
    assert (answer.status, answer.type) == (201, "application/json")
    made = answer.body
    assert made["id"]
    assert (made["type"], made["topics"], made["config"]) == ("webhook", ["*"], {"url": "https://e.com/h"})
    assert made["credentials"].keys() == {"secret"}
    assert GENERATED.fullmatch(made["credentials"]["secret"])
    assert (made["target"], made["disabled_at"]) == ("https://e.com/h", None)
    assert not {"target_url", "filter", "metadata", "delivery_metadata"} & made.keys()
    assert admin.read(made) == made


KINESIS = ["config.stream_name is required", "config.region failed pattern validation"]
KINESIS += ["credentials.key is required", "credentials.secret is required"]
PUBSUB = {"type": "gcp_pubsub", "topics": "*", "config": {"project_id": "the-project", "topic": "events"}}
KAFKA = {"type": "kafka", "topics": "*", "credentials": {"username": "u", "password": "p"}}
KAFKA_CONFIG = {"brokers": "k.example.com:9092", "topic": "t", "sasl_mechanism": "PLAIN"}
S3 = {"type": "aws_s3", "topics": "*", "credentials": {"key": "AKIAIOSFODNN7EXAMPLE", "secret": "s" * 20}}
S3_CONFIG = {"bucket": "the-bucket", "region": "eu-west-1"}


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        pytest.param({}, (422, INVALID, ["type is required", "topics is required"]), id="20"),
        pytest.param(HOOK | {"topics": []}, (422, BAD_TOPICS, None), id="22"),
        pytest.param(HOOK | {"topics": "user.created"}, (422, f"{BAD_TOPICS} format", None), id="23"),
        pytest.param(HOOK | {"topics": ["*", "user.created"]}, (422, BAD_TOPICS, None), id="24"),
        pytest.param(HOOK | {"topics": ["user.*", "user.created"]}, (422, BAD_TOPICS, None), id="26"),
        pytest.param(
            HOOK | {"type": "webhooks"},
            (422, "no provider registered for destination type: webhooks", None),
            id="27",
        ),
        pytest.param(HOOK | {"config": {}}, (422, INVALID, ["config.url is required"]), id="28"),
        pytest.param(
            HOOK | {"config": {"url": "ftp://x"}}, (422, INVALID, ["config.url failed pattern validation"]), id="29"
        ),
        pytest.param(
            {"type": "aws_kinesis", "topics": "*", "config": {"region": "us"}}, (422, INVALID, KINESIS), id="30"
        ),
        pytest.param(
            HOOK | {"credentials": {"previous_secret": "p", "secret": "s"}},
            (422, INVALID, ["credentials.previous_secret_invalid_at is required"]),
            id="38",
        ),
        pytest.param(
            HOOK | {"credentials": {"rotate_secret": True}},
            (422, INVALID, ["credentials.rotate_secret failed invalid validation"]),
            id="39",
        ),
        pytest.param(
            HOOK | {"config": {"url": "https://e.com/h", "custom_headers": {"Host": "x"}}},
            (422, INVALID, ["config.custom_headers.host is forbidden"]),
            id="41",
        ),
        pytest.param(
            KAFKA | {"config": KAFKA_CONFIG},
            (422, INVALID, ["config.sasl_mechanism failed invalid validation"]),
            id="45",
        ),
        pytest.param(
            S3 | {"config": S3_CONFIG | {"storage_class": "fast"}},
            (422, INVALID, ["config.storage_class failed enum validation"]),
            id="46",
        ),
        pytest.param(
            PUBSUB | {"credentials": {"service_account_json": "{}"}},
            (422, INVALID, ["credentials.service_account_json failed missing_type validation"]),
            id="47",
        ),
    ],
)
def test_what_cannot_be_created_says_why_and_leaves_nothing(t1, admin, body, refusal):
    assert admin.post(DESTINATIONS, body).refusal() == refusal
    assert admin.get(DESTINATIONS).body == []


@pytest.mark.parametrize("raw", [b"", b'{"type":'])
def test_21_what_is_not_json_is_refused(t1, admin, raw):
    answer = admin.post(DESTINATIONS, raw=raw)
    assert (answer.status, answer.body) == (422, {"status": 422, "message": "invalid JSON"})


def test_25_a_topic_named_twice_counts_once(t1, admin):
    assert admin.create(topics=["user.created", "user.created"])["topics"] == ["user.created"]


def test_26_a_pattern_covers_its_topics_where_patterns_are_allowed(t1, admin, settings):
    settings.TOPICS_WILDCARDS = True
    assert admin.create(topics=["user.*", "user.created"])["topics"] == ["user.*"]


def test_31_32_an_id_is_taken_in_one_tenant_only(t1, admin):
    admin.put("/tenants/t2")
    assert admin.create(id="mine")["id"] == "mine"
    again = admin.post(DESTINATIONS, HOOK | {"id": "mine"})
    assert (again.status, again.body) == (400, {"status": 400, "message": "destination already exists"})
    assert admin.create("t2", id="mine")["tenant_id"] == "t2"


def test_33_the_limit_counts_disabled_ones_too(t1, admin):
    admin.create(disabled_at="2026-01-01T00:00:00Z")
    for _ in range(19):
        admin.create()
    answer = admin.post(DESTINATIONS, HOOK)
    assert answer.refusal() == (400, "maximum number of destinations per tenant reached", None)
    assert len(admin.get(DESTINATIONS).body) == 20


def test_34_a_tenant_sets_no_dates(t1):
    message = "created_at and updated_at can only be set with API key authentication"
    for name in ("created_at", "updated_at"):
        answer = t1.post(DESTINATIONS, HOOK | {name: "2026-01-01T00:00:00Z"})
        assert answer.refusal() == (403, message, None)


def test_35_36_dates_lie_in_the_past(t1, admin):
    answer = admin.post(DESTINATIONS, HOOK | {"created_at": ahead(days=1)})
    assert answer.refusal() == (422, "created_at cannot be in the future", None)
    since = (timezone.now() - timedelta(hours=1)).isoformat(timespec="milliseconds")
    assert moment(admin.create(disabled_at=since)["disabled_at"]) == moment(since)


def test_37_a_tenant_sets_no_secret(t1):
    answer = t1.post(DESTINATIONS, HOOK | {"credentials": {"secret": "x"}})
    assert answer.refusal() == (422, INVALID, ["credentials.secret is forbidden"])


def test_40_headers_given_as_an_object_become_text(t1, admin):
    made = admin.create(config={"url": "https://e.com/h", "custom_headers": {"X-A": "1"}})
    assert made["config"] == {"url": "https://e.com/h", "custom_headers": '{"X-A":"1"}'}
    assert admin.read(made) == made


def rabbit(**config):
    credentials = {"username": "guest", "password": "guest"}
    return {
        "type": "rabbitmq",
        "config": {"server_url": "mq.example.com:5672"} | config,
        "credentials": credentials,
    }


def test_42_a_broker_without_exchange_and_tls(t1, admin):
    made = admin.create(**rabbit())
    assert made["config"] == {"server_url": "mq.example.com:5672", "exchange": "", "tls": "false"}
    assert made["credentials"] == {"username": "guest", "password": "*****"}
    assert made["target"] == " -> *"


@pytest.mark.parametrize("tls", ["on", True])
def test_43_on_is_true(t1, admin, tls):
    assert admin.create(**rabbit(tls=tls))["config"]["tls"] == "true"


SQS = {
    "type": "aws_sqs",
    "config": {"queue_url": "https://sqs.eu-west-1.amazonaws.com/1/q"},
    "credentials": {"key": "AKIAIOSFODNN7EXAMPLE", "secret": "wJalrXUtnFEMI/K7MDENG"},
}


def test_44_a_queue_is_masked_and_linked(t1, admin):
    made = admin.create(**SQS)
    assert made["credentials"] == {"key": "AKIA" + 16 * "*", "secret": "wJal" + 17 * "*"}
    assert made["target"] == "https://sqs.eu-west-1.amazonaws.com/1/q"
    assert made["target_url"] == (
        "https://eu-west-1.console.aws.amazon.com/sqs/v3/home?region=eu-west-1#/queues/"
        "https%3A%2F%2Fsqs.eu-west-1.amazonaws.com%2F1%2Fq"
    )


def test_46_a_storage_class_is_echoed_as_it_was_sent(t1, admin):
    made = admin.create(**S3 | {"config": S3_CONFIG | {"storage_class": "glacier"}})
    assert made["config"] == S3_CONFIG | {"storage_class": "glacier"}


def test_48_metadata_become_text(t1, admin):
    made = admin.create(metadata={"n": 1, "b": True, "x": None, "o": {"k": 1}})
    assert made["metadata"] == {"n": "1", "b": "true", "x": "", "o": '{"k":1}'}
    assert admin.read(made) == made


# 7.3 Read, list, update


def test_49_no_destinations_are_an_empty_list(t1):
    answer = t1.get(DESTINATIONS)
    assert (answer.status, answer.type, answer.body) == (200, "application/json", [])


@pytest.fixture
def several(t1, admin):
    """A queue, a webhook and a broker, made in this order."""
    admin.create(id="queue", **SQS | {"topics": ["user.created"]})
    admin.create(id="hook", topics=["user.created", "order.paid"])
    admin.create(id="broker", **rabbit())


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        pytest.param("type=webhook&type=aws_sqs", ["queue", "hook"], id="50"),
        pytest.param("type[]=webhook", ["hook"], id="51 brackets"),
        pytest.param("type[0]=webhook", ["hook"], id="51 index"),
        pytest.param("type=webhook,aws_sqs", [], id="52"),
        pytest.param("topics=user.created&topics=order.paid", ["hook", "broker"], id="53"),
        pytest.param("topics=*", ["broker"], id="54"),
        pytest.param("type=nope", [], id="55"),
    ],
)
def test_50_to_55_a_list_is_filtered(several, t1, query, ids):
    assert t1.get(f"{DESTINATIONS}?{query}").ids == ids


def test_56_a_missing_destination_is_told(t1):
    for method in ("GET", "DELETE"):
        answer = t1.send(method, f"{DESTINATIONS}/missing")
        assert (answer.status, answer.body) == (404, {"status": 404, "message": "destination not found"})


@pytest.fixture
def hook(t1, admin):
    return admin.create(
        topics=["user.created"],
        metadata={"a": "1"},
        filter={"data": {"x": 1}},
        config={"url": "https://e.com/h", "custom_headers": {"X-A": "1"}},
    )


def unchanged(answer, before, *but):
    """Whether it was taken, and nothing but these keys is different."""
    now = answer.body
    return answer.status == 200 and all(now.get(key) == before.get(key) for key in now | before if key not in but)


def test_57_an_empty_patch_touches(hook, t1):
    answer = t1.change(hook, {})
    assert unchanged(answer, hook, "updated_at")
    assert moment(answer.body["updated_at"]) > moment(hook["updated_at"])


def test_58_an_empty_body_is_no_patch(hook, t1):
    assert t1.patch(path_of(hook), raw=b"").refusal() == (422, "invalid JSON", None)


def test_59_to_61_type_and_topics(hook, t1):
    assert t1.change(hook, {"type": "aws_sqs"}).refusal() == (422, "type cannot be updated", None)
    answer = t1.change(hook, {"type": "webhook", "topics": ["order.paid"]})
    assert unchanged(answer, hook, "updated_at", "topics")
    assert answer.body["topics"] == ["order.paid"]
    assert t1.change(hook, {"topics": None}).body["topics"] == ["order.paid"]


def test_62_63_metadata_are_merged_kept_and_cleared(hook, t1):
    assert t1.change(hook, {"metadata": {"a": None, "b": "2"}}).body["metadata"] == {"b": "2"}
    assert t1.change(hook, {"metadata": {}}).body["metadata"] == {"b": "2"}
    assert "metadata" not in t1.change(hook, {"metadata": None}).body


@pytest.mark.parametrize("empty", [{}, None])
def test_64_a_filter_is_cleared(hook, t1, empty):
    assert hook["filter"] == {"data": {"x": 1}}
    assert "filter" not in t1.change(hook, {"filter": empty}).body


def test_65_66_a_config_is_merged_and_validated(hook, t1):
    assert t1.change(hook, {"config": {"custom_headers": None}}).body["config"] == {"url": "https://e.com/h"}
    assert t1.change(hook, {"config": None}).refusal() == (422, INVALID, ["config.url is required"])


@pytest.mark.parametrize(("who", "sent"), [("t1", {}), ("admin", {"secret": "mine"})])  # 67, 68
def test_67_68_a_secret_is_rotated(hook, request, who, sent):
    answer = request.getfixturevalue(who).change(hook, {"credentials": {"rotate_secret": True} | sent})
    assert answer.status == 200
    now = answer.body["credentials"]
    assert now.keys() == {"secret", "previous_secret", "previous_secret_invalid_at"}
    assert GENERATED.fullmatch(now["secret"])
    assert now["previous_secret"] == hook["credentials"]["secret"] != now["secret"]
    end = moment(now["previous_secret_invalid_at"])
    assert abs(end - timezone.now() - DAY) < timedelta(minutes=1)


def test_69_70_a_tenant_may_write_back_what_it_read_but_no_secret_of_its_own(hook, t1):
    assert unchanged(t1.change(hook, {"credentials": hook["credentials"]}), hook, "updated_at")
    answer = t1.change(hook, {"credentials": {"secret": "other"}})
    assert answer.refusal() == (422, INVALID, ["credentials.secret is forbidden"])
    assert t1.read(hook)["credentials"] == hook["credentials"]


def test_71_a_secret_that_has_expired_is_not_shown(hook, t1, admin):
    rotated = t1.change(hook, {"credentials": {"rotate_secret": True}}).body["credentials"]
    end = moment(rotated["previous_secret_invalid_at"])
    with patch.object(timezone, "now", return_value=end - timedelta(seconds=1)):
        assert admin.read(hook)["credentials"] == rotated
    with patch.object(timezone, "now", return_value=end + timedelta(seconds=1)):
        assert admin.read(hook)["credentials"] == {"secret": rotated["secret"]}
        assert admin.get(DESTINATIONS).body[0]["credentials"] == {"secret": rotated["secret"]}


def test_72_a_null_enables(t1, admin):
    made = admin.create(disabled_at="2026-01-01T00:00:00Z")
    answer = t1.change(made, {"disabled_at": None})
    assert unchanged(answer, made, "disabled_at", "updated_at")
    assert answer.body["disabled_at"] is None


def test_73_a_date_without_a_zone_is_none(hook, t1):
    answer = t1.change(hook, {"disabled_at": "2030-01-02T03:04:05"})
    assert answer.status == 422
    assert answer.body["message"].startswith("invalid disabled_at: ")


def test_74_75_a_destination_is_disabled_once_and_enabled(hook, t1):
    first = t1.put(f"{path_of(hook)}/disable")
    assert unchanged(first, hook, "disabled_at")
    assert first.body["disabled_at"]
    assert t1.put(f"{path_of(hook)}/disable").body == first.body
    for _ in range(2):
        answer = t1.put(f"{path_of(hook)}/enable")
        assert (answer.status, answer.body) == (200, hook)


def test_76_an_id_is_free_again_after_deletion(t1, admin):
    made = admin.create(id="mine")
    gone = t1.delete(path_of(made))
    assert (gone.status, gone.body) == (200, {"success": True})
    assert t1.delete(path_of(made)).status == 404
    assert t1.create(id="mine")["id"] == "mine"


def test_77_a_mask_written_back_keeps_the_secret(t1, admin):
    made = admin.create(**SQS)
    answer = t1.change(made, {"credentials": made["credentials"]})
    assert unchanged(answer, made, "updated_at")
    stored = Destination.objects.get().credentials.values()
    assert {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG"} <= set(stored)


# 7.4 Schemas, topics, health, fallbacks


def test_78_79_types_are_described(t1):
    listed = t1.get("/destination-types")
    assert listed.status == 200
    assert (listed.body[0]["type"], listed.body[0]["credential_fields"]) == ("webhook", [])
    one = t1.get("/destination-types/hookdeck")
    assert (one.status, one.body["config_fields"]) == (200, [])
    link = {"href": "https://dashboard.hookdeck.com/connect", "cta": "Generate Hookdeck Token"}
    assert one.body["setup_link"] == link


def test_80_a_type_that_is_none_is_told(t1):
    assert t1.get("/destination-types/nope").refusal() == (404, "destination type not found", None)


def test_81_the_first_generation_sees_what_it_can_read(t1, admin):
    answer = admin.get("/t1/destination-types")
    assert answer.status == 200
    fields = [field for one in answer.body for field in one["config_fields"] + one["credential_fields"]]
    assert {field["type"] for field in fields} <= {"text", "checkbox"}
    assert "kafka" not in {one["type"] for one in answer.body}
    assert "webhook" in {one["type"] for one in answer.body}


def test_82_no_topics_are_an_empty_list(t1, settings):
    settings.TOPICS = []
    answer = t1.get("/topics")
    assert (answer.status, answer.body) == (200, [])


@pytest.mark.django_db
def test_83_84_health_is_told_as_it_is_asked_for():
    told = Outpost().get("/healthz", headers={"Accept": "application/json"})
    assert (told.status, told.type, told.body["status"]) == (200, "application/json", "healthy")
    assert isinstance(told.body["workers"], dict)
    assert moment(told.body["timestamp"]).tzinfo
    plain = Outpost().get("/healthz", headers={"Accept": "text/plain"})
    assert (plain.status, plain.type, plain.body) == (200, "text/plain", "OK")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("GET", "/unknown/x/y/z", id="85"),
        pytest.param("POST", "/tenants/t1", id="86"),
        pytest.param("PUT", "/tenants", id="87"),
    ],
)
def test_85_to_87_what_is_not_there_is_not_found(t1, admin, method, path):
    answer = admin.send(method, path)
    assert (answer.status, answer.body) == (404, {"status": 404, "message": "not found"})
