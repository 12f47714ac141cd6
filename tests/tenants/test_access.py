from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils import timezone

from destinations.models import Destination
from tenants import principals, services
from tenants.models import ApiKey, Membership, Role
from tests.factories import make_destination, make_environment, make_key, make_tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice():
    return User.objects.create_user("alice")


class TestKeys:
    def test_a_key_is_found_by_its_secret_and_stored_as_a_digest_only(self):
        key, secret = services.issue_key(name="CI", role=Role.EDITOR)
        assert services.find_key(secret) == key
        assert secret not in str(ApiKey.objects.values().get())
        assert secret.startswith(key.prefix)

    @pytest.mark.parametrize("secret", ["", "lfk_nope", "x" * 500])
    def test_an_unknown_secret_finds_nothing(self, secret):
        assert services.find_key(secret) is None

    def test_a_revoked_key_is_dead_at_once(self):
        key, secret = services.issue_key(name="CI")
        services.revoke_key(key)
        assert services.find_key(secret) is None

    def test_an_expired_key_is_dead(self):
        _, secret = services.issue_key(name="CI", expires=timezone.now() + timedelta(hours=1))
        ApiKey.objects.update(expires=timezone.now() - timedelta(seconds=1))
        assert services.find_key(secret) is None

    def test_the_key_of_a_person_who_was_shut_out_is_dead(self, alice):
        _, secret = services.issue_key(name="CI", user=alice)
        User.objects.update(is_active=False)
        assert services.find_key(secret) is None

    def test_a_key_cannot_be_born_expired(self):
        with pytest.raises(ValidationError):
            services.issue_key(name="CI", expires=timezone.now())

    def test_use_is_noted_once_a_minute(self):
        _, secret = services.issue_key(name="CI")
        services.find_key(secret)
        first = ApiKey.objects.get().last_used
        services.find_key(secret)
        assert ApiKey.objects.get().last_used == first
        ApiKey.objects.update(last_used=first - timedelta(minutes=2))
        services.find_key(secret)
        assert ApiKey.objects.get().last_used >= first


class TestPrincipals:
    def test_a_superuser_may_do_everything_everywhere(self, alice):
        alice.is_superuser = True
        principal = principals.of_user(alice)
        assert principal.tenants is None
        assert principal.may_everywhere(Role.ADMIN)
        assert principal.may(Role.ADMIN, "any")

    def test_a_member_may_do_what_the_role_allows_in_that_tenant(self, alice):
        mine, other = make_tenant(), make_tenant()
        Membership.objects.create(user=alice, tenant=mine, role=Role.EDITOR)
        principal = principals.of_user(alice)
        assert principal.tenants == frozenset({mine.pk})
        assert principal.may(Role.VIEWER, mine.pk)
        assert principal.may(Role.EDITOR, mine.pk)
        assert not principal.may(Role.ADMIN, mine.pk)
        assert not principal.may(Role.VIEWER, other.pk)
        assert not principal.may_everywhere(Role.VIEWER)

    def test_a_member_of_one_environment_is_confined_to_it(self, alice):
        tenant = make_tenant()
        live, test = make_environment(tenant, "Live"), make_environment(tenant, "Test")
        Membership.objects.create(user=alice, tenant=tenant, environment=live, role=Role.EDITOR)
        inside = make_destination(tenant, environment=live)
        make_destination(tenant, environment=test)
        make_destination(tenant)
        principal = principals.of_user(alice)
        assert list(Destination.objects.visible_to(principal)) == [inside]
        assert principal.may(Role.EDITOR, tenant.pk, live.pk)
        assert not principal.may(Role.VIEWER, tenant.pk, test.pk)

    def test_a_tenant_key_sees_its_tenant_only(self):
        mine = make_destination()
        make_destination()
        key = services.find_key(make_key(mine.tenant, Role.VIEWER))
        assert list(Destination.objects.visible_to(principals.of_key(key))) == [mine]

    def test_an_installation_key_sees_all_with_its_role(self):
        make_destination()
        make_destination()
        principal = principals.of_key(services.find_key(make_key(role=Role.VIEWER)))
        assert Destination.objects.visible_to(principal).count() == 2
        assert not principal.may_everywhere(Role.EDITOR)

    def test_nobody_sees_anything_without_a_grant(self, alice):
        make_destination()
        assert not Destination.objects.visible_to(principals.of_user(alice)).exists()


class TestTenants:
    @pytest.mark.parametrize("id_", ["a/b", "a ", " a", "a\tb", "a\u00a0b", "a?b", "a#b", "x" * 256, "a%2Fb", "a\n"])
    def test_an_id_must_fit_a_path_segment(self, id_):
        with pytest.raises(ValidationError) as caught:
            services.create_tenant(id_=id_, name="A")
        assert "id" in caught.value.message_dict

    @pytest.mark.parametrize("id_", ["a b", "ACME & Co. (é)", "x" * 255])
    def test_an_id_may_be_any_other_text(self, id_):
        assert services.create_tenant(id_=id_, name="A").pk == id_

    def test_an_id_that_is_taken_is_refused(self):
        make_tenant("acme")
        with pytest.raises(ValidationError):
            make_tenant("acme")

    def test_the_id_never_changes(self):
        with pytest.raises(ValidationError):
            services.update_tenant(make_tenant(), id="other")

    def test_a_tenant_with_destinations_is_not_deleted(self):
        tenant = make_destination().tenant
        with pytest.raises(services.TenantInUse):
            services.delete_tenant(tenant)
        assert Destination.objects.count() == 1

    def test_an_environment_with_destinations_is_not_deleted(self):
        environment = make_environment(make_tenant())
        make_destination(environment.tenant, environment=environment)
        with pytest.raises(services.TenantInUse):
            services.delete_environment(environment)
