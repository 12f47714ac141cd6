"""What places in databases have in common that are signed in to with a password, directly or through a tunnel."""

import ssl
from typing import Any, ClassVar, Self

from connectors import names, sslmode
from connectors.base import Values
from connectors.egress import Way
from connectors.probes import ssh


class Server:
    """A base of frozen data classes: the fields are theirs, named as in the configs and credentials they are of."""

    __slots__ = ()

    host: str
    port: int
    sslmode: str
    ca_certificate: str
    via: Way | None
    newest_tls: ClassVar[ssl.TLSVersion] = ssl.TLSVersion.MAXIMUM_SUPPORTED

    @classmethod
    def of(cls, config: Values, credentials: Values, via: Way | None = None) -> Self:
        signing_in = {name: credentials[name] for name in ("username", "password")}
        fields: dict[str, Any] = {**ssh.without(config), **signing_in, "via": via}
        return cls(**fields)

    @property
    def where(self) -> str:
        return names.place(self.host, self.port)

    @property
    def caller(self) -> str:
        """Whose address the server sees."""
        return ssh.caller(self.via)

    @property
    def tls(self) -> ssl.SSLContext | None:
        """How the server's certificate is verified; None when the connection is not encrypted at all."""
        return sslmode.context(self.sslmode, self.ca_certificate, self.newest_tls)
