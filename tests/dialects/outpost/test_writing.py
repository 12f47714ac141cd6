"""Creating and changing: topics, ids, dates, maps, and what is judged first (contract 1.4, 1.8 to 1.10)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from destinations.models import Destination
from tests.dialects.outpost.client import BASE, DESTINATIONS, HOOK, Outpost, path_of
from tests.dialects.outpost.kinds import KINDS

INVALID = "validation error"
BAD_TOPICS = "validation failed: invalid topics"
BAD_FORMAT = f"{BAD_TOPICS} format"
DATES = "created_at and updated_at can only be set with API key authentication"
TOMORROW = "2999-01-01T00:00:00Z"


@pytest.fixture
def installed(request, settings):
    """The settings that the test names."""
    for name, value in request.param.items():
        setattr(settings, name, value)


@pytest.mark.parametrize(
    ("installed", "given", "told"),
    [
        ({}, "*", ["*"]),
        ({}, ["*"], ["*"]),
        ({}, ["order.paid", "user.created"], ["order.paid", "user.created"]),
        ({}, ["order.paid", "user.created", "order.paid"], ["order.paid", "user.created"]),
        ({"TOPICS": []}, ["anything", "a,b", "ü"], ["anything", "a,b", "ü"]),
        ({"TOPICS": []}, "*", ["*"]),
        ({"TOPICS_WILDCARDS": True}, ["user.*"], ["user.*"]),
        ({"TOPICS_WILDCARDS": True}, ["order.paid", "*.created"], ["order.paid", "*.created"]),
        ({"TOPICS_WILDCARDS": True}, ["user.created", "u*d", "user.deleted"], ["u*d"]),
        ({"TOPICS_WILDCARDS": True, "TOPICS": []}, ["x.*"], ["x.*"]),
    ],
    indirect=["installed"],
)
def test_topics_that_are_taken(t1, admin, installed, given, told):
    made = admin.create(topics=given)
    assert made["topics"] == told
    assert t1.change(made, {"topics": given}).body["topics"] == told


@pytest.mark.parametrize(
    ("installed", "given", "message"),
    [
        ({}, [], BAD_TOPICS),
        ({}, ["nope"], BAD_TOPICS),
        ({}, ["user.created", "nope"], BAD_TOPICS),
        ({}, [""], BAD_TOPICS),
        ({}, ["*", "*", "user.created"], BAD_TOPICS),
        ({}, ["user.*"], BAD_TOPICS),
        ({"TOPICS": []}, [], BAD_TOPICS),
        ({"TOPICS": []}, ["x.*"], BAD_TOPICS),
        ({"TOPICS_WILDCARDS": True}, ["nope.*"], BAD_TOPICS),
        ({}, "user.created", BAD_FORMAT),
        ({}, "", BAD_FORMAT),
        ({}, 7, BAD_FORMAT),
        ({}, True, BAD_FORMAT),
        ({}, {"a": 1}, BAD_FORMAT),
        ({}, [1], BAD_FORMAT),
        ({}, ["user.created", None], BAD_FORMAT),
    ],
    indirect=["installed"],
)
def test_topics_that_are_not(t1, admin, installed, given, message):
    hook = admin.create(topics="*")
    assert admin.post(DESTINATIONS, HOOK | {"topics": given}).refusal() == (422, message, None)
    assert t1.change(hook, {"topics": given}).refusal() == (422, message, None)
    assert t1.get(DESTINATIONS).body == [hook]


@pytest.mark.parametrize(
    ("without", "data"),
    [
        (("type",), ["type is required"]),
        (("topics",), ["topics is required"]),
        (("type", "topics", "config"), ["type is required", "topics is required"]),
    ],
)
def test_type_and_topics_are_needed(t1, admin, without, data):
    body = {name: value for name, value in HOOK.items() if name not in without}
    assert admin.post(DESTINATIONS, body).refusal() == (422, INVALID, data)
    assert admin.post(DESTINATIONS, body | dict.fromkeys(without)).refusal() == (422, INVALID, data)


MALFORMED = [b"", b" ", b"{", b"[]", b'"x"', b"1", b"null1", b"\xff", b'{"a":1}{', b"'", b"[" * 100_000]
NESTED = [
    {name: value}
    for name in ("config", "credentials", "metadata", "delivery_metadata", "filter")
    for value in (["x"], "x", 1)
]


@pytest.mark.parametrize("raw", MALFORMED, ids=lambda raw: str(raw[:8]))
def test_what_is_not_an_object_of_json_is_refused(t1, admin, raw):
    made = admin.create()
    assert t1.post(DESTINATIONS, raw=raw).refusal() == (422, "invalid JSON", None)
    assert t1.patch(path_of(made), raw=raw).refusal() == (422, "invalid JSON", None)


@pytest.mark.parametrize("wrong", NESTED, ids=str)
def test_neither_is_another_thing_in_the_place_of_a_map(t1, admin, wrong):
    made = admin.create()
    assert t1.post(DESTINATIONS, HOOK | wrong).refusal() == (422, "invalid JSON", None)
    assert t1.change(made, wrong).refusal() == (422, "invalid JSON", None)


@pytest.mark.parametrize("name", ["id", "type", "created_at", "disabled_at"])
@pytest.mark.parametrize("value", [{"a": 1}, [1], True])
def test_neither_is_anything_in_the_place_of_a_text(t1, admin, name, value):
    answer = admin.post(DESTINATIONS, HOOK | {name: value})
    assert answer.status == 422
    assert admin.get(DESTINATIONS).body == []


def test_a_body_that_is_too_large_is_refused(t1, admin):
    made = admin.create()
    large = {"metadata": {"x": "y" * 2**20}}
    assert admin.post(DESTINATIONS, HOOK | large).status == 413
    assert admin.change(made, large).status == 413
    assert admin.put("/tenants/t1", large).status == 413


class TestIds:
    @pytest.mark.parametrize("id_", ["a", "d 1", "ü", "a.b:c@d_e-f", "x" * 255, "10"], ids=lambda id_: id_[:9])
    def test_an_id_is_what_its_owner_says(self, t1, admin, id_):
        made = t1.create(id=id_)
        assert made["id"] == id_
        assert t1.read(made) == made

    @pytest.mark.parametrize("id_", ["a/b", "a?b", "a#b", "a\nb", "a\x00b", "x" * 256], ids=lambda id_: id_[:9])
    def test_one_that_no_client_could_address_is_refused(self, t1, admin, id_):
        assert t1.post(DESTINATIONS, HOOK | {"id": id_}).status == 422
        assert not Destination.objects.exists()

    @pytest.mark.parametrize("empty", ["", None])
    def test_without_one_an_id_is_made(self, t1, admin, empty):
        one, other = t1.create(id=empty)["id"], t1.create(id=empty)["id"]
        assert one
        assert one != other

    def test_it_never_changes(self, t1, admin):
        made = admin.create(id="mine")
        answer = admin.change(made, {"id": "other", "created_at": "2020-01-01T00:00:00Z", "unknown": [1]})
        assert answer.body == made | {"updated_at": answer.body["updated_at"]}


class TestDates:
    def test_the_administrator_sets_them(self, t1, admin):
        dates = {"created_at": "2024-05-06T07:08:09.123Z", "updated_at": "2025-01-01T00:00:00.000Z"}
        made = admin.create(**dates, disabled_at="2025-02-03T04:05:06.789Z")
        assert {name: made[name] for name in dates} == dates
        assert made["disabled_at"] == "2025-02-03T04:05:06.789Z"
        assert t1.read(made) == made

    def test_a_zone_is_heeded_and_what_is_finer_than_milliseconds_is_cut(self, t1, admin):
        made = admin.create(created_at="2024-05-06T07:08:09.123456789+07:00")
        assert made["created_at"] == "2024-05-06T00:08:09.123Z"

    def test_what_was_made_then_was_changed_then(self, t1, admin):
        made = admin.create(created_at="2024-05-06T07:08:09Z")
        assert made["updated_at"] == made["created_at"] == "2024-05-06T07:08:09.000Z"

    def test_the_list_is_in_the_order_of_these_dates(self, t1, admin):
        admin.create(id="new")
        admin.create(id="old", created_at="2024-05-06T07:08:09Z")
        assert t1.get(DESTINATIONS).ids == ["old", "new"]

    @pytest.mark.parametrize("name", ["created_at", "updated_at", "disabled_at"])
    def test_none_of_them_is_in_the_future(self, t1, admin, name):
        message = f"{name} cannot be in the future"
        assert admin.post(DESTINATIONS, HOOK | {name: TOMORROW}).refusal() == (422, message, None)

    @pytest.mark.parametrize("name", ["created_at", "updated_at", "disabled_at"])
    @pytest.mark.parametrize(
        "value", ["yesterday", "2024-05-06", "2024-05-06T07:08:09", "", "0001-01-01T00:00:00+23:59"]
    )
    def test_each_is_a_moment_with_a_zone(self, t1, admin, name, value):
        assert admin.post(DESTINATIONS, HOOK | {name: value}).status == 422
        assert admin.get(DESTINATIONS).body == []

    def test_a_tenant_sets_when_it_was_disabled(self, t1):
        assert t1.create(disabled_at="2025-02-03T04:05:06Z")["disabled_at"] == "2025-02-03T04:05:06.000Z"

    def test_null_is_none(self, t1, admin):
        made = t1.create(disabled_at=None)
        assert made["disabled_at"] is None
        assert admin.create(created_at=None, updated_at=None)["created_at"]

    def test_disabled_at_is_patched_to_a_moment_and_to_none(self, t1, admin):
        made = t1.create()
        answer = t1.change(made, {"disabled_at": "2025-02-03T04:05:06Z"})
        assert answer.body["disabled_at"] == "2025-02-03T04:05:06.000Z"
        assert t1.change(made, {"topics": ["order.paid"]}).body["disabled_at"] == "2025-02-03T04:05:06.000Z"
        assert t1.change(made, {"disabled_at": None}).body["disabled_at"] is None
        message = "disabled_at cannot be in the future"
        assert t1.change(made, {"disabled_at": TOMORROW}).refusal() == (422, message, None)
        for value in ("", "x", "2025-02-03", "2025-02-03T25:00:00Z"):
            answer = t1.change(made, {"disabled_at": value})
            assert answer.status == 422
            assert answer.body["message"].startswith("invalid disabled_at: ")


class TestOrder:
    """What is wrong in several ways is told in the first of them."""

    WRONG = {"type": "nope", "topics": [], "created_at": TOMORROW, "config": {}}

    def test_first_what_is_missing(self, t1):
        body = self.WRONG | {"type": None}
        assert t1.post(DESTINATIONS, body).refusal() == (422, INVALID, ["type is required"])

    def test_then_who_may(self, t1):
        assert t1.post(DESTINATIONS, self.WRONG).refusal() == (403, DATES, None)
        assert t1.post(DESTINATIONS, HOOK | {"updated_at": TOMORROW}).refusal() == (403, DATES, None)

    def test_then_the_dates(self, t1, admin):
        assert admin.post(DESTINATIONS, self.WRONG).refusal() == (422, "created_at cannot be in the future", None)

    def test_then_the_topics(self, t1, admin):
        body = self.WRONG | {"created_at": None}
        assert admin.post(DESTINATIONS, body).refusal() == (422, BAD_TOPICS, None)

    def test_then_the_type(self, t1, admin):
        body = self.WRONG | {"created_at": None, "topics": "*"}
        message = "no provider registered for destination type: nope"
        assert admin.post(DESTINATIONS, body).refusal() == (422, message, None)

    def test_then_the_fields(self, t1, admin, settings):
        settings.DESTINATIONS_PER_TENANT = 1
        admin.create(id="mine")
        answer = admin.post(DESTINATIONS, HOOK | {"id": "mine", "config": {}})
        assert answer.refusal() == (422, INVALID, ["config.url is required"])

    def test_and_last_the_id_and_the_limit(self, t1, admin, settings):
        settings.DESTINATIONS_PER_TENANT = 1
        admin.create(id="mine")
        assert admin.post(DESTINATIONS, HOOK | {"id": "mine"}).status == 400
        message = "maximum number of destinations per tenant reached"
        assert admin.post(DESTINATIONS, HOOK).refusal() == (400, message, None)


@pytest.mark.parametrize(
    "type_", ["webhooks", "postgres", "otlp_http", "mcp", "WEBHOOK", "", "x" * 5000], ids=lambda type_: type_[:9]
)
def test_other_types_are_none(t1, admin, type_):
    answer = admin.post(DESTINATIONS, HOOK | {"type": type_})
    expected = (422, f"no provider registered for destination type: {type_}", None)
    assert answer.refusal() == (expected if type_ else (422, INVALID, ["type is required"]))


@pytest.mark.parametrize("name", ["metadata", "delivery_metadata"])
class TestMaps:
    def test_every_value_becomes_text(self, t1, admin, name):
        given: dict[str, Any] = {
            "t": True,
            "f": False,
            "i": 3,
            "x": 1.5,
            "big": 1000000,
            "n": None,
            "l": [1, "a"],
            "o": {"k": {}},
        }
        told = {"t": "true", "f": "false", "i": "3", "x": "1.5", "big": "1000000", "n": ""}
        told |= {"l": '[1,"a"]', "o": '{"k":{}}'}
        made = t1.create(**{name: given})
        assert made[name] == told
        assert admin.read(made) == made

    def test_a_patch_merges_and_null_removes(self, t1, name):
        made = t1.create(**{name: {"a": "1", "b": "2"}})
        assert t1.change(made, {name: {"a": None, "c": 3}}).body[name] == {"b": "2", "c": "3"}
        assert t1.change(made, {name: {}}).body[name] == {"b": "2", "c": "3"}
        assert t1.change(made, {"topics": ["order.paid"]}).body[name] == {"b": "2", "c": "3"}
        assert name not in t1.change(made, {name: None}).body

    def test_an_empty_one_is_left_out(self, t1, name):
        assert name not in t1.create(**{name: {}})
        assert name not in t1.create(**{name: None})


class TestPatch:
    def test_a_filter_is_replaced_as_a_whole(self, t1):
        made = t1.create(filter={"data": {"a": {"$gt": 1}}, "topic": "x"})
        assert made["filter"] == {"data": {"a": {"$gt": 1}}, "topic": "x"}
        assert t1.change(made, {"filter": {"b": [1, None]}}).body["filter"] == {"b": [1, None]}
        assert t1.change(made, {"topics": ["order.paid"]}).body["filter"] == {"b": [1, None]}
        assert "filter" not in t1.change(made, {"filter": {}}).body

    def test_a_config_is_merged_key_by_key(self, t1):
        made = t1.create(config={"url": "https://e.com/h", "custom_headers": {"A": "1"}})
        answer = t1.change(made, {"config": {"url": "https://e.com/2"}})
        assert answer.body["config"] == {"url": "https://e.com/2", "custom_headers": '{"A":"1"}'}
        assert answer.body["target"] == "https://e.com/2"

    def test_null_for_what_is_required_is_refused(self, t1, admin):
        made = t1.create()
        for config in (None, {"url": None}, {"url": ""}):
            answer = t1.change(made, {"config": config})
            assert answer.refusal() == (422, INVALID, ["config.url is required"])
        kind = KINDS["aws_kinesis"]
        stream = admin.create(type="aws_kinesis", config=kind.config, credentials=kind.credentials)
        data = ["credentials.key is required", "credentials.secret is required"]
        assert t1.change(stream, {"credentials": None}).refusal() == (422, INVALID, data)
        assert t1.read(stream) == stream

    def test_every_change_moves_updated_at(self, t1):
        last = t1.create()
        for body in ({}, {"metadata": {"a": "1"}}, {"metadata": {"a": "1"}}, {"topics": None}):
            now = t1.change(last, body).body
            assert now["updated_at"] > last["updated_at"]
            assert now["created_at"] == last["created_at"]
            last = now

    def test_disabling_and_enabling_do_not(self, t1):
        made = t1.create()
        for action in ("disable", "enable"):
            answer = t1.put(f"{path_of(made)}/{action}")
            assert answer.body["updated_at"] == made["updated_at"]

    def test_a_type_is_repeated_and_never_changed(self, t1):
        made = t1.create()
        assert t1.change(made, {"type": None}).status == 200
        for type_ in ("aws_sqs", "nope", "hookdeck"):
            assert t1.change(made, {"type": type_}).refusal() == (422, "type cannot be updated", None)

    def test_what_is_not_there_cannot_be_changed(self, t1):
        missing = f"{DESTINATIONS}/missing"
        for method, path in [("PATCH", missing), ("PUT", f"{missing}/enable"), ("PUT", f"{missing}/disable")]:
            assert t1.send(method, path, {}).refusal() == (404, "destination not found", None)

    def test_another_tenant_has_another_one_of_this_id(self, t1, admin):
        admin.put("/tenants/t2")
        admin.create(id="same")
        other = admin.create("t2", id="same", topics=["order.paid"])
        assert t1.patch(f"{DESTINATIONS}/same", {"topics": ["user.created"]}).status == 200
        assert t1.delete(f"{DESTINATIONS}/same").status == 200
        assert admin.read(other) == other


@pytest.mark.parametrize("base", [BASE, "/outpost/2025-07-01"])
class TestFallbacks:
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/unknown/x/y/z"),
            ("POST", "/tenants/t1"),
            ("PATCH", "/tenants/t1"),
            ("DELETE", "/tenants"),
            ("PUT", "/topics"),
            ("POST", "/destination-types"),
            ("PUT", "/tenants/t1/destinations"),
            ("POST", "/tenants/t1/destinations/d"),
            ("GET", "/tenants/t1/destinations/d/enable"),
            ("GET", "/config"),
            ("PATCH", "/config"),
            ("GET", "/operator-events/destinations"),
        ],
    )
    def test_what_is_not_there_is_not_found(self, t1, admin, base, method, path):
        answer = admin.at(base).send(method, path)
        assert (answer.status, answer.body) == (404, {"status": 404, "message": "not found"})

    def test_events_are_none(self, t1, admin, base):
        for path in ("/events", "/attempts"):
            answer = admin.at(base).get(path)
            assert (answer.status, answer.body["models"]) == (200, [])
            assert answer.body["pagination"]["dir"] == "desc"

    def test_nothing_is_published_here(self, t1, admin, base):
        for path in ("/publish", "/retry"):
            answer = admin.at(base).post(path, {"topic": "user.created", "data": {}})
            assert answer.status in (404, 501)

    def test_a_slash_too_many_redirects(self, admin, base):
        for method, path, status in (
            ("GET", "/topics", 301),
            ("PUT", "/tenants/t1", 307),
            ("PATCH", "/tenants/t1/destinations/d", 307),
        ):
            answer = admin.at(base).send(method, f"{path}/")
            assert (answer.status, answer.headers["Location"]) == (status, base + path)


@pytest.mark.django_db(transaction=True)
def test_of_two_changes_at_once_none_is_lost(admin_key):
    admin = Outpost(admin_key)
    admin.put("/tenants/t1")
    made = admin.create(metadata={"kept": "1"})
    names = [f"name-{number}" for number in range(6)]

    def add(name):
        try:
            return admin.change(made, {"metadata": {name: "1"}}).status
        finally:
            connection.close()

    with ThreadPoolExecutor(len(names)) as pool:
        assert set(pool.map(add, names)) == {200}
    assert admin.read(made)["metadata"] == dict.fromkeys(["kept", *names], "1")
