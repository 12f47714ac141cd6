"""What is checked: a schema and a warehouse of a Snowflake account, and how they are written in SQL."""

import re
from dataclasses import dataclass, field

from connectors import names
from connectors.base import Values

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_BARE = re.compile(r"[A-Z_][A-Z0-9_$]*")


@dataclass(frozen=True, slots=True)
class Place:
    host: str
    port: int
    database: str
    schema: str
    warehouse: str
    username: str
    role: str = ""
    account: str = ""
    password: str = field(repr=False, default="")
    private_key: str = field(repr=False, default="")

    @classmethod
    def of(cls, config: Values, credentials: Values) -> "Place":
        given = {"account": str(config["host"]).split(".", 1)[0], **config, **credentials}
        return cls(**given)

    @property
    def where(self) -> str:
        return names.place(self.host, self.port)

    @property
    def full_schema(self) -> str:
        return f"{quoted(self.database)}.{quoted(self.schema)}"

    @property
    def words(self) -> dict[str, str]:
        """None of them is secret."""
        plain = ("where", "account", "username", "database", "schema", "warehouse")
        role = f"The role “{self.role}”" if self.role else "The default role of the user"
        return {name: getattr(self, name) for name in plain} | {"role": role}

    def url(self, path: str) -> str:
        return f"https://{self.where}{path}"


def exact(name: str) -> str:
    """The name as Snowflake stores it: in capital letters, if it does not stand in quotes and needs none."""
    if len(name) > 2 and name.startswith('"') and name.endswith('"'):
        return name[1:-1].replace('""', '"')
    return name.upper() if _PLAIN.fullmatch(name) else name


def quoted(name: str) -> str:
    return '"' + exact(name).replace('"', '""') + '"'


def identifier(name: str) -> str:
    """As `quoted`, but bare where quotes are not needed, for those who may not read them."""
    return exact(name) if _BARE.fullmatch(exact(name)) else quoted(name)


def literal(name: str) -> str:
    """The stored name as a string in SQL."""
    return "'" + exact(name).replace("\\", "\\\\").replace("'", "''") + "'"
