"""JSON bodies, read strictly: what could be understood in two ways or not be stored is refused, not repaired."""

import json
import math
from collections.abc import Iterator
from typing import Any, NoReturn

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser

# What a body may say to be written in: no others are UTF-8.
ENCODINGS = frozenset({"", "utf-8", "utf8", "us-ascii", "ascii"})
MAX_DIGITS = 18  # of a whole number: what every database and most other languages can hold exactly


class TooLarge(APIException):
    status_code = 413
    default_detail = "The body is too large."


class JsonParser(BaseParser):
    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return loads(stream.read())


class MergePatchParser(JsonParser):
    media_type = "application/merge-patch+json"


def refuse_unreadable(request: HttpRequest) -> None:
    """Judge a body by what is said of it, before anything reads it. Raises SuspiciousOperation, `TooLarge` and
    UnsupportedMediaType."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit()):
        raise SuspiciousOperation
    if len(length) > MAX_DIGITS or int(length) > settings.MAX_BODY:
        raise TooLarge(f"The body may have at most {settings.MAX_BODY} bytes.")
    if not int(length):
        return
    if request.headers.get("Content-Encoding", "").strip().lower() not in ("", "identity"):
        raise UnsupportedMediaType("", "The body must not be compressed.")
    if (request.content_params or {}).get("charset", "").strip().lower() not in ENCODINGS:
        raise UnsupportedMediaType("", "The body must be in UTF-8, and its Content-Type must say nothing else.")


def loads(raw: bytes) -> Any:
    """Raises ParseError, which never repeats what was sent."""
    try:
        body = json.loads(
            raw.decode(),
            object_pairs_hook=_object,
            parse_constant=_no_constant,
            parse_float=_float,
            parse_int=_int,
        )
    except UnicodeDecodeError:
        raise ParseError("The body is not encoded in UTF-8.") from None
    except RecursionError:
        raise _too_deep() from None
    except json.JSONDecodeError as error:
        raise ParseError(f"The body is not valid JSON at line {error.lineno}, column {error.colno}.") from None
    for text in _texts(body):
        _storable(text)
    return body


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ParseError("The body names a key twice in one object.")
    return values


def _no_constant(name: str) -> NoReturn:
    raise ParseError(f"{name} is not JSON.")


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ParseError("The body holds a number that is too large.")
    return number


def _int(text: str) -> int:
    if len(text.lstrip("-")) > MAX_DIGITS:
        raise ParseError("The body holds a number that is too large.")
    return int(text)


def _texts(body: Any) -> Iterator[str]:
    """Every key and text of a body, without recursion. Raises ParseError for one nested too deep."""
    pending = [(body, 0)]
    while pending:
        value, depth = pending.pop()
        if depth > settings.MAX_DEPTH:
            raise _too_deep()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from value
            pending += [(inner, depth + 1) for inner in value.values()]
        elif isinstance(value, list):
            pending += [(inner, depth + 1) for inner in value]


def _too_deep() -> ParseError:
    return ParseError(f"The body is nested deeper than {settings.MAX_DEPTH} levels.")


def _storable(text: str) -> None:
    if "\0" in text:
        raise ParseError("The body holds the character U+0000, which cannot be stored.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ParseError("The body holds half of a surrogate pair, which is no character.") from None
