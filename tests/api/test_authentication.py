from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tenants import services
from tenants.models import ApiKey, Membership
from tests.api.client import Api
from tests.factories import make_destination, make_environment, make_key

pytestmark = pytest.mark.django_db
BODY = {"type": "webhook", "config": {"url": "https://hooks.example.com/in"}}


class TestKeys:
    @pytest.mark.parametrize("header", [None, "Basic dXNlcjpwYXNz", "lfk_x", ""])
    def test_without_a_key_nobody_enters_and_is_told_how_to(self, nobody, header):
        answer = nobody.get("destinations", headers={"Authorization": header} if header else {})
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="landfall"'
        assert "Bearer" in answer.body["detail"]

    @pytest.mark.parametrize("header", ["Bearer nope", "Bearer ", "Bearer", "Bearer lfk_" + "x" * 9000, "Bearer \xe9"])
    def test_an_unknown_key_is_refused(self, nobody, header):
        answer = nobody.get("destinations", headers={"Authorization": header})
        assert (answer.status, answer.body["type"]) == (401, "urn:landfall:problem:not-signed-in")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")

    def test_the_scheme_is_known_in_any_case(self, tenant):
        assert Api().get("tenants", headers={"Authorization": f"bearer {make_key(tenant)}"}).status == 200

    def test_a_revoked_key_is_refused_at_once(self, alice):
        services.revoke_key(ApiKey.objects.get())
        assert alice.get("destinations").status == 401

    def test_an_expired_key_is_refused(self, alice):
        ApiKey.objects.update(expires=timezone.now() - timedelta(seconds=1))
        assert alice.get("destinations").status == 401

    def test_the_key_of_a_person_who_was_shut_out_is_refused(self, tenant, person):
        api = Api(make_key(tenant, user=person))
        assert api.get("destinations").status == 200
        User.objects.update(is_active=False)
        assert api.get("destinations").status == 401


class TestSessions:
    def test_a_signed_in_member_may_read(self, browser, person, tenant):
        Membership.objects.create(user=person, tenant=tenant, role="viewer")
        make_destination(tenant, name="Orders")
        assert browser.get("destinations").names == ["Orders"]

    def test_without_a_membership_there_is_nothing_to_see(self, browser, tenant):
        make_destination(tenant)
        assert browser.get("destinations").body["items"] == []

    def test_a_superuser_sees_everything(self, browser, person, tenant):
        User.objects.update(is_superuser=True)
        make_destination(tenant, name="Orders")
        assert browser.get("destinations").names == ["Orders"]
        assert browser.get("api-keys").status == 200

    def test_a_change_needs_the_csrf_token(self, browser, person, tenant):
        Membership.objects.create(user=person, tenant=tenant, role="editor")
        answer = browser.post("destinations", BODY)
        assert answer.status == 403
        assert "CSRF" in answer.body["detail"]
        browser.client.get("/admin/login/")
        browser.client.cookies["landfall_csrf"] = token = "a" * 32
        assert browser.post("destinations", BODY, headers={"X-CSRFToken": token}).status == 201

    def test_someone_who_was_shut_out_is_not_signed_in(self, browser):
        User.objects.update(is_active=False)
        assert browser.get("destinations").status == 401

    def test_who_creates_a_destination_owns_it(self, browser, person, tenant):
        Membership.objects.create(user=person, tenant=tenant, role="editor")
        browser.client.cookies["landfall_csrf"] = token = "a" * 32
        browser.post("destinations", BODY, headers={"X-CSRFToken": token})
        assert tenant.destinations.get().owner == person


class TestConfinedToAnEnvironment:
    @pytest.fixture
    def staging(self, tenant):
        return make_environment(tenant, "Staging", "Staging")

    @pytest.fixture
    def confined(self, browser, person, tenant, staging):
        """Editor of one environment only; a browser with its CSRF token."""
        Membership.objects.create(user=person, tenant=tenant, environment=staging, role="editor")
        browser.client.cookies["landfall_csrf"] = browser.headers["X-CSRFToken"] = "a" * 32
        return browser

    def test_sees_that_environment_only(self, confined, tenant, staging):
        make_destination(tenant, name="Inside", environment=staging)
        outside = make_destination(tenant, name="Outside")
        assert confined.get("destinations").names == ["Inside"]
        assert confined.get(f"destinations/{outside.uuid}").status == 404
        make_environment(tenant, "Production")
        assert confined.get("tenants/acme/environments").names == ["Staging"]
        assert confined.get("tenants").names == ["Acme"]

    def test_creates_there_and_nowhere_else(self, confined, tenant, staging):
        assert confined.post("destinations", BODY | {"environment": str(staging.pk)}).status == 201
        assert confined.post("destinations", BODY).status == 403
        production = make_environment(tenant, "Production")
        answer = confined.post("destinations", BODY | {"environment": str(production.pk)})
        assert answer.status == 403

    def test_cannot_move_a_destination_out(self, confined, tenant, staging):
        inside = make_destination(tenant, environment=staging)
        answer = confined.patch(f"destinations/{inside.uuid}", {"environment": None})
        assert answer.status == 403
        assert confined.patch(f"destinations/{inside.uuid}", {"name": "Mine"}).status == 200

    def test_cannot_take_the_default_from_the_rest_of_the_tenant(self, confined, tenant, staging):
        make_destination(tenant, is_default=True)
        inside = make_destination(tenant, environment=staging)
        assert confined.patch(f"destinations/{inside.uuid}", {"is_default": True}).status == 403

    def test_an_admin_of_one_environment_manages_no_keys(self, confined, tenant):
        Membership.objects.update(role="admin")
        assert confined.get("api-keys").status == 403
        assert confined.post("api-keys", {"name": "x", "tenant": "acme"}).status == 403
