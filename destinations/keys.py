"""The SSH keys of tenants."""

from connectors.identity import Identity
from destinations.models import TunnelKey
from tenants.models import Tenant


def ssh_key(tenant: Tenant) -> TunnelKey:
    """The SSH key of a tenant, which is made when it is first asked for."""
    if found := TunnelKey.objects.filter(tenant=tenant).first():
        return found
    key = TunnelKey(tenant=tenant)
    key.identity = Identity.generate()
    # Of several who ask at once, one makes it, and all are given the same.
    TunnelKey.objects.bulk_create([key], ignore_conflicts=True)
    return TunnelKey.objects.get(tenant=tenant)
