"""Programs that sign in with a key pair: a signed assertion (RFC 7523) tells which person they act for."""

import time
from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tenants.models import KeyPair
from tenants.spent import spend

LONGEST = 300  # seconds an assertion may be good for
LEEWAY = 10  # seconds that clocks may differ


class Unacceptable(Exception):
    """An assertion that does not prove who calls."""


def caller_of(assertion: str, audiences: Collection[str]) -> KeyPair:
    """The pair whose private half signed the assertion, for one of `audiences`. Raises `Unacceptable`.

    An assertion serves once: its `jti` is remembered for as long as it is good.
    """
    pair = _claimed(assertion)
    options = {"require": ["iss", "sub", "aud", "exp", "jti"]}
    try:
        claims = jwt.decode(
            assertion,
            pair.public_key,
            algorithms=[algorithm_of(pair.public_key)],
            audience=list(audiences),
            issuer=str(pair.client_id),
            subject=str(pair.client_id),
            leeway=LEEWAY,
            options=options,  # type: ignore[arg-type]
        )
        end = int(claims["exp"])
    except (jwt.InvalidTokenError, ValueError):
        raise Unacceptable from None
    if end > time.time() + LONGEST + LEEWAY or not pair.user.is_active:
        raise Unacceptable
    if not spend("assertion", f"{pair.client_id} {claims['jti']}", datetime.fromtimestamp(end + LEEWAY, UTC)):
        raise Unacceptable
    return pair


def _claimed(assertion: str) -> KeyPair:
    """The pair that an assertion says to be of, unproven."""
    try:
        claimed = UUID(str(jwt.decode(assertion, options={"verify_signature": False})["iss"]))
    except (jwt.InvalidTokenError, KeyError, ValueError):
        raise Unacceptable from None
    pair = KeyPair.objects.select_related("user").filter(pk=claimed).first()
    if pair is None:
        raise Unacceptable
    return pair


def algorithm_of(pem: str) -> str:
    """What the private half signs with. Raises ValueError for a key that does not serve."""
    try:
        key = load_pem_public_key(pem.encode())
    except UnsupportedAlgorithm:
        raise ValueError from None
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP384R1):
        return "ES384"
    if isinstance(key, RSAPublicKey) and key.key_size >= 2048:
        return "RS384"
    raise ValueError
