"""JSON, read strictly: what could be understood in two ways or not be stored is refused, not repaired."""

import json
import math
from collections.abc import Iterator
from typing import Any, NoReturn

from django.conf import settings

MAX_DIGITS = 18  # of a whole number: what every database and most other languages can hold exactly


class Unreadable(Exception):
    """What is wrong, as the end of a sentence about what was read; it repeats nothing of that."""


def loads(raw: bytes) -> Any:
    """Raises `Unreadable`."""
    try:
        value = json.loads(
            raw.decode(),
            object_pairs_hook=_object,
            parse_constant=_no_constant,
            parse_float=_float,
            parse_int=_int,
        )
    except UnicodeDecodeError:
        raise Unreadable("is not encoded in UTF-8.") from None
    except RecursionError:
        raise _too_deep() from None
    except json.JSONDecodeError as error:
        raise Unreadable(f"is not valid JSON at line {error.lineno}, column {error.colno}.") from None
    for text in _texts(value):
        _storable(text)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise Unreadable("names a key twice in one object.")
    return values


def _no_constant(name: str) -> NoReturn:
    raise Unreadable(f"holds {name}, which is not JSON.")


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise Unreadable("holds a number that is too large.")
    return number


def _int(text: str) -> int:
    if len(text.lstrip("-")) > MAX_DIGITS:
        raise Unreadable("holds a number that is too large.")
    return int(text)


def _texts(value: Any) -> Iterator[str]:
    """Every key and text, without recursion. Raises `Unreadable` for what is nested too deep."""
    pending = [(value, 0)]
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


def _too_deep() -> Unreadable:
    return Unreadable(f"is nested deeper than {settings.MAX_DEPTH} levels.")


def _storable(text: str) -> None:
    if "\0" in text:
        raise Unreadable("holds the character U+0000, which cannot be stored.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Unreadable("holds half of a surrogate pair, which is no character.") from None
