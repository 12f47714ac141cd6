"""One registry: what a client of Outpost makes is seen and checked natively, and the other way round."""

from typing import Any

import pytest

from destinations import checking, services
from destinations.models import Destination
from tenants.models import Tenant
from tests.admin.conftest import text
from tests.admin.pages import LIST
from tests.api.client import Api
from tests.connectors.examples import EXAMPLES
from tests.dialects.outpost.client import DESTINATIONS, HOOK, Outpost
from tests.dialects.outpost.kinds import KINDS, known_to
from tests.dialects.outpost.sdk import SdkError
from tests.factories import make_destination, make_tenant

SPELLED = sorted(KINDS)
UNSPELLED = sorted(EXAMPLES.keys() - KINDS.keys())


@pytest.fixture
def tenant(db) -> Tenant:
    return make_tenant("t1")


@pytest.fixture
def native(admin) -> Api:
    return Api(admin.credential)


@pytest.mark.parametrize("sdk", ["0.4.0", "1.7.0"], indirect=True)
def test_what_the_sdk_makes_is_seen_and_checked_everywhere(sdk, admin_key, admin_client, http_server):
    sdk.call("tenants.upsert", tenant_id="t1")
    body = HOOK | {"id": "orders", "config": {"url": http_server.url()}}
    made = sdk.call("destinations.create", body, tenant_id="t1")
    native = Api(admin_key)
    (shown,) = native.get("destinations?tenant=t1").body["items"]
    assert (shown["type"], shown["uid"], shown["config"]["url"]) == ("webhook", "orders", http_server.url())
    assert made["credentials"]["secret"] not in str(shown)
    page = text(admin_client.get(LIST))
    assert http_server.url() in page
    assert made["credentials"]["secret"] not in page

    assert native.post(f"destinations/{shown['id']}/checks").status == 202
    checking.sweep()
    assert native.get(f"destinations/{shown['id']}").body["last_check"]["status"] == "passed"
    signature = http_server.request.headers["x-outpost-signature"]
    assert signature.startswith("v0=")

    chosen = {"action": "check_selected", "_selected_action": [Destination.objects.get().pk]}
    assert "Checks asked for: 1." in text(admin_client.post(LIST, chosen, follow=True))
    checking.sweep()
    assert len(native.get(f"destinations/{shown['id']}/checks").body["items"]) >= 2
    assert sdk.call("destinations.get", tenant_id="t1", destination_id="orders") == made
    told = Outpost(admin_key).get(f"{DESTINATIONS}/orders").body
    assert told.get("last_check", {"status": "passed"})["status"] == "passed"
    if sdk.is_modern:
        page = sdk.call("destinations.list_attempts", request={"tenant_id": "t1", "destination_id": "orders"})
        assert {one["status"] for one in page["models"]} == {"success"}


def make(type_: str, **changes: object) -> dict[str, Any]:
    example = EXAMPLES[type_]
    return {"type": type_, "name": type_, "config": example.config, "credentials": example.credentials} | changes


@pytest.fixture
def registered(settings):
    """A destination of every type in t1, and two that Outpost cannot have."""
    settings.DESTINATIONS_PER_TENANT = 0
    tenant = make_tenant("t1")
    for type_ in EXAMPLES:
        make_destination(tenant, **make(type_, uid=type_))
    anonymous = {"bootstrap_servers": "k.example.com:9092", "topic": "t.t", "sasl_mechanism": "none", "tls": False}
    make_destination(tenant, type="kafka", uid="anonymous", config=anonymous, credentials={})
    services.archive(make_destination(tenant, uid="archived"))


def test_what_is_made_natively_is_seen_by_the_sdk_if_it_can_be_spelled(sdk, registered):
    listed = sdk.call("destinations.list", tenant_id="t1")
    assert sorted(one["id"] for one in listed) == sorted(known_to(sdk.version))
    assert sdk.call("destinations.get", tenant_id="t1", destination_id="rabbitmq") in listed
    for hidden in ("postgres", "anonymous", "archived"):
        with pytest.raises(SdkError, match="not found"):
            sdk.call("destinations.get", tenant_id="t1", destination_id=hidden)


def test_what_cannot_be_spelled_is_not_there(admin, registered):
    assert sorted(admin.get(DESTINATIONS).ids) == SPELLED
    for hidden in (*UNSPELLED, "anonymous", "archived"):
        for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("PUT", "/disable"), ("PUT", "/enable")):
            answer = admin.send(method, f"{DESTINATIONS}/{hidden}{path}", {})
            assert answer.refusal() == (404, "destination not found", None), (hidden, method)
    assert Destination.objects.count() == len(EXAMPLES) + 2
    assert not Destination.objects.exclude(disabled_at=None).exists()


@pytest.mark.parametrize("type_", SPELLED)
def test_a_native_destination_is_shown_whole_and_without_its_secrets(tenant, admin, hookdeck, type_):
    row = make_destination(tenant, **make(type_))
    told = admin.get(f"{DESTINATIONS}/{row.uid}").body
    assert (told["type"], told["id"], told["topics"]) == (type_, row.uid, ["*"])
    open_ = {"secret", "previous_secret", "previous_valid_until"} if type_ == "webhook" else {"username"}
    for name, value in EXAMPLES[type_].credentials.items():
        if name not in open_:
            secrets = value.values() if isinstance(value, dict) else [value]
            assert not [secret for secret in secrets if secret in str(told)], name
    assert admin.change(told, {"topics": ["order.paid"]}).status == 200
    written = admin.change(told, {"config": told["config"], "credentials": told["credentials"]})
    assert written.status == 200, written.body
    now = Destination.objects.get(pk=row.pk)
    assert (now.config, now.credentials) == (row.config, row.credentials)


def test_a_native_change_is_seen_here_and_a_change_here_natively(tenant, admin, native):
    made = admin.create(id="d", metadata={"team": "a"})
    (shown,) = native.get("destinations").body["items"]
    assert shown["metadata"] == {"team": "a"}
    answer = native.patch(
        f"destinations/{shown['id']}", {"config": {"url": "https://e.com/2"}, "topics": ["order.paid"]}
    )
    assert answer.status == 200
    told = admin.read(made)
    assert (told["config"]["url"], told["topics"]) == ("https://e.com/2", ["order.paid"])
    assert told["credentials"] == made["credentials"]
    admin.put(f"{DESTINATIONS}/d/disable")
    assert native.get(f"destinations/{shown['id']}").body["enabled"] is False
    admin.delete(f"{DESTINATIONS}/d")
    assert native.get(f"destinations/{shown['id']}").status == 404


def test_the_limit_and_the_ids_are_those_of_all_destinations(tenant, admin, settings):
    make_destination(tenant, uid="taken")
    make_destination(
        tenant,
        type="postgres",
        uid="hidden",
        config=EXAMPLES["postgres"].config,
        credentials=EXAMPLES["postgres"].credentials,
    )
    for uid in ("taken", "hidden"):
        answer = admin.post(DESTINATIONS, HOOK | {"id": uid})
        assert answer.refusal() == (400, "destination already exists", None)
    settings.DESTINATIONS_PER_TENANT = 2
    message = "maximum number of destinations per tenant reached"
    assert admin.post(DESTINATIONS, HOOK).refusal() == (400, message, None)
