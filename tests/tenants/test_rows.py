"""Rows are written as they are stored by then, not as somebody read them before."""

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from tenants import partners, rows, services
from tenants.models import Environment, KeyPair, Membership, Partner, Role, Tenant
from tenants.trail import AuditEvent
from tests.admin.pages import admin
from tests.factories import make_environment, make_tenant
from tests.test_audit import PEM

pytestmark = pytest.mark.django_db
URIS = ["https://partner.example.com/callback"]


@pytest.fixture
def user() -> User:
    return User.objects.create_user("pat", is_staff=True)


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme")


@pytest.fixture
def member(user, tenant) -> Membership:
    return services.save_membership(Membership(user=user, tenant=tenant))


@pytest.fixture
def partner() -> Partner:
    return partners.register(name="Shop", redirect_uris=URIS)[0]


class TestWhatWasRemovedStaysRemoved:
    @pytest.fixture(params=["membership", "key pair", "partner", "partner's secret", "tenant", "environment"])
    def change(self, request, user, tenant, member, partner):
        pair = services.register_key_pair(user, name="mine", public_key=PEM)
        stage = make_environment(tenant)
        return {
            "membership": (member, lambda: services.save_membership(member, role=Role.ADMIN)),
            "key pair": (pair, lambda: services.save_key_pair(pair)),
            "partner": (partner, lambda: partners.change(partner, name="New")),
            "partner's secret": (partner, lambda: partners.renew_secret(partner)),
            "tenant": (tenant, lambda: services.update_tenant(tenant, name="New")),
            "environment": (stage, lambda: services.update_environment(stage, name="New")),
        }[request.param]

    def test_and_nothing_is_recorded(self, change):
        row, do = change
        type(row).objects.filter(pk=row.pk).delete()
        known = AuditEvent.objects.count()
        with pytest.raises(rows.Gone):
            do()
        assert not type(row).objects.filter(pk=row.pk).exists()
        assert AuditEvent.objects.count() == known

    def test_for_whoever_has_the_page_open(self, admin_client, member, monkeypatch):
        save = services.save_membership

        def too_late(row, **changes):
            Membership.objects.filter(pk=row.pk).delete()
            return save(row, **changes)

        monkeypatch.setattr(services, "save_membership", too_late)
        form = {"user": "pat", "tenant": "acme", "role": "admin"}
        assert admin_client.post(admin("tenants_membership_change", member.pk), form).status_code == 404
        assert Membership.objects.filter(role=Role.VIEWER).exists()  # with the request, the removal is undone as well


class TestWhatOthersChangedStaysChanged:
    def test_of_a_tenant(self, tenant):
        services.update_tenant(Tenant.objects.get(), destination_limit=5)
        services.update_tenant(tenant, name="New")
        stored = Tenant.objects.get()
        assert (stored.name, stored.destination_limit) == ("New", 5)
        assert (tenant.name, tenant.destination_limit) == ("New", 5)
        told = AuditEvent.objects.filter(action="tenant.update").order_by("at").last()
        assert told.changes == [{"field": "name", "before": "Acme", "after": "New"}]

    def test_of_a_partner(self, partner):
        secret = partners.renew_secret(Partner.objects.get())
        partners.change(Partner.objects.get(), opens_accounts=True)
        partners.change(partner, name="New")
        assert Partner.objects.get().opens_accounts
        assert partners.find(secret)

    def test_the_time_of_the_change_is_kept(self, tenant):
        before = tenant.updated
        services.update_tenant(tenant, name="New")
        assert Tenant.objects.get().updated == tenant.updated > before

    def test_the_rest_is_judged_as_it_is_stored(self, tenant, user, member):
        """Another has moved it: with what this one knows of it, it would have belonged to two."""
        other = make_environment(make_tenant("other"))
        services.save_membership(Membership.objects.get(), tenant=other.tenant)
        services.save_membership(member, environment=other)
        stored = Membership.objects.get()
        assert (stored.tenant_id, stored.environment) == ("other", other)


class TestPages:
    """They change what was changed on them."""

    def test_of_a_tenant_and_its_environments(self, admin_client, tenant):
        stage = make_environment(tenant, "Stage", "Staging")
        whole = {"name": "New", "metadata": '{"plan": "gold"}', "destination_limit": "7"}
        assert admin_client.post(admin("tenants_tenant_change", "acme"), whole).status_code == 302
        admin_client.post(admin("tenants_environment_change", stage.pk), {"name": "Next", "flag": "Production"})
        stored, stage = Tenant.objects.get(), Environment.objects.get()
        assert (stored.name, stored.metadata, stored.destination_limit) == ("New", {"plan": "gold"}, 7)
        assert (stage.name, stage.flag) == ("Next", "Production")

    def test_of_a_member(self, admin_client, member):
        admin_client.post(
            admin("tenants_membership_change", member.pk), {"user": "pat", "tenant": "acme", "role": "admin"}
        )
        assert Membership.objects.get().role == Role.ADMIN

    def test_of_a_person(self, admin_client, member, user):
        form = {
            "username": "pat", "is_active": "on", "date_joined_0": "2030-01-01", "date_joined_1": "00:00",
            "memberships-TOTAL_FORMS": "1", "memberships-INITIAL_FORMS": "1", "memberships-0-id": member.pk,
            "memberships-0-user": user.pk, "memberships-0-tenant": "acme", "memberships-0-role": "editor",
        }  # fmt: skip
        assert admin_client.post(admin("auth_user_change", user.pk), form).status_code == 302
        assert Membership.objects.get().role == Role.EDITOR

    def test_of_a_partner(self, admin_client, partner):
        form = {"name": "New", "redirect_uris": "https://other.example.com/", "opens_accounts": "on"}
        assert admin_client.post(admin("tenants_partner_change", partner.pk), form).status_code == 302
        stored = Partner.objects.get()
        assert (stored.name, stored.redirect_uris, stored.opens_accounts) == ("New", [form["redirect_uris"]], True)


class TestWhoComesSecond:
    """The look before writing sees nothing yet, since the other has not committed."""

    @pytest.fixture(params=[Tenant, Membership, Environment])
    def another(self, request, monkeypatch, tenant, user):
        make = {
            Tenant: lambda: services.create_tenant(id_="new", name="New"),
            Membership: lambda: services.save_membership(Membership(user=user, tenant=tenant)),
            Environment: lambda: services.create_environment(tenant, name="New"),
        }[request.param]
        look, looks = request.param.full_clean, []

        def blind_once(row, *args, **kwargs):
            looks.append(row)
            if len(looks) > 1:
                look(row, *args, **kwargs)

        make()
        monkeypatch.setattr(request.param, "full_clean", blind_once)
        return make

    def test_is_told_what_is_taken(self, another):
        with pytest.raises(ValidationError, match=r"already exists|is violated"):
            another()

    def test_is_told_so_on_a_page(self, admin_client, monkeypatch):
        def taken(**_):
            raise ValidationError({"id": "Tenant with this Id already exists."})

        monkeypatch.setattr(services, "create_tenant", taken)
        page = admin_client.post(admin("tenants_tenant_add"), {"name": "New", "id": "new"}, follow=True)
        assert page.redirect_chain[0][1] == 302
        assert "Tenant with this Id already exists." in page.content.decode()

    def test_what_is_no_double_is_a_fault(self, monkeypatch, tenant):
        monkeypatch.setattr(Tenant, "full_clean", lambda _row: None)
        with pytest.raises(IntegrityError):
            services.create_tenant(id_="acme", name="New")


def test_a_key_pair_is_there_once(user):
    pair = services.save_key_pair(KeyPair(user=user, name="mine", public_key=PEM))
    assert services.save_key_pair(pair) == KeyPair.objects.get()
