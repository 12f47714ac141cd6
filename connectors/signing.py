"""Signatures of webhooks as the Standard Webhooks specification has them."""

import base64
import binascii
import hashlib
import hmac
import secrets

PREFIX = "whsec_"
HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


def generate_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def key(secret: str) -> bytes:
    """What `secret` signs with: the bytes after `whsec_`, or the text itself. Raises ValueError (not base64)."""
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        decoded = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        decoded = b""
    if not decoded:
        raise ValueError("What follows whsec_ is not base64.")  # without the cause, which could quote the secret
    return decoded


def sign(secret: str, identifier: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of a request; `timestamp` is in seconds since 1970."""
    signed = b".".join((identifier.encode(), str(timestamp).encode(), body))
    digest = hmac.digest(key(secret), signed, hashlib.sha256)
    return dict(zip(HEADERS, (identifier, str(timestamp), f"v1,{base64.b64encode(digest).decode()}"), strict=True))
