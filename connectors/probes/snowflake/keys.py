"""Private keys, and the tokens that are signed with them."""

import base64
import hashlib
import time

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from rest_framework.exceptions import ValidationError

from connectors.fields import SecretField
from connectors.probes.snowflake.place import Place

LIFETIME = 120  # seconds; a check is over by then


class PrivateKeyField(SecretField):
    """An RSA key as PEM text."""

    multiline = True

    def check_text(self, text: str) -> None:
        super().check_text(text)
        if reason := _fault(text):
            raise ValidationError(reason, code="pattern")


def token(place: Place) -> str:
    """What proves for a short while that whoever sends it has the key."""
    key = _load(place.private_key)
    subject = f"{place.account.upper()}.{place.username.upper()}"
    now = int(time.time())
    claims = {"iss": f"{subject}.{fingerprint(key)}", "sub": subject, "iat": now, "exp": now + LIFETIME}
    return jwt.encode(claims, key, algorithm="RS256")


def fingerprint(key: RSAPrivateKey) -> str:
    """How DESCRIBE USER shows the public half."""
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return "SHA256:" + base64.b64encode(hashlib.sha256(public).digest()).decode()


def _load(pem: str) -> RSAPrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise UnsupportedAlgorithm("not RSA")
    return key


def _fault(pem: str) -> str:
    try:
        key = _load(pem)
    except TypeError:
        return "This key is protected by a passphrase. Give it without one; it is stored encrypted."
    except (ValueError, UnsupportedAlgorithm):
        return "This must be an RSA private key as PEM text."
    return "" if key.key_size >= 2048 else "This key is too short. Make one of 2048 bits or more."
