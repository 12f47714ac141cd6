"""What is checked: a schema of a database, or the right to make schemas, and how to get there."""

import secrets
import ssl
from dataclasses import dataclass, field

from connectors import sslmode
from connectors.base import Values
from connectors.egress import Way
from connectors.names import place
from connectors.probes import ssh

#: Later versions go on with the handshake after its end, when TDS 7 no longer wraps it.
NEWEST_TLS = ssl.TLSVersion.TLSv1_2


@dataclass(frozen=True, slots=True)
class Place:
    host: str
    port: int
    database: str
    sslmode: str
    username: str
    password: str = field(repr=False)
    schema: str = ""
    ca_certificate: str = ""
    via: Way | None = None
    #: What the server calls itself, when it is not just the host.
    server: str = ""

    @classmethod
    def of(cls, config: Values, credentials: Values, via: Way | None = None) -> "Place":
        signing_in = {name: credentials[name] for name in ("username", "password")}
        return cls(**ssh.without(config), **signing_in, via=via)

    @property
    def where(self) -> str:
        return place(self.host, self.port)

    @property
    def tls(self) -> ssl.SSLContext | None:
        """How the server's certificate is verified; None when the connection is not encrypted at all."""
        return sslmode.context(self.sslmode, self.ca_certificate, NEWEST_TLS)


@dataclass(frozen=True, slots=True)
class Scratch:
    """The statements of one check: `remove` takes away what of it is there, and does not mind when nothing is."""

    table: str
    make: tuple[str, ...]
    remove: str

    @classmethod
    def of(cls, place: Place) -> "Scratch":
        name = f"landfall_check_{secrets.token_hex(8)}"
        schema = place.schema or name
        table = f"{quoted(schema)}.{quoted(name)}"
        # Neither SQL Server before 2016 nor Synapse knows DROP ... IF EXISTS.
        remove = f"IF OBJECT_ID({literal(table)}) IS NOT NULL DROP TABLE {table};"
        make = [f"CREATE TABLE {table} (id integer)", f"INSERT INTO {table} VALUES (1)"]  # noqa: S608  names are quoted
        if not place.schema:
            make.insert(0, f"CREATE SCHEMA {quoted(schema)}")
            remove += f" IF SCHEMA_ID({literal(schema)}) IS NOT NULL DROP SCHEMA {quoted(schema)};"
        return cls(table, tuple(make), remove)


def quoted(name: str) -> str:
    return "[" + name.replace("]", "]]") + "]"


def literal(text: str) -> str:
    return "N'" + text.replace("'", "''") + "'"
