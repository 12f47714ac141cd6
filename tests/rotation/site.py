"""An installation in processes of its own, on a database of its own, whose keys a test chooses for each process."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
from cryptography.fernet import Fernet

from config.paths import BASE_DIR
from tests.servers.process import wait_until

OLD, NEW, OTHER = (Fernet.generate_key().decode() for _ in range(3))
SETUP = "import django; django.setup()\n"

Ended = subprocess.CompletedProcess[str]


class Site:
    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self._begun: list[subprocess.Popen[str]] = []
        self.run("migrate", keys=[OLD])

    def environment(self, keys: Sequence[str]) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LANDFALL_", "DJANGO_"))}
        return kept | {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "LANDFALL_VENV": "off",
            "LANDFALL_VAR": str(self.folder),
            "LANDFALL_SECRET_KEY": "only for a test " * 4,
            "LANDFALL_DATABASE_URL": self.url,
            "LANDFALL_FIELD_ENCRYPTION_KEY": ",".join(keys),
            "LANDFALL_LOG_LEVEL": "warning",
        }

    def begin(self, *command: str | Path, keys: Sequence[str]) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, *map(str, command)],
            cwd=BASE_DIR,
            env=self.environment(keys),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._begun.append(process)
        return process

    def end(self, process: "subprocess.Popen[str]") -> Ended:
        try:
            out, err = process.communicate(timeout=300)
        finally:
            process.kill()
            self._begun.remove(process)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def run(self, *arguments: str, keys: Sequence[str]) -> Ended:
        """A command of manage.py, whatever becomes of it."""
        return self.end(self.begin("manage.py", *arguments, keys=keys))

    def begin_code(self, code: str, *arguments: str | Path, keys: Sequence[str]) -> "subprocess.Popen[str]":
        return self.begin("-c", SETUP + code, *arguments, keys=keys)

    def abandon(self) -> None:
        """End what a test that failed left behind."""
        for process in list(self._begun):
            process.kill()
            self.end(process)

    def sealed_with(self, key_id: str) -> int:
        """How many destinations name a key."""
        return len(self.look(f"SELECT id FROM destinations_destination WHERE sealed LIKE '%.{key_id}'"))  # noqa: S608

    def look(self, sql: str) -> list[Any]:
        """The first column of what a statement finds, without any of the product's code."""
        if self.url.startswith("sqlite"):
            with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=20)) as database:
                return [row[0] for row in database.execute(sql)]
        with psycopg.connect(self.url) as connection:
            return [row[0] for row in connection.execute(sql.encode())]

    def told(self, process: "subprocess.Popen[str]") -> Any:
        """What the code printed, which is JSON."""
        ended = self.end(process)
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    def code(self, code: str, *arguments: str | Path, keys: Sequence[str]) -> Any:
        return self.told(self.begin_code(code, *arguments, keys=keys))


def stop(file: Path) -> None:
    """Tells the processes that look for it to end."""
    file.touch()


def begun(file: Path) -> None:
    wait_until(file.exists, 180, f"{file.name} was there")
