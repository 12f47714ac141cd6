"""What a type of Stitch's is, and the groups of properties that several have."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from connectors import registry
from destinations.dialects.stitch.codecs import Codec, Plain, Port, Ssh
from destinations.dialects.stitch.files import DELIMITER, Delimiter, FileFormat, KeyFormat
from destinations.dialects.stitch.properties import FLAG, HOST, PORT, Property, matching

FULLY_CONFIGURED = "fully_configured"


@dataclass(frozen=True, kw_only=True)
class Type:
    """`steps` are the properties that each step asks for. `old` are those of version 3, empty where it has no such
    type, and `codecs` cover those of both. A type without `native` cannot be here, one without `access` not be
    written."""

    key: str
    native: str
    steps: dict[str, tuple[Property, ...]]
    codecs: tuple[Codec, ...] = ()
    old: tuple[str, ...] = ()
    protocol: str = ""
    tier: str = "standard"
    state: str = "released"
    access: bool = True

    @cached_property
    def properties(self) -> dict[str, Property]:
        return {one.name: one for properties in self.steps.values() for one in properties}

    @cached_property
    def old_properties(self) -> dict[str, Property]:
        return {name: SSL if name == "ssl" else self.properties[name] for name in self.old}

    @cached_property
    def credentials(self) -> frozenset[str]:
        """The properties that report cards mark as such, some of which are no secrets natively."""
        return frozenset(name for name, one in self.properties.items() if one.credential)

    @cached_property
    def secrets(self) -> frozenset[str]:
        """The properties whose values are secrets natively."""
        hidden = {f"credentials.{name}" for name in registry.get(self.native).secrets}
        return frozenset(name for codec in self.codecs if hidden & {*codec.natives} for name in codec.names[:1])

    def of_native(self, path: str) -> str:
        """The property that a native path is about; empty if none is."""
        codec = next((one for one in self.codecs if one.names and path in one.natives), None)
        if codec is None:
            return ""
        # Both are in the same order, and a property that only says whether there are others comes before them.
        place = codec.natives.index(path) + max(0, len(codec.names) - len(codec.natives))
        return codec.names[min(place, len(codec.names) - 1)]


def secret(name: str, **rules: Any) -> Property:
    return Property(name=name, credential=True, **rules)


def option(name: str, **rules: Any) -> Property:
    return Property(name=name, required=False, **rules)


def form(*properties: Property) -> dict[str, tuple[Property, ...]]:
    """The usual steps; report cards list properties by name."""
    return {"form": tuple(sorted(properties, key=lambda one: one.name)), FULLY_CONFIGURED: ()}


def kept(*names: str) -> tuple[Plain, ...]:
    return tuple(Plain(name, f"extra.{name}") for name in names)


SERVER = (Property(name="host", schema=HOST), Property(name="port", schema=PORT))
SIGN_IN = (Property(name="username"), secret("password"))
DATABASE = Property(name="database")
TUNNEL = (
    Property(name="encryption_type", schema=matching("^(ssh|none)$"), made=True),
    option("encryption_host", schema=HOST),
    option("encryption_port", schema=PORT),
    option("encryption_username"),
)
SERVER_CODECS: tuple[Codec, ...] = (
    Plain("host"),
    Port("port"),
    Plain("username", "credentials.username"),
    Plain("password", "credentials.password"),
)
DATABASE_CODECS = (*SERVER_CODECS, Plain("database"))
OLD_DATABASE = ("host", "port", "username", "database", "password")
OLD_TUNNEL = Ssh.names
SSL = option("ssl", schema=FLAG)
CSV = (
    option("csv_delimiter", schema=matching(r"^(,|\||\t)$")),
    option("csv_force_quote", schema=FLAG),
)
FILES = (
    Property(name="s3_bucket"),
    Property(name="output_file_format", schema=matching("^(csv|jsonl)$"), synonyms={"json": "jsonl"}),
    Property(name="s3_key_format_string"),
    *CSV,
)
CHALLENGE = secret(
    "sentinel_key", schema=matching("^stitch-challenge-file-.*$"), kind="system_provided_by_default", made=True
)
FILES_CODECS: tuple[Codec, ...] = (
    Plain("s3_bucket", "config.bucket"),
    FileFormat("output_file_format", "extra.output_file_format"),
    KeyFormat("s3_key_format_string", "extra.s3_key_format_string"),
    Delimiter("csv_delimiter", DELIMITER),
    *kept("csv_force_quote"),
)
KEYS = (secret("access_key_id"), secret("secret_access_key"))
