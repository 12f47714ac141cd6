"""What is checked: a database, or the right to make databases, and how to get there."""

import secrets
from dataclasses import dataclass, field

from connectors.egress import Way
from connectors.probes import database

RIGHTS = "CREATE, DROP, INSERT"


@dataclass(frozen=True, slots=True)
class Place(database.Server):
    host: str
    port: int
    sslmode: str
    username: str
    password: str = field(repr=False)
    database: str = ""
    ca_certificate: str = ""
    via: Way | None = None


@dataclass(frozen=True, slots=True)
class Scratch:
    """The statements of one check: `remove` does nothing, but is allowed or not, while there is nothing to remove."""

    make: tuple[str, ...]
    remove: str

    @classmethod
    def of(cls, place: Place) -> "Scratch":
        name = f"landfall_check_{secrets.token_hex(8)}"
        if place.database:
            table = f"{quoted(place.database)}.{quoted(name)}"
            begin, remove = [], f"DROP TABLE IF EXISTS {table}"
        else:
            table = f"{quoted(name)}.{quoted('landfall_check')}"
            begin, remove = [f"CREATE DATABASE {quoted(name)}"], f"DROP DATABASE IF EXISTS {quoted(name)}"
        create = f"CREATE TABLE {table} (id integer PRIMARY KEY)"  # some servers refuse tables without such a key
        fill = f"INSERT INTO {table} VALUES (1)"  # noqa: S608  every name in it is quoted
        return cls((*begin, create, fill), remove)


def quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
