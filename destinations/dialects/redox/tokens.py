"""The access tokens that programs get for an assertion, good for five minutes."""

import time

import jwt
from django.contrib.auth.models import User

from tenants.signing import signing_key

LIFETIME = 300  # seconds
ISSUER = "landfall-redox"


def issue(user: User) -> str:
    now = int(time.time())
    claims = {"iss": ISSUER, "sub": str(user.pk), "iat": now, "exp": now + LIFETIME}
    return jwt.encode(claims, _secret(), algorithm="HS256")


def user_of(token: str) -> User | None:
    """None for a token that is expired, forged or none at all, and for a person who may not sign in any more."""
    try:
        claims = jwt.decode(token, _secret(), algorithms=["HS256"], issuer=ISSUER, options={"require": ["exp", "sub"]})
    except jwt.InvalidTokenError:
        return None
    return User.objects.filter(pk=int(claims["sub"]), is_active=True).first()


def _secret() -> bytes:
    return signing_key(b"redox access tokens")
