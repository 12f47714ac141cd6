"""Both generations of paths, and what a client of each version is shown (contract 0.2 to 0.4, 1.2)."""

import pytest

from tests.dialects.outpost.client import DESTINATIONS, HOOK
from tests.dialects.outpost.kinds import KINDS, known_to

MANAGED = "/outpost/2025-07-01"
GENERATION_1 = "0.4.0"


def agent(version):
    return f"speakeasy-sdk/python {version} 2.700.1 0.0.1 outpost_sdk"


@pytest.fixture
def every(t1, admin, hookdeck):
    """One destination of each type, with the type for its id."""
    for type_, kind in KINDS.items():
        admin.create(id=type_, type=type_, config=kind.config, credentials=kind.credentials)


def test_the_first_generation_has_all_of_it(admin):
    assert admin.put("/t1").status == 201
    assert admin.put("/t1", {"metadata": {"a": "1"}}).status == 200
    assert admin.get("/t1").body["id"] == "t1"
    assert admin.get("/t1/token").body["tenant_id"] == "t1"
    assert "theme=dark" in admin.get("/t1/portal?theme=dark").body["redirect_url"]
    t1 = admin.tenant("t1")
    assert t1.get("/t1/destinations").body == []
    made = t1.post("/t1/destinations", HOOK | {"id": "d"})
    assert made.status == 201
    assert t1.get("/t1/destinations").body == [t1.get("/t1/destinations/d").body] == [made.body]
    assert t1.get(f"{DESTINATIONS}/d").body == made.body
    assert t1.patch("/t1/destinations/d", {"topics": ["order.paid"]}).body["topics"] == ["order.paid"]
    assert t1.put("/t1/destinations/d/disable").body["disabled_at"]
    assert t1.put("/t1/destinations/d/enable").body["disabled_at"] is None
    assert t1.delete("/t1/destinations/d").body == {"success": True}
    assert t1.get("/t1/topics").body == t1.get("/topics").body
    assert t1.get("/t1/destination-types/webhook").status == 200
    assert t1.delete("/t1").body == {"success": True}


def test_refusals_are_the_same_in_both(t1, admin):
    for caller in (t1, admin):
        for path in ("/tenants/t1", "/t1"):
            assert caller.post(f"{path}/destinations", {}).refusal()[2] == ["type is required", "topics is required"]
            assert caller.get(f"{path}/destinations/none").refusal() == (404, "destination not found", None)
    assert admin.get("/none").refusal() == (404, "tenant not found", None)


@pytest.mark.parametrize(
    "name",
    ["tenants", "topics", "destination-types", "destinations", "events", "attempts", "healthz", "operator-events"],
)
def test_a_word_of_the_second_is_no_tenant_in_the_first(admin, name):
    assert admin.put(f"/{name}").refusal() == (404, "not found", None)
    assert admin.put(f"/tenants/{name}").status == 201
    assert admin.get(f"/tenants/{name}").body["id"] == name
    assert admin.post(f"/tenants/{name}/destinations", HOOK).status == 201


def test_the_managed_address_has_the_second_generation(t1, admin):
    made = admin.create(id="d")
    there = t1.at(MANAGED)
    assert there.get(DESTINATIONS).body == [made]
    assert there.patch(f"{DESTINATIONS}/d", {"metadata": {"a": "1"}}).status == 200
    assert there.get("/destination-types").body == t1.get("/destination-types").body
    assert there.get("/tenants").body["count"] == 1
    assert there.get("/topics").status == 200


def test_a_token_may_leave_the_tenant_to_be_filled_in(t1):
    made = t1.create(id="d")
    for path in ("/%7Btenant_id%7D/destinations", "/tenants/%7Btenant_id%7D/destinations"):
        assert t1.get(path).body == [made]


def test_the_first_generation_is_shown_what_it_can_read(every, t1, admin):
    assert set(t1.get("/t1/destinations").ids) == set(known_to(GENERATION_1))
    for type_ in KINDS:
        status = 200 if type_ in known_to(GENERATION_1) else 404
        for caller in (t1, admin):
            assert caller.get(f"/t1/destinations/{type_}").status == status, type_
    assert set(t1.get(DESTINATIONS).ids) == set(KINDS)


def test_each_version_is_shown_the_types_it_can_read(every, t1):
    older = {"azure_servicebus", "webhook", "hookdeck", "aws_sqs", "aws_kinesis", "rabbitmq"}
    for version in ["0.3.0", "0.4.0", "0.8.2", "1.0.1", "1.1.0", "1.6.1", "1.7.0", "1.10.2", "2.0.0"]:
        known = older if version == "0.3.0" else set(known_to(version))
        caller = t1.at(**{"User-Agent": agent(version)})
        assert set(caller.get(DESTINATIONS).ids) == known, version
        assert set(caller.get(f"{DESTINATIONS}?type=webhook&type=kafka").ids) == {"webhook", "kafka"} & known
        assert caller.get(f"{DESTINATIONS}/kafka").status == (200 if "kafka" in known else 404)


@pytest.mark.parametrize(
    ("version", "kinds"),
    [
        ("0.4.0", {"text", "checkbox"}),
        ("0.8.0", {"text", "checkbox"}),
        ("0.8.1", {"text", "checkbox", "key_value_map"}),
        ("0.9.0", {"text", "checkbox", "key_value_map", "select"}),
        ("1.7.0", {"text", "checkbox", "key_value_map", "select"}),
    ],
)
def test_each_version_is_shown_the_kinds_of_fields_it_can_read(t1, version, kinds):
    caller = t1.at(**{"User-Agent": agent(version)})
    schemas = caller.get("/destination-types").body
    found = {field["type"] for one in schemas for field in one["config_fields"] + one["credential_fields"]}
    assert found <= kinds
    assert "key_value_map" not in kinds or "key_value_map" in found
    for schema in schemas:
        assert caller.get(f"/destination-types/{schema['type']}").body == schema


@pytest.mark.parametrize(
    "value",
    [
        "curl/8.0",
        "",
        "speakeasy-sdk/python x y z outpost_sdk",
        "speakeasy-sdk/typescript 1.7.0 2.700.1 0.0.1 @hookdeck/outpost-sdk",
    ],
)
def test_a_client_of_no_known_version_is_shown_everything(every, t1, value):
    assert set(t1.at(**{"User-Agent": value}).get(DESTINATIONS).ids) == set(KINDS)
