import json

import pytest
from django.core.management import call_command

from config.paths import BASE_DIR
from connectors import registry
from connectors.base import Connector, declared
from tests.commands import processes


def test_lists_every_type(command):
    titles, *rows = command("destination_types").lines
    assert titles.split() == ["TYPE", "LABEL", "FAMILY", "DRIVER"]
    assert [row.split()[0] for row in rows] == list(registry.names())
    assert all(row.endswith("installed") for row in rows)


def test_says_how_to_install_a_driver_that_is_missing(command, monkeypatch):
    webhook = registry.get("webhook")
    monkeypatch.setitem(webhook.__dict__, "available", False)
    monkeypatch.setattr(type(webhook), "extra", "kites")
    [row] = [row for row in command("destination_types").lines if row.startswith("webhook ")]
    assert row.endswith("missing: pip install 'landfall[kites]'")


def test_lists_every_type_as_json(command):
    shown = [json.loads(line) for line in command("destination_types", "--json").lines]
    assert [each["type"] for each in shown] == list(registry.names())
    assert shown[0] == {"type": "webhook", "label": "Webhook", "family": "HTTP", "available": True}


@pytest.mark.parametrize("connector", list(registry.every()), ids=registry.names())
def test_tells_every_field_of_a_type(command, connector: Connector):
    said = command("destination_types", connector.type)
    assert said.lines[0] == f"{connector.label} ({connector.type}): {connector.__doc__}"
    for section, name, field in declared(connector):
        assert f"\n{section}\n" in said.out
        [marks] = _marks(said.out, section, name)
        assert ("required" in marks) == field.required
        assert ("secret" in marks) == (section == "credentials" and name in connector.secrets)
    for step in connector.steps:
        assert step in said.out


@pytest.mark.parametrize("connector", list(registry.every()), ids=registry.names())
def test_prints_the_schema_of_a_type(command, connector: Connector):
    schema = json.loads(command("destination_types", connector.type, "--json").out)
    assert schema["properties"]["type"] == {"const": connector.type}
    for section, name, field in declared(connector):
        there = schema["properties"][section]
        assert name in there["properties"]
        assert (name in there.get("required", ())) == field.required
        assert section in schema["required"] or not field.required


def test_refuses_a_type_that_there_is_not(refused):
    said = refused("destination_types", "carrier_pigeon")
    assert said.sentence.startswith("There is no type “carrier_pigeon”. Known types: webhook, ")
    assert said.status == 2


@pytest.mark.django_db(transaction=True)
def test_the_exit_status_tells_a_script_what_happened():
    assert processes.run("destination_types", "webhook").returncode == 0
    unknown = processes.run("destination_types", "carrier_pigeon")
    assert (unknown.returncode, unknown.stdout, unknown.stderr.count("\n")) == (2, "", 1)


def _marks(text: str, section: str, name: str) -> list[str]:
    part = text.split(f"\n{section}\n")[1].split("\n\n", maxsplit=1)[0]
    return [line.split("[")[1] for line in part.splitlines() if line.startswith(f"  {name}  [")]


def test_the_pages_in_the_docs_are_those_of_the_declarations(tmp_path):
    call_command("destination_types", docs=tmp_path)
    committed = BASE_DIR / "docs" / "types"
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_text() for path in committed.iterdir()}, (
        "Run: python3 manage.py destination_types --docs docs/types"
    )


def test_a_page_tells_fields_steps_and_rights(tmp_path):
    call_command("destination_types", docs=tmp_path)
    page = (tmp_path / "postgres.md").read_text()
    for words in (
        "| `password` | secret, required |",
        "`5432` when left out",
        "1. reach the SSH server (only with an SSH tunnel)",
        "7. sign in",
        "GRANT CONNECT",
        "real Post",
    ):
        assert words in page
