import json
from collections.abc import Iterator
from pathlib import Path
from textwrap import fill
from typing import Any

from django.core.management.base import CommandError, CommandParser

from connectors import registry
from connectors.base import Connector, declared
from connectors.fields import Field
from connectors.schema import DIALECT, Schema, field_schema, section_schema
from destinations.management import pages
from destinations.management.tables import room, table
from tenants.management.polite import PoliteCommand

TITLES = ("TYPE", "LABEL", "FAMILY", "DRIVER")


class Command(PoliteCommand):
    help = "List the types a destination can have, or tell what one of them needs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("type", nargs="?", help="A type, such as webhook: its fields, and what its check does.")
        parser.add_argument(
            "--json", action="store_true", help="One JSON object for each type; with TYPE, its JSON Schema (2020-12)."
        )

        parser.add_argument("--docs", type=Path, metavar="FOLDER", help="Write a page for each type, as in docs/types.")

    def handle(self, *, type: str | None, json: bool, docs: Path | None, **_: Any) -> None:
        if docs is not None:
            pages.write(docs)
            return
        width = room(self.stdout)
        if type is None:
            lines = _every_as_json() if json else table(TITLES, [_row(each) for each in registry.every()], width)
        else:
            connector = _connector(type)
            lines = iter([_schema(connector)]) if json else _told(connector, width or 100)
        for line in lines:
            self.stdout.write(line)


def _connector(type_: str) -> Connector:
    try:
        return registry.get(type_)
    except registry.UnknownType:
        known = ", ".join(registry.names())
        raise CommandError(f"There is no type “{type_}”. Known types: {known}.", returncode=2) from None


def _row(connector: Connector) -> list[str]:
    driver = "installed" if connector.available else f"missing: pip install 'landfall[{connector.extra}]'"
    return [connector.type, connector.label, connector.family, driver]


def _every_as_json() -> Iterator[str]:
    for connector in registry.every():
        names = ("type", "label", "family", "available")
        yield json.dumps({name: getattr(connector, name) for name in names}, ensure_ascii=False)


def _schema(connector: Connector) -> str:
    sections = {"config": section_schema(connector.config), "credentials": section_schema(connector.credentials)}
    schema: Schema = {
        "$schema": DIALECT,
        "title": connector.label,
        "description": connector.__doc__ or "",
        "type": "object",
        "properties": {"type": {"const": connector.type}, **sections},
        "required": ["type", *(name for name, section in sections.items() if "required" in section)],
    }
    return json.dumps(schema, indent=2, ensure_ascii=False)


def _told(connector: Connector, width: int) -> Iterator[str]:
    yield f"{connector.label} ({connector.type}): {connector.__doc__}"
    section = ""
    for here, name, field in declared(connector):
        if here != section:
            section = here
            yield f"\n{section}"
        yield f"  {name}  [{', '.join(_marks(field))}]"
        yield fill(str(field.help_text or field.label), width, initial_indent=" " * 6, subsequent_indent=" " * 6)
    yield f"\nA check goes through the steps: {', '.join(connector.steps)}."
    yield fill(connector.effect, width)


def _marks(field: Field) -> Iterator[str]:
    schema = field_schema(field)
    kind = schema["type"] if isinstance(schema["type"], str) else " or ".join(schema["type"])
    yield " or ".join(schema["enum"]) if "enum" in schema else kind
    if "writeOnly" in schema:
        yield "secret"
    yield "required" if field.required else f"default {schema['default']}" if schema.get("default") else "optional"
