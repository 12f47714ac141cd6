"""Memberships decide what exists for a person in the admin and what he may do there."""

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from destinations import services
from destinations.models import ConnectionCheck, Destination
from tenants.models import ApiKey, Environment, Membership, Role, Tenant
from tests.admin.conftest import member, text
from tests.admin.pages import ADD, LIST, act, admin, change, overview, status, webhook_form
from tests.admin.test_list import finished_check, listed
from tests.factories import SECRET, make_credential, make_destination, make_environment, make_key, make_tenant

LISTS = [
    f"/admin/{path}/"
    for path in (
        "destinations/destination",
        "destinations/connectioncheck",
        "destinations/authcredential",
        "tenants/tenant",
        "tenants/environment",
        "tenants/membership",
        "tenants/apikey",
    )
]


@pytest.fixture
def globex(db) -> Tenant:
    return make_tenant("globex", "Globex")


@pytest.fixture
def foreign(globex) -> Destination:
    destination = make_destination(
        globex, name="Foreign thing", environment=make_environment(globex, name="Foreign stage")
    )
    finished_check(destination, "failed", message="Foreign reason.")
    make_key(globex)
    make_credential(globex, name="Foreign thing's token")
    return destination


class TestAnotherTenant:
    @pytest.mark.parametrize("role", list(Role))
    @pytest.mark.parametrize("path", ["/admin/", *LISTS])
    def test_no_list_shows_anything_of_it(self, tenant, foreign, path, role):
        response = member(tenant, role).get(path)
        if response.status_code == 200:
            page = text(response)
            for hidden in ("Globex", "Foreign thing", "Foreign stage", "Foreign reason."):
                assert hidden not in page
        else:
            assert response.status_code == 403

    def test_its_pages_are_not_found(self, tenant, foreign):
        client = member(tenant, "admin")
        check = ConnectionCheck.objects.get()
        for path in (
            overview(foreign),
            change(foreign),
            status(foreign),
            admin("destinations_connectioncheck_change", check.pk),
        ):
            assert client.get(path).status_code == 404
        for path in (
            change(foreign),
            act(foreign, "check"),
            act(foreign, "archive"),
            change(foreign).replace("change", "try"),
        ):
            assert client.post(path, webhook_form()).status_code == 404
        assert Destination.objects.get().archived_at is None

    def test_nothing_of_it_can_be_deleted(self, tenant, foreign):
        client = member(tenant, "admin")
        for path in (
            change(foreign).replace("change", "delete"),
            admin("tenants_tenant_delete", "globex"),
            admin("tenants_environment_delete", Environment.objects.get().pk),
        ):
            assert client.post(path, {"post": "yes"}).status_code in (302, 403)
        assert Destination.objects.exists()
        assert Tenant.objects.filter(pk="globex").exists()
        assert Environment.objects.exists()

    def test_nothing_can_be_added_to_it(self, tenant, globex):
        client = member(tenant, "admin")
        response = client.post(f"{ADD}?type=webhook", webhook_form(tenant="globex"))
        assert response.context["form"].errors["tenant"] == ["You may not add destinations to this tenant."]
        for path, form in (
            ("tenants_environment_add", {"tenant": "globex", "name": "Mine", "flag": "Staging"}),
            ("tenants_apikey_add", {"tenant": "globex", "name": "Mine", "role": "admin"}),
            ("tenants_apikey_add", {"tenant": "", "name": "Everything", "role": "admin"}),
        ):
            response = client.post(admin(path), form)
            assert "tenant" in response.context["adminform"].form.errors
        assert not Destination.objects.exists()
        assert not ApiKey.objects.exists()

    def test_its_environments_are_not_offered(self, tenant, foreign):
        client = member(tenant, "admin")
        assert client.get(f"{LIST}environments/", {"tenant": "globex"}).json() == {"environments": []}
        query = {"app_label": "destinations", "model_name": "destination", "field_name": "tenant"}
        found = client.get("/admin/autocomplete/", query).json()["results"]
        assert [row["id"] for row in found] == ["acme"]


class TestViewer:
    def test_sees_and_changes_nothing(self, tenant, destination):
        client = member(tenant, "viewer")
        assert listed(client) == {"Billing events"}
        page = text(client.get(overview(destination)))
        assert "Billing events" in page
        for offered in ("Edit</a>", "Disable", "Archive", "Delete"):
            assert offered not in page
        assert client.get(ADD).status_code == 403
        for verb in ("check", "disable", "archive", "restore", "enable"):
            assert client.post(act(destination, verb)).status_code == 403
        assert client.post(change(destination).replace("change", "delete"), {"post": "yes"}).status_code == 403
        assert Destination.objects.get().disabled_at is None

    def test_is_not_shown_what_only_admins_manage(self, tenant):
        client = member(tenant, "viewer")
        navigation = text(client.get("/admin/"))
        assert "Members" not in navigation
        assert "API keys" not in navigation
        assert "Add destination" not in navigation
        for path in ("/admin/tenants/membership/", "/admin/tenants/apikey/", "/admin/auth/user/"):
            assert client.get(path).status_code == 403


class TestEditor:
    def test_adds_and_changes_destinations(self, tenant):
        client = member(tenant, "editor")
        client.post(f"{ADD}?type=webhook", webhook_form(credentials__secret=SECRET))
        destination = Destination.objects.get()
        client.post(change(destination), webhook_form(name="Renamed", revision=1))
        assert Destination.objects.get().name == "Renamed"

    def test_does_not_rename_the_tenant_or_issue_keys(self, tenant):
        client = member(tenant, "editor")
        client.post(admin("tenants_tenant_change", "acme"), {"name": "Mine", "metadata": "{}"})
        assert Tenant.objects.get().name == "Acme Logistics"
        assert client.get(admin("tenants_apikey_add")).status_code == 403


class TestOneEnvironment:
    @pytest.fixture
    def blue(self, tenant):
        return make_environment(tenant, name="Blue")

    @pytest.fixture
    def client(self, tenant, blue) -> Client:
        return member(tenant, "editor", blue)

    def test_only_its_destinations_exist(self, tenant, blue, client):
        make_destination(tenant, name="Outside")
        make_destination(tenant, name="Inside", environment=blue)
        make_environment(tenant, name="Red")
        assert listed(client) == {"Inside"}
        assert client.get(overview(Destination.objects.get(name="Outside"))).status_code == 404
        page = text(client.get("/admin/tenants/environment/"))
        assert "Blue" in page
        assert "Red" not in page

    def test_a_new_one_must_be_in_it(self, blue, client):
        response = client.post(f"{ADD}?type=webhook", webhook_form(credentials__secret=SECRET))
        assert response.context["form"].errors == {
            "environment": ["Choose one of the environments in which you are an editor."]
        }
        client.post(f"{ADD}?type=webhook", webhook_form(credentials__secret=SECRET, environment=str(blue.pk)))
        assert Destination.objects.get().environment == blue

    def test_one_cannot_be_moved_out_of_it(self, tenant, blue, client):
        inside = make_destination(tenant, name="Inside", environment=blue)
        client.post(change(inside), webhook_form(name="Inside", revision=1, environment=""))
        assert Destination.objects.get().environment == blue


class TestWithoutMembership:
    @pytest.fixture
    def client(self, db) -> Client:
        client = Client()
        client.force_login(User.objects.create_user("eve", is_staff=True))
        return client

    def test_the_first_page_says_what_to_do(self, client, destination):
        page = text(client.get("/admin/"))
        assert "You are not a member of any tenant yet" in page
        assert "Billing events" not in page

    @pytest.mark.parametrize("path", [*LISTS, ADD])
    def test_every_other_page_is_refused(self, client, path):
        assert client.get(path).status_code == 403

    def test_djangos_model_permissions_change_nothing(self, client, destination):
        User.objects.get(username="eve").user_permissions.set(
            Permission.objects.filter(codename__endswith="destination")
        )
        assert client.get(LIST).status_code == 403
        assert client.get(overview(destination)).status_code == 404


def test_whoever_is_not_signed_in_is_asked_to(client, destination):
    for path in (LIST, ADD, overview(destination), status(destination), f"{LIST}environments/"):
        assert client.get(path).url.startswith("/admin/login/")
    assert client.post(act(destination, "check")).url.startswith("/admin/login/")
    assert not ConnectionCheck.objects.exists()


def test_a_member_who_is_not_staff_cannot_sign_in(tenant, client):
    user = User.objects.create_user("bob")
    Membership.objects.create(user=user, tenant=tenant, role="admin")
    client.force_login(user)
    assert client.get(LIST).status_code == 302


def test_the_cost_of_a_page_does_not_grow_with_the_memberships(tenant, django_assert_num_queries):
    client = member(tenant, "viewer", name="alice")
    with CaptureQueriesContext(connection) as before:
        client.get(LIST)
    for _ in range(5):
        Membership.objects.create(user=User.objects.get(), tenant=make_tenant(), role="viewer")
    with django_assert_num_queries(len(before)):
        client.get(LIST)


def test_checks_are_read_only(admin_client, destination):
    services.request_check(destination)
    check = ConnectionCheck.objects.get()
    assert admin_client.get("/admin/destinations/connectioncheck/add/").status_code == 403
    assert admin_client.post(admin("destinations_connectioncheck_delete", check.pk), {"post": "yes"}).status_code == 403
    assert "Waiting" in text(admin_client.get(admin("destinations_connectioncheck_change", check.pk)))
