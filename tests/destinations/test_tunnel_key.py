"""The SSH key of a tenant: made once, sealed, and used by the checks of that tenant only."""

import logging

import pytest
from cryptography.fernet import Fernet, MultiFernet
from django.db import transaction
from encrypted_model_fields import fields as encrypted

from connectors.running import Report
from destinations import checking, services
from destinations.drafts import Draft
from destinations.exceptions import InvalidDestination
from destinations.keys import public_ssh_key, ssh_key
from destinations.models import ConnectionCheck, TunnelKey
from destinations.sealing import Sealed, SecretUnreadable
from tenants import services as tenant_services
from tenants.models import Tenant
from tenants.trail import AuditEvent
from tests.connectors.checks import logged
from tests.factories import make_destination, make_tenant

pytestmark = pytest.mark.django_db
TUNNEL = {"ssh_host": "bastion.example.com", "ssh_user": "tunneller"}
CONFIG = {"host": "db.internal", "database": "postgres"}
CREDENTIALS = {"username": "admin", "password": "the password of the database"}


def draft(**changes) -> Draft:
    values = {"type": "postgres", "config": {**CONFIG, **TUNNEL}, "credentials": CREDENTIALS}
    return Draft(**{**values, **changes})


@pytest.fixture
def tenant():
    return make_tenant("acme")


@pytest.fixture
def reachable(tenant, ssh, postgres, authority):
    """A draft of a real database behind a real SSH server that has been told the key of the tenant."""
    ssh.authorize(ssh_key(tenant).identity)
    place = {"host": "localhost", "port": postgres.port, "database": "postgres", "ca_certificate": authority.pem}
    credentials = {"username": postgres.username, "password": postgres.password}
    yield draft(config=place | ssh.config, credentials=credentials)
    ssh.authorize(ssh.identity)


@pytest.fixture
def keyless(tenant):
    """A tenant whose key is missing."""
    TunnelKey.objects.all().delete()
    return tenant


def test_a_tenant_is_made_with_its_key():
    for made in (make_tenant(), Tenant.objects.create(name="Another")):
        key = TunnelKey.objects.get(tenant=made)
        assert key.public_key == key.identity.public == public_ssh_key(made)


def test_a_tenant_that_is_changed_keeps_its_key(tenant):
    before = public_ssh_key(tenant)
    tenant_services.update_tenant(tenant, name="New")
    assert public_ssh_key(tenant) == before


def test_a_tenant_that_is_not_made_after_all_leaves_no_key(db):
    with transaction.atomic():
        make_tenant()
        transaction.set_rollback(True)
    assert not TunnelKey.objects.exists()


def test_a_destination_without_a_tunnel_needs_no_key(keyless):
    made = services.create(keyless, draft(config=CONFIG))
    assert made.identity is None
    assert not TunnelKey.objects.exists()


def test_a_destination_with_a_tunnel_makes_a_missing_key(keyless):
    made = services.create(keyless, draft())
    assert made.identity == TunnelKey.objects.get().identity


def test_the_key_of_a_tenant_is_that_of_all_its_destinations(tenant):
    first = services.create(tenant, draft())
    second = services.create(tenant, draft(name="another"))
    assert first.identity == second.identity == ssh_key(tenant).identity
    assert TunnelKey.objects.count() == 1


def test_a_tunnel_that_is_added_later_makes_the_key_too(keyless):
    made = services.create(keyless, draft(config=CONFIG))
    services.update(made, Draft(config=TUNNEL, credentials=CREDENTIALS))
    assert TunnelKey.objects.filter(tenant=keyless).exists()


def test_a_draft_that_is_tried_out_makes_it_as_well(keyless):
    report = services.try_out(keyless, draft(config=CONFIG | TUNNEL | {"ssh_host": "bastion.invalid"}))
    assert (report.status, report.code) == ("failed", "dns")
    assert TunnelKey.objects.filter(tenant=keyless).exists()


def test_a_tunnel_is_removed_by_removing_all_of_it(tenant):
    made = services.create(tenant, draft())
    with pytest.raises(InvalidDestination):
        services.update(made, Draft(config={"ssh_host": None}))
    removed = services.update(made, Draft(config=dict.fromkeys(TUNNEL), credentials=CREDENTIALS))
    assert removed.config.keys().isdisjoint(TUNNEL)
    assert removed.identity is None


def test_each_tenant_has_a_key_of_its_own(tenant):
    assert ssh_key(tenant).public_key != ssh_key(make_tenant()).public_key


def test_the_private_key_is_stored_sealed(tenant):
    key = ssh_key(tenant)
    row = TunnelKey.objects.filter(pk=key.pk).values().get()
    assert row["sealed"].ciphertext.startswith("gAAAA")
    assert not any(line in f"{row}{key!r}{key}{vars(key)}" for line in key.identity.private.splitlines())


def test_a_key_that_was_sealed_for_another_tenant_is_refused(tenant):
    key, other = ssh_key(tenant), ssh_key(make_tenant())
    key.sealed = other.sealed
    key.save()
    with pytest.raises(SecretUnreadable):
        TunnelKey.objects.get(pk=key.pk).identity  # noqa: B018  opening is the test


def test_a_tenant_takes_its_key_along(tenant):
    ssh_key(tenant)
    tenant_services.delete_tenant(tenant)
    assert not TunnelKey.objects.exists()


def test_a_draft_is_tried_out_through_the_tunnel(tenant, reachable, caplog):
    caplog.set_level(logging.DEBUG)
    report = services.try_out(tenant, reachable)
    assert report.status == "passed", report
    told_nothing(tenant, repr(report) + logged(caplog))


def told_nothing(tenant, text):
    assert not any(line in text for line in ssh_key(tenant).identity.private.splitlines())


@pytest.mark.django_db(transaction=True)
def test_a_sweep_checks_through_the_tunnel_of_the_tenant(tenant, reachable, caplog):
    caplog.set_level(logging.DEBUG)
    services.create(tenant, reachable, check=True)
    checking.sweep()
    check = ConnectionCheck.objects.get()
    assert check.status == "passed", check.message
    told_nothing(tenant, str(ConnectionCheck.objects.values().get()) + logged(caplog))


@pytest.mark.django_db(transaction=True)
def test_the_key_of_another_tenant_does_not_get_in(tenant, reachable):
    stranger = make_tenant("stranger")
    services.create(stranger, reachable, check=True)
    checking.sweep()
    check = ConnectionCheck.objects.get()
    assert (check.status, check.code) == ("failed", "denied")
    assert ssh_key(stranger).public_key in check.remedy


@pytest.mark.django_db(transaction=True)
def test_a_key_that_cannot_be_read_is_our_fault(keyless, monkeypatch):
    """Its secrets can be: only the row of the key was sealed by another installation."""
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(encrypted, "CRYPTER", MultiFernet([Fernet(Fernet.generate_key())]))
        ssh_key(keyless)
    services.create(keyless, draft(), check=True)
    checking.sweep()
    check = ConnectionCheck.objects.get()
    assert (check.status, check.code) == ("error", "config")


class TestALostKey:
    """Its row holds what no encryption key opens, or what was sealed for another tenant."""

    @pytest.fixture(params=["given up", "moved"])
    def lost(self, request, tenant) -> TunnelKey:
        other = ssh_key(make_tenant()).sealed if request.param == "moved" else Sealed("gAAAAlost")
        TunnelKey.objects.filter(tenant=tenant).update(sealed=other)
        return TunnelKey.objects.get(tenant=tenant)

    def test_is_made_anew_for_a_destination_that_needs_it(self, tenant, lost):
        made = services.create(tenant, draft())
        assert made.identity.public == public_ssh_key(tenant) != lost.public_key
        told = AuditEvent.objects.get(action="tunnel_key.replace")
        assert (told.tenant, told.security) == (tenant.pk, True)
        assert told.changes == [
            {"field": "public_key", "before": lost.public_key, "after": made.identity.public},
        ]

    def test_once_for_all_of_them(self, tenant, lost):
        assert services.create(tenant, draft()).identity == services.create(tenant, draft(name="2")).identity
        assert AuditEvent.objects.filter(action="tunnel_key.replace").count() == 1

    def test_not_for_one_without_a_tunnel(self, tenant, lost):
        services.create(tenant, draft(config=CONFIG))
        assert public_ssh_key(tenant) == lost.public_key


def test_a_key_whose_encryption_key_is_missing_here_stays(keyless, monkeypatch):
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(encrypted, "CRYPTER", MultiFernet([Fernet(Fernet.generate_key())]))
        before = ssh_key(keyless).public_key
    services.create(keyless, draft())
    assert public_ssh_key(keyless) == before


def test_the_checks_of_others_are_given_no_key(monkeypatch):
    given = []

    async def remember(*_, identity=None, **__):
        given.append(identity)
        return Report("passed")

    monkeypatch.setattr("connectors.running.run", remember)
    made = make_destination()
    ssh_key(made.tenant)
    services.try_out(made.tenant, Draft(), stored=made)
    assert given == [None]
