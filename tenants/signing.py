"""Keys that are made from the installation's own."""

import hashlib
import hmac

from django.conf import settings


def signing_key(purpose: bytes) -> bytes:
    """A key of the installation's own for one purpose, so that nothing made with it serves for two."""
    return hmac.digest(settings.SECRET_KEY.encode(), purpose, hashlib.sha256)
