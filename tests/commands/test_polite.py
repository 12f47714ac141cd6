"""What goes wrong around a command is told in a sentence as well."""

import subprocess

import pytest

from tests.commands import processes
from tests.factories import make_destination
from tests.servers.process import free_port


def test_a_database_that_is_not_there():
    url = f"postgresql://someone:hunter2@127.0.0.1:{free_port()}/landfall"
    said = processes.run("destinations_list", LANDFALL_DATABASE_URL=url)
    assert (said.returncode, said.stdout, said.stderr.count("\n")) == (1, "", 1)
    assert said.stderr.startswith("CommandError: The database cannot be used: ")
    assert "hunter2" not in said.stderr


def test_a_database_that_is_empty(tmp_path):
    said = processes.run("tenant_create", "acme", LANDFALL_DATABASE_URL=f"sqlite:///{tmp_path}/empty.sqlite3")
    assert (said.returncode, said.stdout, said.stderr.count("\n")) == (1, "", 1)
    assert "manage.py migrate" in said.stderr


@pytest.mark.django_db(transaction=True)
def test_a_reader_that_has_seen_enough():
    make_destination(config={"url": f"https://example.com/{'x' * 1900}"}, metadata={"long": "x" * 200_000})
    line = '"$@" | head -c 10'
    arguments = [*processes.MANAGE, "destinations_list", "--json"]
    shell = subprocess.run(
        ["sh", "-c", line, "sh", *arguments], env=processes.environment(), capture_output=True, text=True, check=True
    )
    assert (len(shell.stdout), shell.stderr) == (10, "")
