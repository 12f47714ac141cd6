"""What is checked: a schema of a database, and how to get there."""

from dataclasses import dataclass, field

from connectors.egress import Way
from connectors.probes import database


@dataclass(frozen=True, slots=True)
class Place(database.Server):
    host: str
    port: int
    database: str
    schema: str
    sslmode: str
    username: str
    password: str = field(repr=False)
    ca_certificate: str = ""
    via: Way | None = None
