"""Access tokens: JWTs of this installation that stand for one API key, and are worth what the key is worth now."""

import time
from uuid import UUID

import jwt

from tenants import services
from tenants.models import ApiKey
from tenants.signing import signing_key

LIFETIME = 3600  # seconds
_ALGORITHM = "HS256"


def issue(key: ApiKey, issuer: str) -> str:
    now = int(time.time())
    claims = {"iss": issuer, "sub": str(key.pk), "iat": now, "exp": now + LIFETIME}
    return jwt.encode(claims, _secret(), algorithm=_ALGORITHM)


def key_of(token: str) -> ApiKey | None:
    """The live key that a token stands for; None for a token that is expired, forged or none at all."""
    try:
        claims = jwt.decode(token, _secret(), algorithms=[_ALGORITHM], options={"require": ["exp", "sub"]})
    except jwt.InvalidTokenError:
        return None
    return services.find_key_by_id(UUID(claims["sub"]))


def _secret() -> bytes:
    """The installation's own; a token for anything else is signed with another."""
    return signing_key(b"planet access tokens")
