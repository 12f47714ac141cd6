"""The page of a destination type in the docs, made of its declaration and nothing else."""

from collections.abc import Iterator
from pathlib import Path

from rest_framework.fields import empty

from connectors import registry
from connectors.base import Connector
from connectors.fields import ChoiceField, Field, is_secret

INDEX = "# Destination types\n\nMade by `manage.py destination_types --docs`; do not edit.\n\n"


def write(folder: Path) -> None:
    """Make the pages of all types anew, and remove those of types that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.md"):
        old.unlink()
    (folder / "README.md").write_text(index())
    for connector in registry.every():
        (folder / f"{connector.type}.md").write_text(page(connector))


def index() -> str:
    rows = [f"| [`{each.type}`]({each.type}.md) | {each.label} | {each.family} |" for each in registry.every()]
    return INDEX + "\n".join(["| type | what it is | family |", "| --- | --- | --- |", *rows]) + "\n"


def page(connector: Connector) -> str:
    return "\n".join(_lines(connector)) + "\n"


def _lines(connector: Connector) -> Iterator[str]:
    yield f"# {connector.label}"
    yield from ("", (connector.__doc__ or "").strip(), "", f"Type `{connector.type}`, family {connector.family}.")
    if connector.extra:
        yield from ("", f"Its driver is an extra: `pip install '.[{connector.extra}]'`.")
    for section in ("config", "credentials"):
        yield from ("", f"## {section.capitalize()}", "", *_table(connector, section))
    yield from ("", "## What a check does", "", "Its steps, in this order:", "")
    usual = connector.planned({})
    for number, step in enumerate(connector.steps, 1):
        yield f"{number}. {step}" if step in usual else f"{number}. {step} (only with an SSH tunnel)"
    yield from ("", connector.effect, "", "## Rights it needs", "", connector.rights)
    yield from ("", "## How it is tested", "", connector.tested)


def _table(connector: Connector, section: str) -> Iterator[str]:
    fields = getattr(connector, section).fields
    if not fields:
        yield "None."
        return
    yield from ("| field | | what it is |", "| --- | --- | --- |")
    for name, field in fields.items():
        marks = ["secret"] if is_secret(field) else []
        marks += ["required"] if field.required else _default(field)
        text = str(field.help_text).replace("|", "\\|")
        if isinstance(field, ChoiceField):
            text += f" One of {', '.join(f'`{choice}`' for choice in field.choices)}."
        yield f"| `{name}` | {', '.join(marks)} | {text} |"


def _default(field: Field) -> list[str]:
    if field.default in (empty, None, ""):
        return ["optional"]
    return ["made when left out" if callable(field.default) else f"`{field.default}` when left out"]
