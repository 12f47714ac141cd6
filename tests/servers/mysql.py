"""A real MariaDB, with TLS, and a second one without."""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymysql
import pytest

from tests.servers.certificates import Authority
from tests.servers.process import free_port, require, running, scratch, unprivileged

PASSWORD = "mysql-admin-password"


@dataclass(frozen=True)
class MySQL:
    """A running server; its certificate, where it has one, is for the name localhost only."""

    port: int
    host: str = "localhost"

    @property
    def answers(self) -> bool:
        try:
            self.connect().close()
        except pymysql.OperationalError as error:
            return error.args[0] == 1045  # it takes nobody without TLS, who is there
        return True

    def connect(self) -> "pymysql.Connection[Any]":
        return pymysql.connect(
            host="127.0.0.1", port=self.port, user="root", password=PASSWORD, ssl_disabled=True, autocommit=True
        )

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        """Run SQL as the administrator."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())


@dataclass(frozen=True)
class MySQLTemplate:
    """A data folder as it was installed, which is copied for each server: installing takes longer than all the rest."""

    folder: Path
    user: str | None
    program: str


@contextmanager
def mysql_server(
    template: MySQLTemplate, authority: Authority | None = None, settings: Mapping[str, str] | None = None
) -> Iterator[MySQL]:
    """Run a server on a copy of `template`, with TLS when an authority is given."""
    with scratch("mysql", template.user) as folder:
        data = folder / "data"
        shutil.copytree(template.folder, data)
        port = free_port()
        options = {
            "datadir": str(data), "port": str(port), "bind-address": "127.0.0.1", "socket": str(folder / "socket"),
            "pid-file": str(folder / "pid"), "innodb-flush-log-at-trx-commit": "0", "innodb-buffer-pool-size": "16M",
        }  # fmt: skip
        if authority:
            chain, key = authority.write(data, "localhost")
            options |= {"ssl-cert": str(chain), "ssl-key": str(key)}
        if template.user:
            for path in (data, *data.rglob("*")):
                shutil.chown(path, template.user)
        given = {**options, **(settings or {})}
        command = [template.program, "--no-defaults", *(f"--{name}={value}" for name, value in given.items())]
        server = MySQL(port)
        with running(command, lambda: server.answers, folder=folder, user=template.user):
            yield server


@pytest.fixture(scope="session")
def mysql_template() -> Iterator[MySQLTemplate]:
    program, install = require("mariadbd"), require("mariadb-install-db")
    user = unprivileged("mysql", "nobody")
    with scratch("mysql-install", user) as folder:
        data, start = folder / "data", folder / "start.sql"
        # First without the accounts that have no name, which would take in everybody.
        nameless = "DELETE FROM mysql.global_priv WHERE user = '';\nFLUSH PRIVILEGES;\n"
        start.write_text(nameless + f"ALTER USER root@localhost IDENTIFIED BY '{PASSWORD}';\n")
        subprocess.run(
            [install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal",
             "--skip-test-db", f"--extra-file={start}"],
            cwd=folder, user=user, check=True, capture_output=True,
        )  # fmt: skip
        yield MySQLTemplate(data, user, program)


@pytest.fixture(scope="session")
def mysql(mysql_template: MySQLTemplate, authority: Authority) -> Iterator[MySQL]:
    """A MariaDB with TLS by the test CA; sign in as its administrator, or as who is made by `execute`."""
    with mysql_server(mysql_template, authority) as server:
        yield server


@pytest.fixture(scope="session")
def mysql_without_tls(mysql_template: MySQLTemplate) -> Iterator[MySQL]:
    with mysql_server(mysql_template) as server:
        yield server
