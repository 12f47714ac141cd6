"""What is checked: a schema of a database, or the right to make schemas, and how to get there."""

import secrets
import ssl
from dataclasses import dataclass, field
from typing import ClassVar

from connectors.egress import Way
from connectors.probes import database


@dataclass(frozen=True, slots=True)
class Place(database.Server):
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
    #: Later versions go on with the handshake after its end, when TDS 7 no longer wraps it.
    newest_tls: ClassVar = ssl.TLSVersion.TLSv1_2


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
