"""What is checked: a schema of a database, and how to get there."""

import ssl
from dataclasses import dataclass, field

from connectors import sslmode
from connectors.base import Values
from connectors.names import place


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

    @classmethod
    def of(cls, config: Values, credentials: Values) -> "Place":
        return cls(**config, **credentials)

    @property
    def where(self) -> str:
        return place(self.host, self.port)

    @property
    def tls(self) -> ssl.SSLContext | None:
        """How the server's certificate is verified; None when the connection is not encrypted at all."""
        return sslmode.context(self.sslmode, self.ca_certificate)
