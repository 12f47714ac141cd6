"""The audit trail over the API: who sees what of it, filtered and in pages."""

from urllib.parse import urlencode

import pytest

from destinations import services
from destinations.drafts import Draft
from tenants import audit
from tenants import services as tenant_services
from tenants.models import ApiKey, Tenant
from tenants.trail import AuditEvent
from tests.api.client import Api
from tests.factories import make_destination, make_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(tenant, alice):
    """A destination of Acme, made and changed by Alice from 192.0.2.7."""
    body = {"type": "webhook", "name": "Orders", "config": {"url": "https://a.example"}, "tenant": "acme"}
    alice.client.defaults["REMOTE_ADDR"] = "192.0.2.7"
    made = alice.post("destinations", body).body
    alice.patch(f"destinations/{made['id']}", {"config": {"url": "https://b.example"}})
    return made


def entries(api, **query):
    answer = api.get(f"audit?{urlencode(query)}")
    assert answer.status == 200, answer.body
    return answer.body["items"]


class TestOfOneDestination:
    def test_newest_first_with_all_there_is_to_know(self, alice, made):
        changed, created = alice.get(f"destinations/{made['id']}/audit").body["items"]
        assert (created["action"], changed["action"]) == ("destination.create", "destination.update")
        assert changed["changes"] == [
            {"field": "config.url", "before": "https://a.example", "after": "https://b.example"}
        ]
        key = ApiKey.objects.get(tenant="acme")
        assert (changed["key"], changed["key_name"], changed["user"]) == (str(key.pk), str(key), "")
        assert (changed["face"], changed["address"]) == ("api", "192.0.2.7")
        assert (changed["kind"], changed["subject"], changed["name"]) == ("destination", made["id"], "Orders")
        assert len(changed["request_id"]) == 32

    @pytest.mark.parametrize("role", ["viewer", "editor"])
    def test_addresses_are_for_admins(self, tenant, made, role):
        items = Api(make_key(tenant, role)).get(f"destinations/{made['id']}/audit").body["items"]
        assert [item["address"] for item in items] == [None, None]
        assert "192.0.2.7" not in str(items)

    def test_of_another_tenant_there_is_none(self, charlie, made):
        assert charlie.get(f"destinations/{made['id']}/audit").status == 404

    def test_what_happened_to_others_is_not_in_it(self, alice, tenant, made):
        make_destination(tenant)
        assert len(alice.get(f"destinations/{made['id']}/audit").body["items"]) == 2


class TestOfEverything:
    def test_an_admin_sees_that_of_the_own_tenants(self, alice, charlie, made):
        assert {item["tenant"] for item in entries(alice)} == {"acme"}
        assert "acme" not in str(entries(charlie))

    def test_an_admin_of_the_installation_sees_all(self, root, made, other):
        assert {item["tenant"] for item in entries(root)} >= {"acme", "other", ""}

    @pytest.mark.parametrize("role", ["viewer", "editor"])
    def test_nobody_else_sees_any(self, tenant, role):
        assert Api(make_key(tenant, role)).get("audit").status == 403
        assert Api(make_key(None, role)).get("audit").status == 403

    def test_a_new_tenant_does_not_see_what_was_done_to_an_old_one_of_its_id(self, root, tenant):
        services.delete_tenant(tenant)
        again = tenant_services.create_tenant(id_="acme", name="Another company")
        own = entries(Api(make_key(again, "admin")))
        assert {item["name"] for item in own if item["kind"] == "tenant"} == {"Another company"}
        assert "Acme" not in str(own)
        assert "Acme" in str(entries(root, tenant="acme"))

    def test_what_is_gone_is_still_told_of(self, alice, made):
        alice.delete(f"destinations/{made['id']}")
        assert entries(alice, subject=made["id"])[0]["action"] == "destination.delete"

    @pytest.mark.parametrize(
        ("query", "actions"),
        [
            ({"action": "destination.update"}, {"destination.update"}),
            ({"kind": "api_key"}, {"api_key.issue"}),
            ({"security": "true"}, {"api_key.issue"}),
            ({"security": "false"}, {"tenant.create", "destination.create", "destination.update"}),
            ({"face": "api"}, {"destination.create", "destination.update"}),
            ({"user": "nobody"}, set()),
            ({"request_id": "none"}, set()),
            ({"tenant": "other"}, set()),
            ({"at_after": "2000-01-01T00:00:00Z", "kind": "tenant"}, {"tenant.create"}),
            ({"at_before": "2000-01-01T00:00:00Z"}, set()),
        ],
    )
    def test_filters(self, alice, made, query, actions):
        assert {item["action"] for item in entries(alice, **query)} == actions

    def test_by_the_key_that_was_used(self, alice, tenant, made):
        services.disable(make_destination(tenant))
        key = str(ApiKey.objects.get(tenant="acme").pk)
        assert {item["subject"] for item in entries(alice, key=key)} == {made["id"]}

    @pytest.mark.parametrize("query", [{"key": "x"}, {"security": "maybe"}, {"at_after": "soon"}, {"colour": "red"}])
    def test_what_cannot_be_understood_is_refused(self, alice, query):
        assert alice.get(f"audit?{urlencode(query)}").status == 400

    def test_in_pages(self, alice, tenant, made):
        for number in range(5):
            services.update(make_destination(tenant), Draft(name=f"Another {number}"))
        whole = entries(alice)
        first = alice.get("audit?limit=7").body
        second = alice.get(f"audit?limit=7&cursor={first['next']}").body
        assert first["items"] + second["items"] == whole
        assert second["next"] is None
        assert alice.get("audit?sort=at").body["items"] == whole[::-1]


def test_nothing_can_be_written(root, made):
    assert {root.send(method, "audit", {}).status for method in ("POST", "PUT", "PATCH", "DELETE")} == {405}


def test_reading_records_nothing(alice, made):
    before = AuditEvent.objects.count()
    for path in ("audit", f"destinations/{made['id']}", "destinations", f"destinations/{made['id']}/audit"):
        assert alice.get(path).status == 200
    assert AuditEvent.objects.count() == before


def test_a_change_costs_one_statement_more(tenant, django_assert_num_queries):
    with django_assert_num_queries(1):
        audit.record("tenant.change", tenant)
    assert Tenant.objects.exists()
