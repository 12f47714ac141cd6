"""What is checked: a schema of a database, and how to get there."""

import ssl
from dataclasses import dataclass, field

from connectors import sslmode
from connectors.base import Values
from connectors.egress import Way
from connectors.names import place
from connectors.probes import ssh


@dataclass(frozen=True, slots=True)
class Place:
    host: str
    port: int
    database: str
    schema: str
    sslmode: str
    username: str
    password: str = field(repr=False)
    ca_certificate: str = ""
    via: Way | None = None

    @classmethod
    def of(cls, config: Values, credentials: Values, via: Way | None = None) -> "Place":
        return cls(**ssh.without(config), **credentials, via=via)

    @property
    def where(self) -> str:
        return place(self.host, self.port)

    @property
    def caller(self) -> str:
        """Whose address the server sees."""
        return "the SSH server" if self.via else "Landfall"

    @property
    def tls(self) -> ssl.SSLContext | None:
        """How the server's certificate is verified; None when the connection is not encrypted at all."""
        return sslmode.context(self.sslmode, self.ca_certificate)
