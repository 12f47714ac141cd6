"""An id that is given anew brings nothing of the tenant that had it before."""

import time

import jwt
import pytest
from django.contrib.auth.models import User
from django.test import Client

from destinations import services
from destinations.dialects.outpost import tokens
from destinations.dialects.stitch import sessions
from tenants import services as tenants
from tenants.models import Membership, Role, Tenant
from tenants.trail import AuditEvent
from tests.admin.pages import LIST, admin
from tests.factories import make_destination, make_tenant

pytestmark = pytest.mark.django_db
ID = "116078"
KEY = "a secret that another program signs tokens with as well"


def anew(tenant: Tenant) -> Tenant:
    services.delete_tenant(tenant)
    return make_tenant(ID, "The new one")


@pytest.fixture
def old() -> Tenant:
    tenant = make_tenant(ID, "The old one")
    return tenants.update_tenant(tenant, metadata={"plan": "secret plan"})


def enter(address: str, token: str, parameter: str = "token") -> Client:
    client = Client()
    assert client.get(address, {parameter: token}).status_code == 200
    assert client.post(address, {"token": token}).status_code == 302
    return client


def refused(address: str, token: str, parameter: str = "token") -> bool:
    client = Client()
    statuses = {client.get(address, {parameter: token}).status_code, client.post(address, {"token": token}).status_code}
    return statuses == {401} and not client.cookies


def test_its_history_begins_with_it(old, client):
    user = User.objects.create_user("pat", is_staff=True)
    tenants.save_membership(Membership(user=user, tenant=anew(old), role=Role.VIEWER))
    client.force_login(user)
    page = client.get(admin("tenants_tenant_history", ID))
    assert page.status_code == 200
    assert [entry.event.action for entry in page.context["entries"]] == ["tenant.create"]
    assert "secret plan" not in page.content.decode()
    assert AuditEvent.objects.filter(subject_id=ID, action="tenant.update").exists()


def test_its_guest_goes_with_a_tenant_and_so_do_the_sessions(old):
    client = enter("/outpost/portal", tokens.issue(old))
    assert client.get(LIST).status_code == 200
    new = anew(old)
    assert not User.objects.exists()
    make_destination(new, name="Nobody's business")
    enter("/outpost/portal", tokens.issue(new))
    assert client.get(LIST)["Location"].startswith("/admin/login/")


def test_an_empty_tenant_s_guest_goes_too(old):
    tenants.guest_of(old)
    tenants.delete_tenant(old)
    assert not User.objects.exists()


def test_who_enters_while_it_goes_makes_no_guest(old):
    services.delete_tenant(Tenant.objects.get(pk=old.pk))
    with pytest.raises(Tenant.DoesNotExist):
        tenants.guest_of(old)
    assert not User.objects.exists()


def test_a_guest_keeps_the_role_that_an_admin_gave(old):
    token = tokens.issue(old)
    enter("/outpost/portal", token)
    membership = Membership.objects.get()
    tenants.save_membership(membership, role=Role.VIEWER)
    enter("/outpost/portal", token)
    assert Membership.objects.get().role == Role.VIEWER


class TestTokens:
    @staticmethod
    def status(token: str, path: str = "tenants/116078") -> int:
        return Client(headers={"Authorization": f"Bearer {token}"}).get(f"/outpost/api/v1/{path}").status_code

    @pytest.mark.parametrize("path", ["tenants/116078", "tenants", "topics", "tenants/116078/destinations"])
    def test_of_outpost(self, old, path):
        before = tokens.issue(old)
        assert self.status(before, path) == 200
        after = tokens.issue(anew(old))
        assert self.status(before, path) == 401
        assert self.status(after, path) == 200
        assert refused("/outpost/portal", before)

    @pytest.mark.parametrize(("seconds", "taken"), [(-1, False), (0, True), (1, True)])
    def test_of_outpost_by_another_program(self, old, settings, seconds, taken):
        settings.OUTPOST_JWT_SECRET = KEY
        made = int(old.created.timestamp()) + seconds
        token = jwt.encode({"iss": "outpost", "sub": ID, "iat": made, "exp": int(time.time()) + 60}, KEY)
        assert self.status(token) == (200 if taken else 401)
        assert refused("/outpost/portal", token) is not taken

    def test_of_stitch(self, old):
        before = sessions.issue(old)
        enter("/stitch/session", before, "ephemeral_token")
        after = sessions.issue(anew(old))
        assert refused("/stitch/session", before, "ephemeral_token")
        enter("/stitch/session", after, "ephemeral_token")
