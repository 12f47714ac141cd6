"""The real SDK, unmodified, against the running product: cases 88 and 89 of the contract, and all that its users do."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

from destinations import services
from destinations.models import Destination
from tests.dialects.outpost.client import GENERATED, HOOK, Outpost
from tests.dialects.outpost.kinds import KINDS, known_to
from tests.dialects.outpost.sdk import VERSIONS, SdkError

TOPICS = ["user.created", "order.paid"]
QUEUE = {
    "type": "aws_sqs",
    "topics": ["order.paid"],
    "config": {"queue_url": "https://sqs.eu-west-1.amazonaws.com/1/q"},
}
QUEUE |= {"credentials": {"key": "AKIAIOSFODNN7EXAMPLE", "secret": "wJalrXUtnFEMI/K7MDENG"}}


@pytest.fixture(params=["sync", "async"])
def either(sdk, request):
    """Each version in turn, by each half of its methods."""
    return replace(sdk, asynchronous=request.param == "async")


@pytest.fixture
def tenant(sdk):
    """t1, made by the SDK."""
    assert sdk.call("tenants.upsert", tenant_id="t1")["id"] == "t1"
    return "t1"


@pytest.fixture
def raw(admin_key):
    """The same server without an SDK."""
    return Outpost(admin_key)


@pytest.fixture(params=["API key", "token"])
def caller(sdk, tenant, request):
    """By both kinds of credential, and by both halves of the methods."""
    return sdk if request.param == "API key" else replace(sdk.token(tenant), asynchronous=True)


def same(theirs, ours):
    """Whether all that the SDK kept is what the server said."""
    if isinstance(theirs, dict):
        return all(value is None or same(value, ours[key]) for key, value in theirs.items() if key != "class")
    if isinstance(theirs, list):
        return len(theirs) == len(ours) and all(map(same, theirs, ours))
    return theirs == ours or datetime.fromisoformat(theirs) == datetime.fromisoformat(ours)


def refused(sdk, name, body=None, **arguments):
    with pytest.raises(SdkError) as failure:
        sdk.call(name, body, **arguments)
    return failure.value


def test_a_tenant_is_made_read_and_removed(either, raw):
    made = either.call("tenants.upsert", tenant_id="t1")
    assert (made["class"], made["id"], made["destinations_count"], made["topics"]) == ("Tenant", "t1", 0, [])
    assert same(either.call("tenants.upsert", tenant_id="t1"), raw.get("/tenants/t1").body)
    assert same(either.call("tenants.get", tenant_id="t1"), raw.get("/tenants/t1").body)
    if either.version != "0.4.0":
        labelled = either.call("tenants.upsert", {"metadata": {"plan": "pro"}}, tenant_id="t1")
        assert labelled.get("metadata", {"plan": "pro"}) == {"plan": "pro"}
        assert raw.get("/tenants/t1").body["metadata"] == {"plan": "pro"}
    portal = either.call("tenants.get_portal_url", tenant_id="t1", theme="dark")["redirect_url"]
    assert "token=" in portal
    assert "theme=dark" in portal
    token = either.call("tenants.get_token", tenant_id="t1")["token"]
    assert Outpost(token).get("/tenants/t1").status == 200
    assert either.call("tenants.delete", tenant_id="t1")["success"] is True
    assert refused(either, "tenants.get", tenant_id="t1").status == 404


def listed(sdk, **arguments):
    """A page of tenants, and the cursor of the next."""
    if sdk.version == "0.5.0":
        page = sdk.call("tenants.list_tenants", **arguments)
        return [one["id"] for one in page["data"]], page["next"] or None, page["count"]
    if "order" in arguments:
        arguments["direction"] = arguments.pop("order")
    page = sdk.call("tenants.list", request=arguments)
    return [one["id"] for one in page["models"]], page["pagination"]["next"], page["count"]


def test_tenants_are_listed_page_by_page(either, raw):
    for name in "abc":
        raw.put(f"/tenants/{name}")
    if either.version == "0.4.0":
        assert refused(either, "tenants.list").kind == "AttributeError"
        return
    assert listed(either) == (["c", "b", "a"], None, 3)
    first, cursor, _ = listed(either, limit=2, order="asc")
    second, end, count = listed(either, limit=2, order="asc", next_cursor=cursor)
    assert (first, second, end, count) == (["a", "b"], ["c"], None, 3)
    assert listed(either.token("b")) == (["b"], None, 1)


def test_a_destination_lives_from_creation_to_deletion(either, tenant, raw):
    for caller in (either, either.token(tenant)):
        made = caller.call("destinations.create", HOOK | {"id": "mine"}, tenant_id=tenant)
        assert (made["id"], made["type"], made["topics"]) == ("mine", "webhook", ["*"])
        assert GENERATED.fullmatch(made["credentials"]["secret"])
        where = {"tenant_id": tenant, "destination_id": "mine"}
        assert caller.call("destinations.get", **where) == made
        assert caller.call("destinations.list", tenant_id=tenant) == [made]
        changed = caller.call("destinations.update", {"type": "webhook", "topics": TOPICS}, **where)
        assert changed["topics"] == TOPICS
        assert changed["credentials"] == made["credentials"]
        assert caller.call("destinations.disable", **where)["disabled_at"]
        assert raw.get("/tenants/t1/destinations/mine").body["disabled_at"]
        assert caller.call("destinations.enable", **where)["disabled_at"] is None
        assert caller.call("destinations.delete", **where)["success"] is True
        assert caller.call("destinations.list", tenant_id=tenant) == []


def test_a_list_is_filtered(either, tenant):
    for id_, body in (("h", HOOK), ("q", QUEUE), ("u", HOOK | {"topics": TOPICS})):
        either.call("destinations.create", body | {"id": id_}, tenant_id=tenant)

    def ids(**filters):
        return "".join(one["id"] for one in either.call("destinations.list", tenant_id=tenant, **filters))

    assert ids() == "hqu"
    assert ids(type_="webhook") == "hu"
    assert ids(type_=["webhook", "aws_sqs"]) == "hqu"
    assert ids(type_="rabbitmq") == ""
    assert ids(topics="user.created") == "hu"
    assert ids(topics=["order.paid", "user.created"]) == "hu"
    assert ids(topics="*") == "h"
    assert ids(type_=["aws_sqs"], topics=["order.paid"]) == "q"


def test_each_type_is_created_read_and_changed(sdk, tenant, raw, hookdeck):
    by_token = sdk.token(tenant)
    for type_ in known_to(sdk.version):
        kind = KINDS[type_]
        # The SDK knows no other word for it.
        config = kind.config | ({"tls": "true"} if "tls" in kind.config else {})
        body = {"type": type_, "topics": TOPICS, "config": config, "credentials": kind.credentials}
        made = sdk.call("destinations.create", body, tenant_id=tenant)
        assert (made["type"], made["topics"]) == (type_, TOPICS)
        assert made.get("target", kind.target) == kind.target
        where = {"tenant_id": tenant, "destination_id": made["id"]}
        for caller in (sdk, by_token):
            read = caller.call("destinations.get", **where)
            assert read == made
            assert same(read, raw.read(made | {"tenant_id": tenant}))
        update: dict[str, Any] = {"type": type_, "topics": ["order.paid"]}
        if kind.change and (sdk.version, type_) != ("0.4.0", "azure_servicebus"):  # which it cannot update
            update["config"] = config | kind.change
        changed = by_token.call("destinations.update", update, **where)
        assert changed["topics"] == ["order.paid"]
        assert changed["credentials"] == made["credentials"]
        now = raw.read(made | {"tenant_id": tenant})
        assert same(changed, now)
        assert kind.change.items() <= now["config"].items() or "config" not in update
    listed = sdk.call("destinations.list", tenant_id=tenant)
    assert [one["type"] for one in listed] == known_to(sdk.version)
    assert same(listed, raw.get("/tenants/t1/destinations").body)


def test_a_list_holds_what_the_sdk_can_read_and_nothing_else(sdk, tenant, raw, hookdeck):
    """One type that it does not know would break the whole list."""
    for type_, kind in KINDS.items():
        raw.create(id=type_, type=type_, config=kind.config, credentials=kind.credentials)
    found = sdk.call("destinations.list", tenant_id=tenant)
    assert {one["id"] for one in found} == set(known_to(sdk.version))
    for type_ in set(KINDS) - set(known_to(sdk.version)):
        assert refused(sdk, "destinations.get", tenant_id=tenant, destination_id=type_).status == 404


def test_a_secret_is_rotated(caller, tenant, raw):
    made = caller.call("destinations.create", HOOK, tenant_id=tenant)
    body = {"type": "webhook", "credentials": {"rotate_secret": True}}
    now = caller.call("destinations.update", body, tenant_id=tenant, destination_id=made["id"])["credentials"]
    assert now["previous_secret"] == made["credentials"]["secret"] != now["secret"]
    end = datetime.fromisoformat(now["previous_secret_invalid_at"])
    assert abs(end - datetime.now(UTC) - timedelta(days=1)) < timedelta(minutes=1)


def test_what_newer_versions_know_of_a_destination(sdk, tenant, raw):
    more = {"filter": {"data": {"a": 1}}, "metadata": {"a": "1"}, "delivery_metadata": {"b": "2"}}
    more["config"] = {"url": "https://e.com/h", "custom_headers": '{"X-A":"1"}'}
    made = sdk.call("destinations.create", HOOK | more, tenant_id=tenant)
    where = {"tenant_id": tenant, "destination_id": made["id"]}
    told = raw.get(f"/tenants/t1/destinations/{made['id']}").body
    if sdk.version == "0.4.0":
        assert not {"filter", "metadata", "delivery_metadata"} & told.keys()
        return
    assert {name: made[name] for name in ("filter", "metadata", "delivery_metadata")} == {
        name: more[name] for name in ("filter", "metadata", "delivery_metadata")
    }
    assert made["config"]["custom_headers"] == '{"X-A":"1"}'
    assert same(made, told)
    sdk.call("destinations.update", {"type": "webhook", "metadata": None, "filter": None}, **where)
    now = raw.get(f"/tenants/t1/destinations/{made['id']}").body
    assert not {"filter", "metadata"} & now.keys()
    assert now["delivery_metadata"] == {"b": "2"}


@pytest.mark.parametrize("sdk", ["1.7.0"], indirect=True)
def test_dates_travel_with_the_newest_version(sdk, tenant, raw):
    dates = {"created_at": "2024-05-06T07:08:09.123Z", "updated_at": "2025-01-01T00:00:00Z"}
    dates["disabled_at"] = "2025-02-03T04:05:06.789Z"
    made = sdk.call("destinations.create", HOOK | dates, tenant_id=tenant)
    assert same({name: made[name] for name in dates}, dates)
    where = {"tenant_id": tenant, "destination_id": made["id"]}
    enabled = sdk.call("destinations.update", {"type": "webhook", "disabled_at": None}, **where)
    assert enabled["disabled_at"] is None
    assert refused(sdk.token(tenant), "destinations.create", HOOK | dates, tenant_id=tenant).kind == "APIErrorResponse"


def test_attempts_are_listed(sdk, tenant):
    if not sdk.is_modern:
        return
    made = sdk.call("destinations.create", HOOK, tenant_id=tenant)
    where = {"tenant_id": tenant, "destination_id": made["id"]}
    for caller in (sdk, sdk.token(tenant)):
        page = caller.call("destinations.list_attempts", request=where)
        assert isinstance(page["models"], list)
        assert page["pagination"]["order_by"] == "time"
        failure = refused(caller, "destinations.get_attempt", **where, attempt_id="none")
        assert (failure.kind, failure.status) == ("NotFoundError", 404)


def schemas(sdk, tenant):
    """Ways to list the types, and to read one: up to 0.5 there are two of each."""
    if sdk.is_modern:
        return [lambda: sdk.call("schemas.list_destination_types")], [
            lambda type_: sdk.call("schemas.get_destination_type", type_=type_)
        ]
    return [
        lambda: sdk.call("schemas.list_tenant_destination_types", tenant_id=tenant),
        lambda: sdk.call("schemas.list_destination_types_jwt"),
    ], [
        lambda type_: sdk.call("schemas.get", tenant_id=tenant, type_=type_),
        lambda type_: sdk.call("schemas.get_destination_type_jwt", type_=type_),
    ]


def test_types_are_described(caller, tenant):
    list_, get = schemas(caller, tenant)
    types = list_[0]()
    assert all(again() == types for again in list_)
    assert {one["type"] for one in types} >= set(known_to(caller.version))
    assert types[0]["config_fields"][0]["label"] == "Webhook URL"
    # It lists two types that it cannot ask for.
    unasked = set() if caller.is_modern else {"azure_servicebus", "gcp_pubsub"}
    for schema in types:
        assert all(one(schema["type"]) == schema for one in get if schema["type"] not in unasked)


def test_topics_are_told(caller, tenant):
    if caller.is_modern:
        told = [caller.call("topics.list")]
    else:
        told = [caller.call("topics.list", tenant_id=tenant), caller.call("topics.list_jwt")]
    assert all(one == ["user.created", "user.deleted", "order.paid"] for one in told)


def test_health_is_told(either):
    told = either.using(None).call("health.check")
    assert told == "OK" if either.version == "0.4.0" else told["status"] == "healthy"


def test_a_server_that_is_not_well_says_so(sdk):
    with patch.object(BaseDatabaseWrapper, "cursor", side_effect=OperationalError("no database, says the test")):
        failure = refused(sdk.using(None), "health.check")
    assert failure.status == 503
    # The oldest reads nothing but a text, and an error only from JSON.
    assert failure.kind == ("APIError" if sdk.version == "0.4.0" else "InternalServerError")


@pytest.mark.parametrize("sdk", ["0.4.0", "0.5.0"], indirect=True)
def test_a_token_need_not_name_its_tenant(sdk, tenant):
    """Up to 0.5 the tenant may be left out, and what is sent in its place is the name of the parameter."""
    by_token = sdk.token(tenant)
    made = by_token.call("destinations.create", HOOK)
    assert by_token.call("destinations.list") == [made]
    assert by_token.call("destinations.update", {"topics": TOPICS}, destination_id=made["id"])["topics"] == TOPICS
    assert by_token.call("tenants.get")["destinations_count"] == 1
    assert refused(sdk, "destinations.list").status == 404


def test_there_are_no_events(caller, tenant):
    page = caller.call("events.list", **({"request": {}} if caller.is_modern else {"tenant_id": tenant}))
    assert page["models" if caller.is_modern else "data"] == []
    if caller.is_modern:
        assert caller.call("attempts.list", request={})["models"] == []


@pytest.mark.parametrize("sdk", ["1.0.0"], indirect=True)
def test_nothing_is_published(sdk, tenant):
    failure = refused(sdk, "publish.event", request={"topic": "user.created", "data": {}})
    assert failure.status in (404, 501)
    assert failure.said["status"] == failure.status


#: What is called with what, the status and message of the answer, and the class that each version makes of it.
ERRORS = {
    "unauthorized": (
        ("destinations.list", None, {}),
        (401, "unauthorized"),
        ["UnauthorizedError", "APIError", "UnauthorizedError", "UnauthorizedError"],
    ),
    "forbidden": (
        ("tenants.get_token", None, {}),
        (403, "forbidden"),
        ["UnauthorizedError", "APIError", "APIError", "APIErrorResponse"],
    ),
    "missing": (
        ("destinations.get", None, {"destination_id": "none"}),
        (404, "destination not found"),
        ["APIError", "APIError", "NotFoundError", "NotFoundError"],
    ),
    "no tenant": (
        ("destinations.list", None, {"tenant_id": "none"}),
        (404, "tenant not found"),
        ["APIError", "APIError", "NotFoundError", "NotFoundError"],
    ),
    "taken": (
        ("destinations.create", HOOK | {"id": "mine"}, {}),
        (400, "destination already exists"),
        ["APIError", "APIError", "APIError", "BadRequestError"],
    ),
    "invalid": (
        ("destinations.create", HOOK | {"config": {"url": "x"}}, {}),
        (422, "validation error"),
        ["BadRequestError", "APIError", "APIErrorResponse", "APIErrorResponse"],
    ),
    "defect": (
        ("destinations.delete", None, {"destination_id": "mine"}),
        (500, "internal server error"),
        ["InternalServerError", "APIError", "InternalServerError", "InternalServerError"],
    ),
}


def test_a_refusal_is_the_error_that_its_users_catch(sdk, tenant):
    sdk.call("destinations.create", HOOK | {"id": "mine"}, tenant_id=tenant)
    others = {"unauthorized": sdk.using("nobody's"), "forbidden": sdk.token(tenant)}
    for case, ((name, body, arguments), (status, message), kinds) in ERRORS.items():
        with patch.object(services, "delete", side_effect=RuntimeError("a defect, made by the test")):
            failure = refused(others.get(case, sdk), name, body, **{"tenant_id": tenant} | arguments)
        assert (failure.status, failure.said["message"]) == (status, message)
        assert (case, failure.kind) == (case, kinds[VERSIONS.index(sdk.version)])
        assert message in str(failure)
        assert case != "invalid" or failure.said["data"] == ["config.url failed pattern validation"]


def test_nothing_is_left_of_a_refusal(sdk, tenant):
    for body in (HOOK | {"topics": ["nope"]}, HOOK | {"config": {"url": "x"}}):
        assert refused(sdk, "destinations.create", body, tenant_id=tenant).status == 422
    assert not Destination.objects.exists()
