import pytest

from tenants.models import Environment, Tenant
from tests.factories import make_destination, make_environment, make_tenant

pytestmark = pytest.mark.django_db


class TestTenants:
    def test_are_made_with_an_id_of_their_own_or_a_generated_one(self, root):
        answer = root.post("tenants", {"id": "t.1-é", "name": "One", "metadata": {"a": {"b": 1}}})
        assert answer.status == 201
        assert answer.headers["Location"] == "/api/v1/tenants/t.1-%C3%A9"
        assert root.get(answer.headers["Location"]).body == answer.body
        assert (answer.body["id"], answer.body["metadata"]) == ("t.1-é", {"a": {"b": 1}})
        assert root.post("tenants", {"name": "Two"}).body["id"].startswith("ten_")

    @pytest.mark.parametrize(
        ("body", "fault"),
        [
            ({}, ("name", "required")),
            ({"name": ""}, ("name", "blank")),
            ({"name": " x"}, ("name", "invalid")),
            ({"name": 5}, ("name", "type")),
            ({"name": "a\x07b"}, ("name", "invalid")),
            ({"name": "x" * 256}, ("name", "max_length")),
            ({"name": "x", "id": "a/b"}, ("id", "invalid")),
            ({"name": "x", "id": "a b "}, ("id", "invalid")),
            ({"name": "x", "id": "acme"}, ("id", "taken")),
            ({"name": "x", "metadata": []}, ("metadata", "type")),
            ({"name": "x", "colour": "red"}, ("colour", "unknown")),
        ],
    )
    def test_refuse(self, root, tenant, body, fault):
        answer = root.post("tenants", body)
        assert (answer.status, answer.faults) == (422, {fault})

    def test_change_name_and_metadata(self, alice, tenant):
        alice.patch("tenants/acme", {"metadata": {"a": 1, "b": 2}})
        answer = alice.patch("tenants/acme", {"name": "New", "id": "acme", "metadata": {"a": None}})
        assert (answer.status, answer.body["name"], answer.body["metadata"]) == (200, "New", {"b": 2})
        assert alice.patch("tenants/acme", {"metadata": None}).body["metadata"] == {}

    def test_never_change_their_id(self, alice, tenant):
        assert alice.patch("tenants/acme", {"id": "x"}).faults == {("id", "immutable")}

    def test_are_not_removed_while_they_own_destinations(self, root, tenant):
        made = make_destination(tenant)
        answer = root.delete("tenants/acme")
        assert (answer.status, answer.body["type"]) == (409, "urn:landfall:problem:in-use")
        root.delete(f"destinations/{made.uuid}")
        assert root.delete("tenants/acme").status == 204
        assert not Tenant.objects.exists()

    def test_are_filtered_and_sorted(self, root, tenant, other):
        assert root.get("tenants?sort=name").names == ["Acme", "Other"]
        assert root.get("tenants").names == ["Other", "Acme"]
        assert root.get("tenants?name=acm").names == ["Acme"]
        first = root.get("tenants?sort=-name&limit=1")
        assert root.get(f"tenants?sort=-name&cursor={first.body['next']}").names == ["Acme"]
        assert root.get("tenants?type=x").status == 400

    def test_a_caller_sees_his_own(self, vera, tenant, other):
        assert vera.get("tenants").names == ["Acme"]
        assert vera.get("tenants/other").status == 404

    def test_are_made_and_removed_by_the_installation_only(self, alice, tenant):
        assert alice.post("tenants", {"name": "x"}).status == 403
        assert alice.delete("tenants/acme").status == 403


class TestEnvironments:
    def test_are_made_changed_and_removed(self, alice, tenant):
        made = alice.post("tenants/acme/environments", {"name": "Live", "flag": "Production"})
        assert (made.status, made.body["tenant"], made.body["flag"]) == (201, "acme", "Production")
        path = made.headers["Location"]
        assert alice.patch(path, {"flag": "Staging"}).body == made.body | {"flag": "Staging"}
        assert alice.get(path).body["flag"] == "Staging"
        assert alice.get("tenants/acme/environments").names == ["Live"]
        assert alice.delete(path).status == 204
        assert alice.get(path).status == 404

    def test_are_for_development_unless_said_otherwise(self, alice, tenant):
        assert alice.post("tenants/acme/environments", {"name": "Live"}).body["flag"] == "Development"

    @pytest.mark.parametrize(
        ("body", "fault"),
        [
            ({}, ("name", "required")),
            ({"name": "Live"}, ("name", "taken")),
            ({"name": "x", "flag": "production"}, ("flag", "choice")),
            ({"name": "x", "flag": None}, ("flag", "null")),
            ({"name": "x", "tenant": "acme"}, ("tenant", "unknown")),
        ],
    )
    def test_refuse(self, alice, tenant, body, fault):
        make_environment(tenant, "Live")
        answer = alice.post("tenants/acme/environments", body)
        assert (answer.status, answer.faults) == (422, {fault})

    def test_are_not_removed_while_destinations_are_in_them(self, alice, tenant):
        made = make_environment(tenant)
        make_destination(tenant, environment=made)
        assert alice.delete(f"tenants/acme/environments/{made.pk}").status == 409

    def test_are_managed_by_admins_only(self, ed, tenant):
        made = make_environment(tenant)
        assert ed.post("tenants/acme/environments", {"name": "x"}).status == 403
        assert ed.patch(f"tenants/acme/environments/{made.pk}", {"name": "x"}).status == 403
        assert ed.delete(f"tenants/acme/environments/{made.pk}").status == 403

    def test_of_one_tenant_are_not_found_under_another(self, root, tenant, other):
        made = make_environment(tenant)
        assert root.get(f"tenants/other/environments/{made.pk}").status == 404
        assert root.get("tenants/other/environments").body["items"] == []
        assert root.get("tenants/nobody/environments").status == 404
        assert Environment.objects.count() == 1


@pytest.mark.parametrize("path", ["a%00b", "a%20b", "a%2Fb", "a%25b", "%ff", "é" * 300])
def test_an_id_that_no_tenant_can_have_is_not_found(root, path):
    make_tenant()
    assert root.get(f"tenants/{path}").status == 404


class TestDestinationLimit:
    def test_an_admin_of_the_installation_sets_it_and_takes_it_away(self, root):
        assert root.post("tenants", {"id": "new", "name": "New", "destination_limit": 3}).body["destination_limit"] == 3
        assert root.patch("tenants/new", {"destination_limit": 0}).body["destination_limit"] == 0
        assert root.patch("tenants/new", {"destination_limit": None}).body["destination_limit"] is None

    def test_the_tenants_own_admin_sees_it_and_does_not_set_it(self, root, alice, tenant):
        root.patch("tenants/acme", {"destination_limit": 3})
        for wanted in (4, 0, None):
            assert alice.patch("tenants/acme", {"destination_limit": wanted, "name": "Mine"}).status == 403
        kept = alice.patch("tenants/acme", {"destination_limit": 3, "name": "Mine"}).body
        assert (kept["destination_limit"], kept["name"]) == (3, "Mine")

    @pytest.mark.parametrize("value", [-1, 1.5, "many", True, 2**31])
    def test_it_is_a_whole_number(self, root, tenant, value):
        answer = root.patch("tenants/acme", {"destination_limit": value})
        assert (answer.status, {path for path, _ in answer.faults}) == (422, {"destination_limit"})

    def test_it_holds(self, root, ed, tenant):
        root.patch("tenants/acme", {"destination_limit": 1})
        body = {"type": "webhook", "config": {"url": "https://hooks.example.com/in"}}
        answers = [ed.post("destinations", body | {"name": name}) for name in ("one", "two")]
        assert [answer.status for answer in answers] == [201, 409]
        assert "at most 1" in answers[1].body["errors"][0]["message"]
