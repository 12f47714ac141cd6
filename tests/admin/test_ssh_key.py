"""The public SSH key of a tenant, where people need it."""

import pytest

from destinations import services
from destinations.drafts import Draft
from destinations.keys import ssh_key
from destinations.models import TunnelKey
from tenants.models import Tenant
from tests.admin.conftest import member, text
from tests.admin.pages import ADD, admin, change
from tests.factories import make_tenant

POSTGRES = {"type": "postgres", "config": {"host": "db.internal", "database": "lake"}}
LOADER = {"username": "loader", "password": "the password of the loader"}


@pytest.fixture
def lake(tenant):
    return services.create(tenant, Draft(**POSTGRES, credentials=LOADER))


def public_key(tenant):
    return ssh_key(tenant).public_key


@pytest.mark.parametrize("role", ["viewer", "editor", "admin"])
def test_the_page_of_a_tenant_shows_its_key(tenant, role):
    page = text(member(tenant, role).get(admin("tenants_tenant_change", "acme")))
    assert page.count(public_key(tenant)) == 1


def test_the_private_key_is_on_no_page(admin_client, tenant, lake):
    private = ssh_key(tenant).identity.private.splitlines()
    for place in (admin("tenants_tenant_change", "acme"), change(lake), f"{ADD}?type=postgres"):
        assert not any(line in text(admin_client.get(place)) for line in private)


def test_to_a_stranger_the_key_does_not_exist(tenant):
    client = member(make_tenant("other"), "admin")
    response = client.get(admin("tenants_tenant_change", "acme"), follow=True)
    assert "ssh-ed25519 " not in text(response)


def test_a_tenant_is_still_saved_and_added(admin_client, tenant):
    admin_client.post(admin("tenants_tenant_change", "acme"), {"name": "New", "metadata": "", "ssh_key": "mine"})
    admin_client.post(admin("tenants_tenant_add"), {"name": "Second", "id": "second", "metadata": ""})
    assert set(Tenant.objects.values_list("id", "name")) == {("acme", "New"), ("second", "Second")}
    assert public_key(tenant) != "mine"


def test_a_tenant_with_a_key_and_nothing_else_is_deleted(admin_client, tenant):
    ssh_key(tenant)
    admin_client.post(admin("tenants_tenant_delete", "acme"), {"post": "yes"})
    assert not Tenant.objects.exists()


def test_the_page_to_add_a_tenant_shows_none(admin_client, db):
    assert "Public SSH key" not in text(admin_client.get(admin("tenants_tenant_add")))


def test_the_form_of_a_destination_tells_the_key_of_its_tenant(admin_client, tenant, lake):
    assert public_key(tenant) in text(admin_client.get(change(lake)))


def test_the_form_of_a_new_one_tells_it_when_there_is_one_tenant(admin_client, tenant):
    assert public_key(tenant) in text(admin_client.get(f"{ADD}?type=postgres"))


def test_the_form_of_a_new_one_tells_where_it_is_when_there_are_several(admin_client, tenant):
    other = make_tenant("other")
    page = text(admin_client.get(f"{ADD}?type=postgres"))
    assert "Its page shows the key." in page
    assert "ssh-ed25519 AAAAC3" not in page
    chosen = text(admin_client.post(f"{ADD}?type=postgres", {"tenant": "other", "topics": "", "description": ""}))
    assert public_key(other) in chosen
    assert public_key(tenant) not in chosen


def test_pages_that_have_no_key_to_show_make_none_and_say_when_it_is_made(admin_client, tenant, lake):
    TunnelKey.objects.all().delete()
    assert "None yet: it is made when a destination" in text(admin_client.get(admin("tenants_tenant_change", "acme")))
    for url in (f"{ADD}?type=postgres", change(lake)):
        assert "It is made when the destination is saved." in text(admin_client.get(url))
    assert "ssh" not in text(admin_client.get(f"{ADD}?type=webhook")).lower()
    assert not TunnelKey.objects.exists()


def test_half_a_tunnel_is_refused_beside_its_field(admin_client, lake):
    form = {"name": lake.name, "environment": "", "description": "", "topics": "", "revision": lake.revision}
    form |= {"config.host": "db.internal", "config.port": "5432", "config.database": "lake", "config.schema": "public"}
    form |= {"config.sslmode": "verify-full", "config.ssh_host": "bastion.example.com"}
    form |= {"credentials.username": "loader"}
    response = admin_client.post(change(lake), form)
    assert list(response.context["form"].errors) == ["config.ssh_user"]
    whole = form | {"config.ssh_user": "tunneller", "credentials.password": "the password again"}
    saved = admin_client.post(change(lake), whole)
    assert saved.status_code == 302
    lake.refresh_from_db()
    assert (lake.config["ssh_host"], lake.config["ssh_user"]) == ("bastion.example.com", "tunneller")
