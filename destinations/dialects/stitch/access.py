"""Who calls: the holder of an API key of a tenant, which is what Stitch calls an account."""

import hashlib

from destinations.dialects.stitch.failures import UNAUTHORIZED
from tenants import services
from tenants.models import ApiKey

# What every client reads exactly, those that keep numbers in floats among them.
ID_BYTES = 6


def key_of(header: str | None) -> ApiKey:
    """Some clients send the token without the word before it. Raises `Refused`."""
    scheme, _, rest = (header or "").partition(" ")
    secret = rest.strip() if scheme.lower() == "bearer" else header
    key = services.find_key(secret) if secret else None
    if key is None or key.tenant_id is None:
        raise UNAUTHORIZED
    return key


def account_id(tenant: str) -> int:
    """A tenant's number for clients that want one: the id itself if it is one, else one that is made from it."""
    if tenant.isascii() and tenant.isdigit() and len(tenant) <= 15 and tenant[0] != "0":
        return int(tenant)
    return number(tenant)


def number(text: str) -> int:
    """Always the same, greater than 0, and hardly ever that of another text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:ID_BYTES]) or 1
