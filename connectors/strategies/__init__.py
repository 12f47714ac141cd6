"""Ways to sign in that several destinations can share."""

from connectors.strategies.base import Attached, Strategy
from connectors.strategies.headers import Basic, Bearer, Headers
from connectors.strategies.keys import AwsSigv4, GoogleServiceAccount, GoogleWif, KeyPair
from connectors.strategies.oauth import OAuth2
from connectors.strategies.smart import SmartBackend

__all__ = ["Attached", "Strategy", "every", "get", "names"]

ALL: tuple[type[Strategy], ...] = (
    Basic,
    Bearer,
    Headers,
    OAuth2,
    SmartBackend,
    AwsSigv4,
    KeyPair,
    GoogleServiceAccount,
    GoogleWif,
)
_BY_NAME = {strategy.name: strategy() for strategy in ALL}


def get(name: str) -> Strategy:
    """Raises KeyError."""
    return _BY_NAME[name]


def every() -> tuple[Strategy, ...]:
    return tuple(_BY_NAME.values())


def names() -> tuple[str, ...]:
    return tuple(_BY_NAME)
