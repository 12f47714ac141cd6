"""The destination types there are, in the order people read them."""

from collections.abc import Iterator

from connectors.base import Connector
from connectors.types import ALL

_BY_TYPE: dict[str, Connector] = {connector.type: connector() for connector in ALL}


class UnknownType(KeyError):
    """No destination type has this name."""


def get(type_: str) -> Connector:
    try:
        return _BY_TYPE[type_]
    except KeyError:
        raise UnknownType(type_) from None


def every() -> Iterator[Connector]:
    return iter(_BY_TYPE.values())


def names() -> tuple[str, ...]:
    return tuple(_BY_TYPE)
