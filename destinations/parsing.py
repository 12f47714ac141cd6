"""JSON bodies, read strictly: what could be understood in two ways or not be stored is refused, not repaired."""

import json
import math
from collections.abc import Iterator
from typing import Any, NoReturn

from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

MAX_BODY = 2**20  # bytes
MAX_DEPTH = 32
MAX_DIGITS = 18  # of a whole number: what every database and most other languages can hold exactly


class TooLarge(APIException):
    status_code = 413
    default_detail = "The body is too large."


class JsonParser(BaseParser):
    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return loads(read(stream))


class MergePatchParser(JsonParser):
    media_type = "application/merge-patch+json"


def read(stream: Any) -> bytes:
    raw: bytes = stream.read(MAX_BODY + 1)
    if len(raw) > MAX_BODY:
        raise TooLarge(f"The body may have at most {MAX_BODY} bytes.")
    return raw


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
        raise ParseError(f"The body is nested deeper than {MAX_DEPTH} levels.") from None
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
        if depth > MAX_DEPTH:
            raise ParseError(f"The body is nested deeper than {MAX_DEPTH} levels.")
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from value
            pending += [(inner, depth + 1) for inner in value.values()]
        elif isinstance(value, list):
            pending += [(inner, depth + 1) for inner in value]


def _storable(text: str) -> None:
    if "\0" in text:
        raise ParseError("The body holds the character U+0000, which cannot be stored.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ParseError("The body holds half of a surrogate pair, which is no character.") from None
