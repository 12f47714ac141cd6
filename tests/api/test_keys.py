from datetime import timedelta

import pytest
from django.utils import timezone

from tenants.models import ApiKey
from tests.api.client import Api
from tests.factories import make_key

pytestmark = pytest.mark.django_db


def soon() -> str:
    return (timezone.now() + timedelta(hours=1)).isoformat()


class TestIssue:
    def test_shows_the_secret_once(self, alice):
        answer = alice.post("api-keys", {"name": "CI", "role": "editor", "expires": soon()})
        secret = answer.body["secret"]
        assert (answer.status, answer.body["role"], answer.body["tenant"]) == (201, "editor", "acme")
        assert secret.startswith(answer.body["prefix"])
        assert Api(secret).get("destinations").status == 200
        path = answer.headers["Location"]
        for shown in (alice.get(path).body, alice.get("api-keys").body):
            assert secret not in str(shown)
        assert alice.get(path).body["last_used"]

    def test_gives_the_smallest_role_unless_told_otherwise(self, alice):
        assert alice.post("api-keys", {"name": "CI"}).body["role"] == "viewer"

    def test_of_the_installation_has_to_be_said_outright(self, root, tenant, other):
        assert root.post("api-keys", {"name": "CI"}).faults == {("tenant", "required")}
        answer = root.post("api-keys", {"name": "CI", "tenant": None, "role": "admin"})
        assert (answer.status, answer.body["tenant"]) == (201, None)
        assert Api(answer.body["secret"]).get("tenants").names == ["Other", "Acme"]

    def test_of_the_installation_is_not_for_the_admin_of_a_tenant(self, alice):
        assert alice.post("api-keys", {"name": "CI", "tenant": None}).status == 403

    def test_for_another_tenant_is_refused_as_if_there_were_none(self, alice, other):
        answer = alice.post("api-keys", {"name": "CI", "tenant": "other"})
        assert (answer.status, answer.faults) == (422, {("tenant", "choice")})

    @pytest.mark.parametrize("role", ["editor", "viewer"])
    def test_is_for_admins_only(self, tenant, role):
        assert Api(make_key(tenant, role)).post("api-keys", {"name": "CI"}).status == 403
        installation = Api(make_key(None, role))
        assert installation.post("api-keys", {"name": "CI", "tenant": "acme"}).status == 403
        assert installation.post("api-keys", {"name": "CI", "tenant": None}).status == 403

    @pytest.mark.parametrize(
        ("body", "fault"),
        [
            ({}, ("name", "required")),
            ({"name": "x", "role": "owner"}, ("role", "choice")),
            ({"name": "x", "expires": "2020-01-01T00:00:00Z"}, ("expires", "invalid")),
            ({"name": "x", "expires": "soon"}, ("expires", "invalid")),
            ({"name": "x", "expires": 5}, ("expires", "invalid")),
            ({"name": "x", "expires": "0001-01-01T00:00:00+14:00"}, ("expires", "invalid")),
            ({"name": "x", "tenant": 5}, ("tenant", "type")),
            ({"name": "x", "user": 1}, ("user", "unknown")),
        ],
    )
    def test_refuses(self, alice, body, fault):
        answer = alice.post("api-keys", body)
        assert (answer.status, answer.faults) == (422, {fault})
        assert ApiKey.objects.count() == 1


class TestManage:
    def test_a_revoked_key_is_dead_and_stays_in_the_list(self, alice):
        made = alice.post("api-keys", {"name": "CI"}).body
        path = f"api-keys/{made['id']}"
        assert alice.delete(path).status == 204
        assert Api(made["secret"]).get("destinations").status == 401
        revoked = alice.get(path).body["revoked"]
        assert revoked
        assert alice.delete(path).status == 204
        assert alice.get(path).body["revoked"] == revoked
        assert alice.get("api-keys?revoked=true").names == ["CI"]
        assert alice.get("api-keys?revoked=false").names == ["test"]

    def test_keys_are_seen_by_the_admins_of_their_tenant(self, alice, vera, root, charlie):
        assert alice.get("api-keys").names == ["test", "test"]
        assert len(root.get("api-keys").names) == 4
        assert len(root.get("api-keys?tenant=acme").names) == 2
        assert alice.get("api-keys?tenant=other").names == []
        assert vera.get("api-keys").status == 403
        assert vera.get(f"api-keys/{ApiKey.objects.filter(tenant='acme').first().pk}").status == 403

    def test_a_viewer_of_the_installation_sees_no_keys(self, alice):
        assert Api(make_key(None, "viewer")).get("api-keys").status == 403

    def test_keys_cannot_be_changed(self, alice):
        answer = alice.patch(f"api-keys/{ApiKey.objects.get().pk}", {"role": "admin"})
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD, DELETE")
