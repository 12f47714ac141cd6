"""The SSH keys of tenants: each is made with its tenant, so that nobody who only looks at it makes it."""

from typing import Any

from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils import timezone

from connectors.identity import Identity
from destinations.models import TunnelKey
from destinations.sealing import KeyMissing, SecretUnreadable
from tenants import audit
from tenants.changes import Change
from tenants.models import Tenant


@receiver(post_save, sender=Tenant)
def make_ssh_key(instance: Tenant, created: bool, **_: Any) -> None:
    if created:
        _make(instance)


def ssh_key(tenant: Tenant) -> TunnelKey:
    """The SSH key of a tenant, for whoever is about to use it: made if it is missing, and anew if it is lost."""
    found = TunnelKey.objects.filter(tenant=tenant).first()
    if found:
        return _renew(found) if _is_lost(found) else found
    key = _make(tenant)
    audit.record("tunnel_key.create", key)
    return key


def _is_lost(key: TunnelKey) -> bool:
    """Whether nothing opens it; what an encryption key opens that only this process lacks is not lost."""
    try:
        return not key.identity
    except SecretUnreadable as error:
        return not isinstance(error, KeyMissing)


@transaction.atomic
def _renew(found: TunnelKey) -> TunnelKey:
    """Servers do not know the new one yet, so the audit trail tells of it as of what decides who may do what."""
    key = TunnelKey.objects.select_for_update().get(pk=found.pk)
    if not _is_lost(key):  # somebody else was first
        return key
    before, key.identity, key.created = key.public_key, Identity.generate(), timezone.now()
    key.save()
    change: Change = {"field": "public_key", "before": before, "after": key.public_key}
    audit.record("tunnel_key.replace", key, changes=[change], security=True)
    return key


def _make(tenant: Tenant) -> TunnelKey:
    key = TunnelKey(tenant=tenant)
    key.identity = Identity.generate()
    # Of several who ask at once, one makes it, and all are given the same.
    TunnelKey.objects.bulk_create([key], ignore_conflicts=True)
    return TunnelKey.objects.get(tenant=tenant)


def public_ssh_key(tenant: Tenant) -> str:
    """The line to show, empty if the key is missing."""
    return TunnelKey.objects.filter(tenant=tenant).values_list("public_key", flat=True).first() or ""
