"""What of a config decides who is sent a destination's secrets: where it is, and who is believed to be there."""

from typing import Any
from urllib.parse import urlsplit


class Place:
    """A field of that part. A config field that is none has no say in where secrets go."""

    #: Whether it only tells whom to believe.
    proof = False

    def moves(self, before: Any, after: Any) -> bool:
        """Whether somebody else is sent what was entered for `before`. None is a value that is left out."""
        return bool(before != after)

    def believes_all(self, value: Any) -> bool:
        """Whether whoever answers is believed, so that no change of `proof` could make it worse."""
        return False


def folded(host: Any) -> Any:
    """Equal for spellings of a host that are surely the same."""
    return host.lower() if isinstance(host, str) and host.isascii() else host


def origin(url: str | None) -> tuple[Any, ...]:
    """Scheme, host and port, whatever the path. `url` is a valid one."""
    parts = urlsplit(url or "")
    return parts.scheme, folded(parts.hostname), parts.port or _PORTS.get(parts.scheme)


_PORTS = {"http": 80, "https": 443, "amqp": 5672, "amqps": 5671}
