"""Shared credentials and key pairs in the admin."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client

from connectors import strategies
from destinations.models import AuthCredential, Destination
from tenants.models import KeyPair
from tenants.services import guest_of
from tests.admin.conftest import member, text
from tests.admin.pages import ADD, admin, change, webhook_form
from tests.factories import make_credential, make_destination, make_environment, make_tenant

LIST = "/admin/destinations/authcredential/"
NEW = f"{LIST}add/?strategy=oauth2"
SECRET = "the-secret-of-the-client"
FORM = {
    "name": "Partner",
    "tenant": "acme",
    "environment": "",
    "properties.token_url": "https://auth.example.com/token",
    "properties.grant_type": "client_credentials",
    "properties.client_authentication": "basic",
    "properties.content_type": "form",
    "properties.client_id": "landfall",
    "secrets.client_secret": SECRET,
}


def errors(response):
    assert response.status_code == 200
    return dict(response.context["adminform"].form.errors)


def test_every_way_to_sign_in_has_a_form(admin_client, tenant):
    page = text(admin_client.get(f"{LIST}add/"))
    for strategy in strategies.every():
        assert strategy.label in page
        form = admin_client.get(f"{LIST}add/?strategy={strategy.name}").context["adminform"].form
        names = {f"properties.{name}" for name in strategy.config.fields}
        assert names | {f"secrets.{name}" for name in strategy.credentials.fields} <= form.fields.keys()


def test_one_is_added_and_its_secret_never_shown(admin_client, tenant):
    assert admin_client.post(NEW, FORM).status_code == 302
    stored = AuthCredential.objects.get()
    assert (stored.secrets, stored.strategy) == ({"client_secret": SECRET}, "oauth2")
    page = text(admin_client.get(f"{LIST}{stored.pk}/change/"))
    assert "Stored: ********" in page
    assert SECRET not in page + text(admin_client.get(LIST)) + str(LogEntry.objects.values())


def test_what_is_wrong_is_beside_its_field(admin_client, tenant):
    wrong = FORM | {"properties.token_url": "nowhere", "properties.grant_type": "password"}
    assert errors(admin_client.post(NEW, wrong)).keys() == {"properties.token_url"}
    theirs = make_environment(make_tenant())
    assert errors(admin_client.post(NEW, FORM | {"environment": str(theirs.pk)})).keys() == {"environment"}
    assert not AuthCredential.objects.exists()


def test_a_change_keeps_the_secret_that_was_not_typed(admin_client, tenant):
    admin_client.post(NEW, FORM)
    stored = AuthCredential.objects.get()
    admin_client.post(f"{LIST}{stored.pk}/change/", FORM | {"name": "New", "secrets.client_secret": ""})
    stored.refresh_from_db()
    assert (stored.name, stored.secrets) == ("New", {"client_secret": SECRET})


def test_one_in_use_is_not_deleted(admin_client, tenant):
    shared = make_credential(tenant)
    hook = make_destination(tenant, auth_credential=shared)
    path = f"{LIST}{shared.pk}/delete/"
    assert "It still has 1 destinations." in text(admin_client.get(path))
    admin_client.post(path, {"post": "yes"})
    assert AuthCredential.objects.exists()
    hook.delete()
    admin_client.post(path, {"post": "yes"})
    assert not AuthCredential.objects.exists()


def test_a_change_that_would_shut_destinations_out_is_refused(admin_client, tenant):
    shared, stage = make_credential(tenant), make_environment(tenant)
    make_destination(tenant, auth_credential=shared)
    form = {"name": "x", "environment": str(stage.pk), "secrets.token": ""}
    page = text(admin_client.post(f"{LIST}{shared.pk}/change/", form, follow=True))
    assert "Nothing was saved." in page
    shared.refresh_from_db()
    assert (shared.name, shared.environment) == ("Shared token", None)


def test_a_viewer_looks_and_does_not_write(tenant):
    shared = make_credential(tenant)
    client = member(tenant, "viewer")
    assert "Shared token" in text(client.get(f"{LIST}{shared.pk}/change/"))
    assert client.post(f"{LIST}{shared.pk}/change/", {"name": "New"}).status_code == 403
    assert client.get(f"{LIST}add/").status_code == 403


def test_an_editor_of_one_environment_stays_there(tenant):
    stage = make_environment(tenant)
    client = member(tenant, "editor", stage)
    assert errors(client.post(NEW, FORM)).keys() == {"environment"}
    assert client.post(NEW, FORM | {"environment": str(stage.pk)}).status_code == 302


def test_a_destination_is_given_a_shared_credential_in_its_form(admin_client, tenant):
    assert "Shared credential" not in text(admin_client.get(f"{ADD}?type=webhook"))[5000:].partition("<form")[2]
    shared = make_credential(tenant)
    admin_client.post(f"{ADD}?type=webhook", webhook_form(auth_credential=str(shared.pk)) | {"_save": ""})
    made = Destination.objects.get()
    assert made.auth_credential == shared
    assert "Shared token (Bearer token, Acme Logistics)" in text(admin_client.get(change(made)))
    form = webhook_form(auth_credential="") | {"revision": made.revision, "_save": ""}
    admin_client.post(change(made), form)
    made.refresh_from_db()
    assert made.auth_credential is None


@pytest.fixture
def public_key():
    return ec.generate_private_key(ec.SECP384R1()).public_key().public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    ).decode()  # fmt: skip


class TestKeyPairs:
    add = "tenants_keypair_add"

    def test_a_person_registers_a_key_of_his_own(self, tenant, public_key):
        client = member(tenant, name="pat")
        client.post(admin(self.add), {"name": "pipeline", "public_key": public_key})
        pair = KeyPair.objects.get()
        assert pair.user.username == "pat"
        assert str(pair.client_id) in text(client.get(admin("tenants_keypair_change", pair.pk)))

    def test_what_is_no_public_key_is_refused(self, tenant):
        response = member(tenant).post(admin(self.add), {"name": "pipeline", "public_key": "none"})
        assert errors(response).keys() == {"public_key"}

    def test_those_of_others_do_not_exist(self, tenant, public_key, admin_client):
        member(tenant, name="pat").post(admin(self.add), {"name": "pipeline", "public_key": public_key})
        pair = KeyPair.objects.get()
        client = member(tenant, "admin", name="kim")
        assert "pipeline" not in text(client.get(admin("tenants_keypair_changelist")))
        client.post(admin("tenants_keypair_delete", pair.pk), {"post": "yes"})
        assert KeyPair.objects.exists()
        admin_client.post(admin("tenants_keypair_delete", pair.pk), {"post": "yes"})
        assert not KeyPair.objects.exists()

    def test_guests_have_none(self, tenant, public_key):
        guest = guest_of(tenant)
        client = Client()
        client.force_login(User.objects.get(pk=guest.pk))
        assert client.post(admin(self.add), {"name": "mine", "public_key": public_key}).status_code == 403
        assert "Key pairs" not in text(client.get("/admin/"))
