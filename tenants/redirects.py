"""Where a browser may be sent back to."""

from typing import Any
from urllib.parse import urlencode, urlsplit

from django.core.exceptions import ValidationError

LONGEST = 2000
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def judge_redirect_uris(uris: Any) -> None:
    """Raises django's ValidationError."""
    if not isinstance(uris, list) or not uris:
        raise ValidationError("Give at least one.", code="required")
    if wrong := [f"{uri}: {fault}" for uri in uris if (fault := _fault(uri))]:
        raise ValidationError([ValidationError(text, code="invalid") for text in wrong])


def answered(uri: str, **told: str) -> str:
    """The URI with what is told in its query, after what it has there already; what is empty is left out."""
    parts = urlsplit(uri)
    query = urlencode({name: value for name, value in told.items() if value})
    return parts._replace(query="&".join(filter(None, (parts.query, query)))).geturl()


def origin(uri: str) -> str:
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}"


def _fault(uri: Any) -> str:
    if not isinstance(uri, str) or len(uri) > LONGEST or not uri.isascii() or not uri.isprintable() or " " in uri:
        return f"This must be a URI of at most {LONGEST} characters of ASCII, without blanks."
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("https", "http"):
        return "This must be absolute, like https://partner.example.com/callback."
    if parts.scheme == "http" and host not in LOOPBACK:
        return "This must begin with https://, since a code is sent there."
    if "@" in parts.netloc or "#" in uri or "\\" in uri:
        return "This must hold no user, no fragment and no backslash."
    return ""
