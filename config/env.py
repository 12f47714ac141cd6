"""The environment, read once and strictly: a value that cannot be understood stops the start."""

import ipaddress
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from environ import Env

PREFIX = "LANDFALL_"
TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})

T = TypeVar("T")

_declared: set[str] = set()


def declared() -> frozenset[str]:
    """Full names of every variable that has been asked for, set or not."""
    return frozenset(_declared)


def text(name: str, default: str = "") -> str:
    """An empty variable counts as unset, as it does in compose files and unit files."""
    return _raw(name) or default


def choice(name: str, options: tuple[str, ...], default: str) -> str:
    value = text(name, default).lower()
    if value not in options:
        raise _refusal(name, "one of " + ", ".join(options))
    return value


def flag(name: str, default: bool) -> bool:
    value = text(name, str(default)).lower()
    if value not in TRUE | FALSE:
        raise _refusal(name, "on or off")
    return value in TRUE


def number(name: str, default: int, minimum: int = 0, maximum: int | None = None) -> int:
    wanted = f"a whole number of at least {minimum}" + (f" and at most {maximum}" if maximum else "")
    value = _parsed(name, text(name, str(default)), int, wanted)
    if value < minimum or (maximum is not None and value > maximum):
        raise _refusal(name, wanted)
    return value


def items(name: str, default: str = "") -> list[str]:
    """A comma-separated list; blanks around and empty items are dropped."""
    return _split(text(name, default))


def networks(name: str, fallback: Path | None = None) -> list[str]:
    """CIDR networks such as 10.0.0.0/8; a bare address is a network of one.

    Here an empty variable is a statement, "none", and keeps `fallback` from being read.
    """
    value = _raw(name)
    if fallback is not None and PREFIX + name not in os.environ and fallback.exists():
        value = _content(fallback, f"The file {fallback}")
    wanted = "networks such as 10.0.0.0/8, separated by commas"
    return _parsed(name, value, lambda value: [str(ipaddress.ip_network(one)) for one in _split(value)], wanted)


def addresses(name: str) -> list[str]:
    wanted = "IP addresses, separated by commas"
    return _parsed(name, _raw(name), lambda value: [str(ipaddress.ip_address(one)) for one in _split(value)], wanted)


def ports(name: str, default: str) -> list[int]:
    """Here, too, an empty variable says "none"."""
    given = _raw(name)
    value = given if PREFIX + name in os.environ else default
    wanted = "port numbers from 1 to 65535, separated by commas"
    found = _parsed(name, value, lambda value: [int(one) for one in _split(value)], wanted)
    if not all(1 <= port <= 65535 for port in found):
        raise _refusal(name, wanted)
    return found


def url(name: str) -> str:
    """The base URL of a service; empty when unset."""
    wanted = "a URL such as https://s3.example.com, without user, query and fragment"
    value = text(name)
    parts = _parsed(name, value, urlsplit, wanted)
    plain = (
        parts.scheme in ("http", "https") and parts.hostname and not ("@" in parts.netloc or {"?", "#"} & set(value))
    )
    if value and not plain:
        raise _refusal(name, wanted)
    return value


def database(name: str) -> dict[str, Any] | None:
    """A database URL (or a file that holds one) as Django's dictionary; None when unset."""
    url = secret(name)
    if not url:
        return None
    wanted = "a URL such as postgresql://user:password@host/name or sqlite:////path/to/file"
    if not url.startswith(("postgresql://", "postgres://", "sqlite:///")):
        raise _refusal(name, wanted)
    try:
        parsed = dict(Env.db_url_config(url))
    except ValueError:
        # The cause may quote the password.
        raise _refusal(name, wanted) from None
    if not parsed["NAME"]:
        raise _refusal(name, wanted)
    return parsed


def secret(name: str, fallback: Path | None = None) -> str:
    """NAME itself, else the content of the file that NAME_FILE names, else that of `fallback`, else ""."""
    value, path = _raw(name), _raw(f"{name}_FILE")
    if value and path:
        raise ImproperlyConfigured(f"Set either {PREFIX}{name} or {PREFIX}{name}_FILE, not both.")
    if value:
        return value
    if path:
        return _content(Path(path), f"The file that {PREFIX}{name}_FILE names")
    if fallback is not None and fallback.exists():
        return _content(fallback, f"The file {fallback}")
    return ""


def given(name: str) -> bool:
    """Whether a secret comes from the environment, itself or as the name of a file."""
    return bool(_raw(name) or _raw(f"{name}_FILE"))


def keys(name: str, fallback: Path) -> list[str]:
    """Fernet keys, separated by commas, blanks or lines; empty when there are none."""
    found = secret(name, fallback).replace(",", " ").split()
    try:
        for key in found:
            Fernet(key)
    except ValueError:
        where = "" if given(name) else f" (read from {fallback})"
        raise _refusal(name + where, "32 random bytes in URL-safe base64, several separated by commas") from None
    return found


def _content(path: Path, what: str) -> str:
    try:
        content = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{what} cannot be read ({type(error).__name__}).") from error
    if not content:
        raise ImproperlyConfigured(f"{what} is empty.")
    return content


def _split(value: str) -> list[str]:
    return [item.strip() for item in value.split(",") if item.strip()]


def _raw(name: str) -> str:
    _declared.add(PREFIX + name)
    return os.environ.get(PREFIX + name, "").strip()


def _parsed(name: str, value: str, parse: Callable[[str], T], wanted: str) -> T:
    try:
        return parse(value)
    except ValueError:
        raise _refusal(name, wanted) from None


def _refusal(name: str, wanted: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{PREFIX}{name} must be {wanted}.")
