"""One field of a type as Outpost has it: text on the wire, typed values natively."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Values = Mapping[str, Any]
Kind = Literal["text", "checkbox", "select", "key_value_map"]

URL = r"^https?:\/\/[^\s]+$"
TRUE, FALSE = ("on", "true"), ("false",)


class Fault(Exception):
    """A text breaks a rule of its field; `tags` are by the part of it at fault, "" for the whole."""

    def __init__(self, *tags: tuple[str, str]) -> None:
        self.tags = tags
        super().__init__(", ".join(f"{part} {tag}" for part, tag in tags))


@dataclass(frozen=True, slots=True)
class Codec:
    """`read` gives every one of `natives` a value, or raises `Fault`; `show` is its inverse and None for what is not
    there. A text that is not sent, or empty and not `blank`, is `absent`: None for each unless that says otherwise."""

    natives: tuple[str, ...]
    read: Callable[[str], dict[str, Any]]
    show: Callable[[Values], str | None]
    blank: bool = False
    absent: tuple[Any, ...] = ()

    def native(self, text: str | None) -> dict[str, Any]:
        if text or (text is not None and self.blank):
            return self.read(text)
        return dict(zip(self.natives, self.absent or (None,) * len(self.natives), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """`listed` fields are in the schema of the type; `echo` ones come back in the very spelling they were sent in,
    though natively it is another; `own` ones are Landfall's to set. `cleared` is what a change that takes a required
    value away is refused with."""

    key: str
    codec: Codec
    label: str = ""
    kind: Kind = "text"
    required: bool = False
    sensitive: bool = False
    default: str | None = None
    pattern: str | None = None
    options: tuple[tuple[str, str], ...] = ()
    listed: bool = True
    echo: bool = False
    own: bool = False
    cleared: str = "required"

    def fault(self, text: str | None, *, creating: bool) -> str:
        """What the rules that every type has in common find: a tag, or nothing."""
        if not text:
            return "" if not self.required else "required" if creating else self.cleared
        return "pattern" if self.pattern and not re.search(self.pattern, text) else ""


def plain(name: str, *, blank: bool = False) -> Codec:
    return Codec((name,), lambda text: {name: text}, lambda values: values.get(name), blank)


def flag(name: str, *, blank: bool = False) -> Codec:
    """Left out it is off, whatever the schema says of a default: the original has it so."""

    def read(text: str) -> dict[str, Any]:
        if text not in (*TRUE, *FALSE):
            raise Fault(("", "invalid"))
        return {name: text in TRUE}

    return Codec((name,), read, lambda values: "true" if values.get(name) else "false", blank, absent=(False,))


def choice(name: str, options: tuple[str, ...], tag: str, *, upper: bool = False) -> Codec:
    def read(text: str) -> dict[str, Any]:
        value = text.upper() if upper else text
        if value not in options:
            raise Fault(("", tag))
        return {name: value}

    return Codec((name,), read, lambda values: values.get(name))


def checked(name: str, good: Callable[[str], Any], tag: str) -> Codec:
    """Text that `good` raises ValueError for if it is not."""

    def read(text: str) -> dict[str, Any]:
        try:
            good(text)
        except ValueError:
            raise Fault(("", tag)) from None
        return {name: text}

    return Codec((name,), read, lambda values: values.get(name))


def _read_server(text: str) -> dict[str, Any]:
    """`host`, `host:port` or `host:port/virtual host`, without a scheme."""
    address, slash, virtual_host = text.partition("/")
    host, colon, port = address.rpartition(":")
    if not colon or address.endswith("]"):
        host, port = address, ""
    if not host or (host != address and not re.fullmatch("[0-9]{1,5}", port)):
        raise Fault(("", "pattern"))
    found = {"host": host.strip("[]"), "port": int(port) if port else None}
    return {**found, "virtual_host": virtual_host if slash and virtual_host else None}


def _show_server(values: Values) -> str | None:
    host = str(values.get("host", ""))
    bracketed = f"[{host}]" if ":" in host else host
    port = f":{values['port']}" if values.get("port") else ""
    other = values.get("virtual_host", "/")
    return f"{bracketed}{port}" + ("" if other in ("/", None) else f"/{other}")


SERVER = Codec(("host", "port", "virtual_host"), _read_server, _show_server)


def _read_brokers(text: str) -> dict[str, Any]:
    return {"bootstrap_servers": ",".join(part.strip() for part in text.split(","))}


BROKERS = Codec(("bootstrap_servers",), _read_brokers, lambda values: values.get("bootstrap_servers"))

# An emulator's address may come without a scheme.
EMULATOR = Codec(
    ("endpoint",),
    lambda text: {"endpoint": text if "://" in text else f"http://{text}"},
    lambda values: values.get("endpoint"),
)

_HEADER_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]*")
_FORBIDDEN_HEADERS = frozenset({"content-type", "content-length", "host", "connection", "user-agent"})


def _read_headers(text: str) -> dict[str, Any]:
    try:
        headers = json.loads(text)
    except (ValueError, RecursionError):
        headers = None
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise Fault(("", "invalid"))
    faults = [(f".{name.lower()}", tag) for name in sorted(headers) if (tag := _header_fault(name, headers[name]))]
    if faults:
        raise Fault(*faults)
    return {"headers": headers or None}


def _header_fault(name: str, value: str) -> str:
    if not _HEADER_NAME.fullmatch(name):
        return "pattern"
    if name.lower() in _FORBIDDEN_HEADERS:
        return "forbidden"
    return "" if value else "required"


def _show_headers(values: Values) -> str | None:
    headers = values.get("headers")
    return json.dumps(headers, separators=(",", ":"), ensure_ascii=False) if headers else None


HEADERS = Codec(("headers",), _read_headers, _show_headers)
