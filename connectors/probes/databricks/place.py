"""What is checked: a schema in a Databricks workspace, and the compute that loads it."""

import re
from dataclasses import dataclass
from typing import Any

from connectors import names
from connectors.base import Values
from connectors.egress import Way
from connectors.fields import PatternField
from connectors.probes import ssh

_WAREHOUSE = r"/?sql/1\.0/(?:warehouses|endpoints)/([0-9A-Za-z]{1,64})"
_CLUSTER = r"/?sql/protocolv1/o/[0-9]{1,32}/([0-9A-Za-z-]{1,64})"


class HttpPathField(PatternField):
    """As the workspace shows it under the connection details of a SQL warehouse or a cluster."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            f"{_WAREHOUSE}|{_CLUSTER}",
            "This must be the HTTP path of a SQL warehouse, such as /sql/1.0/warehouses/123456789abc, or of a cluster.",
            label="HTTP path",
            help_text="From the connection details of the SQL warehouse or cluster that carries out the loading.",
            **kwargs,
        )


@dataclass(frozen=True, slots=True)
class Place:
    host: str
    port: int
    http_path: str
    catalog: str
    schema: str
    via: Way | None = None

    @classmethod
    def of(cls, config: Values, via: Way | None = None) -> "Place":
        return cls(**{name: config[name] for name in ("host", "port", "http_path", "catalog", "schema")}, via=via)

    @property
    def where(self) -> str:
        return names.place(self.host, self.port)

    @property
    def warehouse(self) -> str:
        """The ID of the SQL warehouse; empty for a cluster."""
        found = re.fullmatch(_WAREHOUSE, self.http_path)
        return found[1] if found else ""

    @property
    def cluster(self) -> str:
        found = re.fullmatch(_CLUSTER, self.http_path)
        return found[1] if found else ""

    @property
    def full_schema(self) -> str:
        return f"{quoted(self.catalog)}.{quoted(self.schema)}"

    @property
    def words(self) -> dict[str, str]:
        there = {"where": self.where, "http_path": self.http_path, "catalog": self.catalog, "schema": self.schema}
        return there | {"caller": ssh.caller(self.via)}

    def url(self, path: str) -> str:
        return f"https://{self.where}{path}"


def quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
