"""What may stand nowhere once it was told."""

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.base import Connector

PIECE = 40  # characters


def pieces(connector: Connector, credentials: Mapping[str, Any]) -> set[str]:
    """Every secret, and the middle of those that are long: pages and JSON may write their ends otherwise."""
    return {piece for name in connector.secrets & set(credentials) for piece in _pieces(credentials[name])}


def _pieces(value: Any) -> Iterator[str]:
    for text in value.values() if isinstance(value, Mapping) else [value]:
        yield text
        if len(text) > 2 * PIECE:
            middle = len(text) // 2
            yield text[middle : middle + PIECE]


def assert_untold(connector: Connector, credentials: Mapping[str, Any], said: str) -> None:
    assert not [piece for piece in pieces(connector, credentials) if piece in said]
