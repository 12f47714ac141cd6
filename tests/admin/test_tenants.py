"""Tenants, environments, members, keys and people."""

import re
from datetime import timedelta
from typing import ClassVar

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tenants import services
from tenants.models import ApiKey, Environment, Membership, Tenant
from tenants.trail import AuditEvent
from tests.admin.conftest import PASSWORD, member, text
from tests.admin.pages import admin
from tests.factories import make_destination, make_environment, make_tenant


def form_errors(response) -> dict[str, list[str]]:
    assert response.status_code == 200
    return dict(response.context["adminform"].form.errors)


class TestTenants:
    def test_one_is_added_with_its_own_id_and_labels(self, admin_client):
        form = {"name": "Acme", "id": "acme", "metadata": '{"plan": "gold"}'}
        admin_client.post(admin("tenants_tenant_add"), form)
        assert Tenant.objects.values("id", "name", "metadata").get() == form | {"metadata": {"plan": "gold"}}

    @pytest.mark.parametrize(
        "metadata",
        [
            r'{"a": "\ud800"}', r'{"a": "\u0000"}', '{"a": NaN}', f'{{"a": {"9" * 5000}}}', '{"a": 1e999}',
            f'{{"a": {"[" * 3000}{"]" * 3000}}}', '{"a": 1, "a": 2}',
        ],
        ids=lambda text: text[:12],
    )  # fmt: skip
    def test_labels_are_what_a_database_can_hold(self, admin_client, metadata):
        response = admin_client.post(admin("tenants_tenant_add"), {"name": "A", "id": "a", "metadata": metadata})
        assert response.status_code == 200
        assert "metadata" in form_errors(response)
        assert not Tenant.objects.exists()

    @pytest.mark.parametrize("metadata", ["[1]", '"text"', "{", "null"])
    def test_labels_are_names_and_values_or_refused(self, admin_client, metadata):
        response = admin_client.post(admin("tenants_tenant_add"), {"name": "A", "id": "a", "metadata": metadata})
        if metadata == "null":
            assert Tenant.objects.get().metadata == {}
        else:
            assert "metadata" in form_errors(response)

    def test_without_labels_the_box_is_empty(self, admin_client, tenant):
        for page in (admin("tenants_tenant_add"), admin("tenants_tenant_change", "acme")):
            assert admin_client.get(page).context["adminform"].form["metadata"].value() == ""

    def test_its_name_changes_and_its_id_does_not(self, admin_client, tenant):
        form = {"name": "New", "id": "other", "metadata": ""}
        admin_client.post(admin("tenants_tenant_change", "acme"), form)
        assert Tenant.objects.values("id", "name", "metadata").get() == {"id": "acme", "name": "New", "metadata": {}}

    def test_one_that_owns_destinations_is_not_deleted(self, admin_client, destination):
        page = text(admin_client.get(admin("tenants_tenant_delete", "acme")))
        assert "It still has 1 destinations." in page
        admin_client.post(admin("tenants_tenant_delete", "acme"), {"post": "yes"})
        assert Tenant.objects.exists()

    def test_one_that_came_to_own_destinations_meanwhile_is_not_deleted(self, admin_client, tenant, monkeypatch):
        monkeypatch.setattr("tenants.admin.access.deletion", lambda things, allowed: ([], {}, set(), []))
        make_destination(tenant)
        response = admin_client.post(admin("tenants_tenant_delete", "acme"), {"post": "yes"}, follow=True)
        assert "still owns 1 destinations" in text(response)

    def test_an_empty_one_is_deleted_with_its_environments(self, admin_client, tenant):
        make_environment(tenant)
        page = text(admin_client.get(admin("tenants_tenant_delete", "acme")))
        assert "1 environments" in page
        admin_client.post(admin("tenants_tenant_delete", "acme"), {"post": "yes"})
        assert not Tenant.objects.exists()

    def test_its_own_admin_renames_it_but_adds_and_deletes_none(self, tenant):
        client = member(tenant, "admin")
        client.post(admin("tenants_tenant_change", "acme"), {"name": "Ours", "metadata": "{}"})
        assert Tenant.objects.get().name == "Ours"
        assert client.get(admin("tenants_tenant_add")).status_code == 403
        assert client.post(admin("tenants_tenant_delete", "acme"), {"post": "yes"}).status_code == 403


class TestEnvironments:
    def test_the_tenants_admin_adds_and_changes_one(self, tenant):
        client = member(tenant, "admin")
        form = {"tenant": "acme", "name": "Blue", "flag": "Staging"}
        response = client.post(admin("tenants_environment_add"), form, follow=True)
        blue = Environment.objects.get()
        assert f"/{blue.pk}/" in text(response)
        client.post(admin("tenants_environment_change", blue.pk), form | {"name": "Red"})
        assert Environment.objects.get().name == "Red"

    def test_a_name_taken_is_refused(self, admin_client, tenant):
        make_environment(tenant, name="Blue")
        form = {"tenant": "acme", "name": "Blue", "flag": "Staging"}
        assert form_errors(admin_client.post(admin("tenants_environment_add"), form))

    def test_one_in_use_is_not_deleted(self, admin_client, tenant):
        blue = make_environment(tenant)
        make_destination(tenant, environment=blue)
        page = text(admin_client.get(admin("tenants_environment_delete", blue.pk)))
        assert "It still has 1 destinations." in page

    def test_the_admin_of_an_environment_does_not_rename_it(self, tenant):
        blue = make_environment(tenant, name="Blue")
        client = member(tenant, "admin", blue)
        form = {"name": "Red", "flag": "Staging"}
        assert client.post(admin("tenants_environment_change", blue.pk), form).status_code == 403


class TestMembers:
    def test_an_admin_of_the_installation_makes_anybody_a_member_by_name(self, admin_client, tenant):
        User.objects.create_user("bob")
        page = text(admin_client.get(admin("tenants_membership_add")))
        assert "The name the person signs in with." in page
        form = {"user": "bob", "tenant": "acme", "environment": "", "role": "editor"}
        admin_client.post(admin("tenants_membership_add"), form)
        assert Membership.objects.get(user__username="bob").role == "editor"

    def test_the_tenants_admin_gives_its_members_more_roles(self, tenant):
        member(tenant, "viewer", make_environment(tenant), name="bob")
        client = member(tenant, "admin", name="alice")
        assert "of somebody who is a member" in text(client.get(admin("tenants_membership_add")))
        for name, status in (("bob", 302), ("alice", 200)):  # who has that role already
            form = {"user": name, "tenant": "acme", "environment": "", "role": "editor"}
            assert client.post(admin("tenants_membership_add"), form).status_code == status
        assert Membership.objects.get(user__username="bob", environment=None).role == "editor"
        own = Membership.objects.get(user__username="bob", environment=None)
        form = {"user": "bob", "tenant": "acme", "environment": "", "role": "viewer"}
        client.post(admin("tenants_membership_change", own.pk), form)
        assert Membership.objects.get(pk=own.pk).role == "viewer"

    def test_no_name_can_be_tried_out(self, tenant):
        member(make_tenant("globex"), "editor", name="sam-of-globex")
        User.objects.create_user("sam-of-nobody")
        client = member(tenant, "admin")
        answers = set()
        for name in ("sam-of-globex", "sam-of-nobody", "sam-who-is-not"):
            form = {"user": name, "tenant": "acme", "environment": "", "role": "editor"}
            response = client.post(admin("tenants_membership_add"), form)
            assert form_errors(response) == {"user": ["There is no user of this name whom you may choose."]}
            answers.add(re.sub('name="csrfmiddlewaretoken" value="[^"]*"', "", text(response)).replace(name, "sam"))
        assert len(answers) == 1
        assert Membership.objects.count() == 2

    def test_an_environment_of_another_tenant_is_refused(self, admin_client, tenant):
        User.objects.create_user("bob")
        foreign = make_environment(make_tenant())
        form = {"user": "bob", "tenant": "acme", "environment": str(foreign.pk), "role": "editor"}
        response = admin_client.post(admin("tenants_membership_add"), form)
        assert form_errors(response) == {"environment": ["The tenant has no such environment."]}

    def test_nobody_is_made_member_of_a_tenant_one_does_not_manage(self, tenant):
        make_tenant("globex")
        client = member(tenant, "admin", name="alice")
        form = {"user": "alice", "tenant": "globex", "environment": "", "role": "admin"}
        assert "tenant" in form_errors(client.post(admin("tenants_membership_add"), form))
        own = Membership.objects.get()
        response = client.post(admin("tenants_membership_change", own.pk), form)
        assert "tenant" in form_errors(response)
        assert Membership.objects.get().tenant == tenant


class TestKeys:
    def issue(self, client, **changes):
        form = {"name": "Pipeline", "tenant": "acme", "role": "editor", "expires_0": "", "expires_1": ""}
        return client.post(admin("tenants_apikey_add"), form | changes)

    def test_the_secret_is_on_one_page_once_and_works(self, tenant):
        client = member(tenant, "admin")
        response = self.issue(client)
        secret = response.context["secrets"][0][1]
        key = services.find_key(secret)
        assert key is not None
        assert (key.name, key.tenant_id, key.role) == ("Pipeline", "acme", "editor")
        assert f'value="{secret}"' in text(response)
        assert "no-store" in response["Cache-Control"]
        for path in (admin("tenants_apikey_changelist"), admin("tenants_apikey_change", key.pk)):
            page = text(client.get(path))
            assert key.prefix in page
            assert secret not in page
        assert secret not in str(client.session.items())
        assert secret not in str(AuditEvent.objects.values())

    def test_an_installation_key_is_for_superusers(self, admin_client):
        self.issue(admin_client, tenant="", role="admin")
        assert ApiKey.objects.get().tenant is None
        assert "Everything" in text(admin_client.get(admin("tenants_apikey_changelist")))

    def test_one_cannot_expire_in_the_past(self, admin_client, tenant):
        yesterday = timezone.now() - timedelta(days=1)
        response = self.issue(admin_client, expires_0=yesterday.date().isoformat(), expires_1="00:00")
        assert form_errors(response) == {"expires": ["A key must expire in the future."]}

    def test_it_is_revoked_by_a_button_and_never_edited_or_deleted(self, tenant):
        client = member(tenant, "admin")
        secret = self.issue(client).context["secrets"][0][1]
        key = ApiKey.objects.get()
        page = admin("tenants_apikey_change", key.pk)
        client.post(page, {"name": "Other", "role": "admin"})
        client.post(admin("tenants_apikey_delete", key.pk), {"post": "yes"})
        assert ApiKey.objects.get().name == "Pipeline"
        assert "Revoke this key" in text(client.get(page))
        assert client.get(admin("tenants_apikey_revoke", key.pk)).status_code == 405
        client.post(admin("tenants_apikey_revoke", key.pk))
        assert services.find_key(secret) is None
        assert "Revoke this key" not in text(client.get(page))

    def test_many_are_revoked_at_once(self, admin_client, tenant):
        for name in ("one", "two"):
            services.issue_key(name=name, tenant=tenant)
        chosen = {"action": "revoke_selected", "_selected_action": list(ApiKey.objects.values_list("pk", flat=True))}
        admin_client.post(admin("tenants_apikey_changelist"), chosen)
        assert not ApiKey.objects.filter(revoked=None).exists()

    def test_those_of_another_tenant_are_not_found(self, tenant):
        key, _ = services.issue_key(name="Foreign", tenant=make_tenant())
        client = member(tenant, "admin")
        assert client.post(admin("tenants_apikey_revoke", key.pk)).status_code == 404


class TestPeople:
    def test_one_is_added_and_made_a_member_in_the_same_place(self, admin_client, tenant):
        form = {"username": "bob", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
        none = {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}
        admin_client.post(admin("auth_user_add"), form | none)
        bob = User.objects.get(username="bob")
        form = {
            "username": "bob",
            "is_active": "on",
            "is_staff": "on",
            "memberships-TOTAL_FORMS": "1",
            "memberships-INITIAL_FORMS": "0",
            "memberships-0-user": str(bob.pk),
            "memberships-0-tenant": "acme",
            "memberships-0-environment": "",
            "memberships-0-role": "viewer",
        }
        response = admin_client.post(admin("auth_user_change", bob.pk), form)
        assert response.status_code == 302
        assert Membership.objects.get().user == bob
        assert User.objects.get(username="bob").is_staff

    @pytest.mark.parametrize("name", ["auth_user_changelist", "auth_group_changelist", "auth_group_add"])
    def test_the_pages_are_there(self, admin_client, name):
        assert admin_client.get(admin(name)).status_code == 200


class TestDestinationLimit:
    FORM: ClassVar = {"name": "Acme", "metadata": "", "destination_limit": "7"}

    def test_an_admin_of_the_installation_sets_it(self, admin_client, tenant):
        admin_client.post(f"/admin/tenants/tenant/{tenant.pk}/change/", self.FORM)
        assert Tenant.objects.get().destination_limit == 7
        admin_client.post(f"/admin/tenants/tenant/{tenant.pk}/change/", self.FORM | {"destination_limit": ""})
        assert Tenant.objects.get().destination_limit is None

    def test_the_tenants_own_admin_sees_it_and_does_not_set_it(self, tenant):
        Tenant.objects.update(destination_limit=5)
        client, path = member(tenant, "admin"), f"/admin/tenants/tenant/{tenant.pk}/change/"
        assert 'name="destination_limit"' not in text(client.get(path))
        assert client.post(path, self.FORM).status_code == 302
        assert Tenant.objects.values_list("name", "destination_limit").get() == ("Acme", 5)
