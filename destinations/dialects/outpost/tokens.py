"""The tokens that a tenant's own people sign in with: JWTs, valid for a day."""

import time

import jwt
from django.conf import settings

from tenants.signing import signing_key

ISSUER = "outpost"
LIFETIME = 24 * 3600  # seconds
_ACCEPTED = ["HS256", "HS384", "HS512"]
# Like the original: of the other registered claims only `exp` and `nbf` are looked at.
_OPTIONS = {"require": ["exp", "sub"], "verify_aud": False, "verify_iat": False}


def issue(tenant: str) -> str:
    now = int(time.time())
    claims = {"iss": ISSUER, "sub": tenant, "iat": now, "exp": now + LIFETIME}
    return jwt.encode(claims, _secret(), algorithm="HS256")


def tenant_of(token: str) -> str | None:
    """The id of the tenant a token is for; None for one that is expired, forged or none at all."""
    try:
        claims = jwt.decode(token, _secret(), algorithms=_ACCEPTED, issuer=ISSUER, options=_OPTIONS)  # type: ignore[arg-type]
    except jwt.InvalidTokenError:
        return None
    return str(claims["sub"])


def expiry_of(token: str) -> int:
    """When a token that `tenant_of` accepts ends, in seconds since 1970."""
    return int(jwt.decode(token, options={"verify_signature": False})["exp"])


def _secret() -> bytes:
    """The installation's own unless one is set, so that no token is ever signed with an empty key."""
    given: str = settings.OUTPOST_JWT_SECRET
    return given.encode() or signing_key(b"outpost tenant tokens")
