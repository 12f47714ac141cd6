"""Bodies of requests: which are read at all, and how."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser

from tenants import strict_json

# What a body may say to be written in: no others are UTF-8.
ENCODINGS = frozenset({"", "utf-8", "utf8", "us-ascii", "ascii"})
#: What a web server sets of a request whose body did not arrive in time, so that nobody looks at what there is of it.
LATE = "landfall.late"
MAX_DIGITS = 18  # of a length; more is no number of bytes


class TooLarge(APIException):
    status_code = 413
    default_detail = "The body is too large."


class TooSlow(APIException):
    status_code = 408
    default_detail = "The request did not arrive whole in time."


class JsonParser(BaseParser):
    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return loads(stream.read())


class MergePatchParser(JsonParser):
    media_type = "application/merge-patch+json"


def refuse_unreadable(request: HttpRequest) -> None:
    """Judge a body by what is said of it, before anything reads it. Raises SuspiciousOperation, `TooLarge`, `TooSlow`
    and UnsupportedMediaType."""
    if request.META.get(LATE):
        raise TooSlow
    if not length_of(request.META):
        return
    if request.headers.get("Content-Encoding", "").strip().lower() not in ("", "identity"):
        raise UnsupportedMediaType("", "The body must not be compressed.")
    if (request.content_params or {}).get("charset", "").strip().lower() not in ENCODINGS:
        raise UnsupportedMediaType("", "The body must be in UTF-8, and its Content-Type must say nothing else.")


def length_of(environ: Mapping[str, Any]) -> int:
    """The bytes of a body, as is said of it. Raises SuspiciousOperation and `TooLarge`."""
    length = environ.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit()):
        raise SuspiciousOperation
    if len(length) > MAX_DIGITS or int(length) > settings.MAX_BODY:
        raise TooLarge(f"The body may have at most {settings.MAX_BODY} bytes.")
    return int(length)


def loads(raw: bytes) -> Any:
    """Raises ParseError."""
    try:
        return strict_json.loads(raw)
    except strict_json.Unreadable as fault:
        raise ParseError(f"The body {fault}") from None
