"""Where a queue or topic is, and the tokens that a shared access key makes for it."""

import base64
import hmac
import re
import ssl
import time
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from rest_framework.exceptions import ValidationError

from connectors.fields import SecretField
from connectors.names import place

PORTS = {True: 5671, False: 5672}  # by whether TLS is spoken
LIFE = 3600  # seconds that a token lasts: long enough for clocks that differ


@dataclass(frozen=True, slots=True)
class ConnectionString:
    host: str
    port: int | None
    key_name: str
    key: str = field(repr=False)
    #: The one queue or topic that the key is for; empty when it is for the whole namespace.
    entity: str = ""
    #: Whether it is that of Microsoft's emulator, which speaks no TLS.
    emulator: bool = False

    @classmethod
    def of(cls, text: str) -> "ConnectionString":
        """Raises `ValueError` with a sentence that repeats nothing of the text."""
        parts: dict[str, str] = {}
        for part in filter(None, text.split(";")):
            name, equals, value = part.partition("=")
            if not equals or name.lower() in parts:
                raise ValueError("This is not a connection string: it consists of name=value pairs with ; between.")
            parts[name.lower()] = value
        host, port = _host(parts.get("endpoint", ""))
        if "sharedaccesssignature" in parts:
            raise ValueError("This connection string holds a ready-made signature; use one with a shared access key.")
        for name in ("SharedAccessKeyName", "SharedAccessKey"):
            if not parts.get(name.lower()):
                raise ValueError(f"This connection string lacks {name}.")
        emulator = parts.get("usedevelopmentemulator", "").lower() == "true"
        key_name, key, entity = parts["sharedaccesskeyname"], parts["sharedaccesskey"], parts.get("entitypath", "")
        return cls(host, port, key_name, key, entity, emulator)

    @property
    def namespace(self) -> str:
        return self.host.split(".", maxsplit=1)[0]


class ConnectionStringField(SecretField):
    def check_text(self, text: str) -> None:
        super().check_text(text)
        if not text.isprintable() or not text.isascii():
            raise ValidationError("This may hold printable ASCII characters only.", code="pattern")
        try:
            ConnectionString.of(text)
        except ValueError as error:
            raise ValidationError(str(error), code="pattern") from None


@dataclass(frozen=True, slots=True)
class Entity:
    """A queue or topic. `host` and `port` are where to connect, the rest of an address is its own `namespace`."""

    name: str
    namespace: str
    host: str
    port: int
    key_name: str
    key: str = field(repr=False)
    #: None to speak without TLS.
    tls: ssl.SSLContext | None = field(repr=False)

    @property
    def where(self) -> str:
        return place(self.host, self.port)

    @property
    def address(self) -> str:
        return f"sb://{self.namespace}/{self.name}"

    @property
    def words(self) -> dict[str, str]:
        return {"where": self.where, "entity": self.name, "key": self.key_name}

    def token(self) -> str:
        """A signature that lets its bearer use this entity, and no other, for `LIFE` seconds."""
        resource, expires = quote(self.address, safe=""), int(time.time()) + LIFE
        digest = hmac.digest(self.key.encode(), f"{resource}\n{expires}".encode(), "sha256")
        signature = quote(base64.b64encode(digest).decode(), safe="")
        name = quote(self.key_name, safe="")
        return f"SharedAccessSignature sr={resource}&sig={signature}&se={expires}&skn={name}"


def endpoint(url: str) -> tuple[str, int, bool]:
    """The host and port of an amqps:// or amqp:// URL, and whether it is to speak TLS."""
    parts = urlsplit(url)
    secure = parts.scheme == "amqps"
    return parts.hostname or "", parts.port or PORTS[secure], secure


def _host(url: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    alone = url.lower().removeprefix("sb://").removesuffix("/").partition(":")[0] == host
    if not url.lower().startswith("sb://") or not alone or not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", host):
        raise ValueError("This connection string lacks an Endpoint such as sb://NAMESPACE.servicebus.windows.net/.")
    return host, port
