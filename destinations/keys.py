"""The SSH keys of tenants: each is made with its tenant, so that nobody who only looks at it makes it."""

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from connectors.identity import Identity
from destinations.models import TunnelKey
from tenants import audit
from tenants.models import Tenant


@receiver(post_save, sender=Tenant)
def make_ssh_key(instance: Tenant, created: bool, **_: Any) -> None:
    if created:
        _make(instance)


def ssh_key(tenant: Tenant) -> TunnelKey:
    """The SSH key of a tenant, which is made if it is missing: for whoever is about to use it."""
    if found := TunnelKey.objects.filter(tenant=tenant).first():
        return found
    key = _make(tenant)
    audit.record("tunnel_key.create", key)
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
