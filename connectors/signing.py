"""Signatures of webhooks: as the Standard Webhooks specification has them, and as Hookdeck Outpost has."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

PREFIX = "whsec_"
HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
OUTPOST_HEADERS = ("x-outpost-event-id", "x-outpost-topic", "x-outpost-timestamp", "x-outpost-signature")


def generate_secret() -> str:
    """256 random bits in hexadecimal, which is base64 too: one form for both kinds of signature."""
    return PREFIX + secrets.token_hex(32)


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


def is_key(secret: str) -> bool:
    try:
        key(secret)
    except ValueError:
        return False
    return True


def standard(valid: Sequence[str], identifier: str, when: datetime, body: bytes) -> dict[str, str]:
    """The headers of a request signed with each of the valid secrets, which the newest begins."""
    timestamp = str(int(when.timestamp()))
    signed = b".".join((identifier.encode(), timestamp.encode(), body))
    digests = (hmac.digest(key(secret), signed, hashlib.sha256) for secret in valid)
    signatures = " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)
    return dict(zip(HEADERS, (identifier, timestamp, signatures), strict=True))


def outpost(valid: Sequence[str], identifier: str, when: datetime, body: bytes, topic: str) -> dict[str, str]:
    """The same in Outpost's default mode: the body alone is signed, and the whole text of a secret is the key."""
    digests = ",".join(hmac.new(secret.encode(), body, hashlib.sha256).hexdigest() for secret in valid)
    return dict(zip(OUTPOST_HEADERS, (identifier, topic, rfc3339(when), f"v0={digests}"), strict=True))


def rfc3339(when: datetime) -> str:
    """In UTC and milliseconds."""
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
