"""The tokens that a tenant's own people sign in with: JWTs, valid for a day."""

import time
from dataclasses import dataclass
from typing import Any

import jwt
from django.conf import settings

from tenants.models import Tenant
from tenants.signing import signing_key

ISSUER = "outpost"
LIFETIME = 24 * 3600  # seconds
_ACCEPTED = ["HS256", "HS384", "HS512"]
# Like the original: of the other registered claims only `exp` and `nbf` are looked at, and `iat` as `opens` says.
_OPTIONS = {"require": ["exp", "sub"], "verify_aud": False, "verify_iat": False}


@dataclass(frozen=True, slots=True)
class Token:
    """A good one: the id of the tenant it is for, and when it ends, in seconds since 1970."""

    tenant: str
    ends: int
    made: Any
    life: Any

    def opens(self, tenant: Tenant) -> bool:
        """Whether it was made for this very tenant, and not for one that had the id before.

        Ours say so; what another program signed tells the second it did so, in `iat`.
        """
        if self.tenant != tenant.pk:
            return False
        if self.life is not None:
            return bool(self.life == tenant.life)
        return isinstance(self.made, int | float) and self.made >= int(tenant.created.timestamp())


def issue(tenant: Tenant) -> str:
    now = int(time.time())
    claims = {"iss": ISSUER, "sub": tenant.pk, "iat": now, "exp": now + LIFETIME, "life": tenant.life}
    return jwt.encode(claims, _secret(), algorithm="HS256")


def read(text: str) -> Token | None:
    """None for a token that is expired, forged or none at all."""
    try:
        claims = jwt.decode(text, _secret(), algorithms=_ACCEPTED, issuer=ISSUER, options=_OPTIONS)  # type: ignore[arg-type]
        return Token(str(claims["sub"]), int(claims["exp"]), claims.get("iat"), claims.get("life"))
    except (jwt.InvalidTokenError, OverflowError):  # `exp` can be infinite
        return None


def _secret() -> bytes:
    """The installation's own unless one is set, so that no token is ever signed with an empty key."""
    given: str = settings.OUTPOST_JWT_SECRET
    return given.encode() or signing_key(b"outpost tenant tokens")
