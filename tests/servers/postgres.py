"""A real PostgreSQL, with TLS, and a second one without."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.servers.certificates import Authority
from tests.servers.process import free_port, require, running, scratch, unprivileged

PROGRAMS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql*/bin",
)
ADMIN, PASSWORD = "admin", "postgres-admin-password"

# Who is in none of these lines is told that there is no entry for him.
HBA = f"""
hostnossl all +tls_only   127.0.0.1/32 reject
host      all +turned_off 127.0.0.1/32 reject
hostssl   all +certified  127.0.0.1/32 scram-sha-256 clientcert=verify-ca
host      all {ADMIN}     127.0.0.1/32 scram-sha-256
host      all +people     127.0.0.1/32 scram-sha-256
"""
GROUPS = ("people", "certified", "tls_only", "turned_off")


@dataclass(frozen=True)
class Postgres:
    """A running server; its certificate, where it has one, is for the name localhost only."""

    port: int
    folder: Path
    host: str = "localhost"
    username: str = ADMIN
    password: str = PASSWORD

    @property
    def pid(self) -> int:
        return int((self.folder / "postmaster.pid").read_text().split()[0])

    @property
    def answers(self) -> bool:
        """Whether someone can sign in: it accepts connections some time before that, and after."""
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def connect(self, database: str = "postgres", **options: Any) -> "psycopg.Connection[tuple[Any, ...]]":
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            dbname=database,
            user=self.username,
            password=self.password,
            sslmode="disable",
            autocommit=True,
            **options,
        )

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run SQL as the administrator."""
        with self.connect(database) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


@dataclass(frozen=True)
class Template:
    """A data folder as initdb made it, which is copied for each server: initdb takes longer than all the rest."""

    folder: Path
    user: str | None
    postgres: str


@contextmanager
def postgres_server(template: Template, authority: Authority | None = None) -> Iterator[Postgres]:
    """Run a server on a copy of `template`, with TLS when an authority is given."""
    with scratch("postgres", template.user) as folder:
        data = folder / "data"
        shutil.copytree(template.folder, data)
        settings = {"fsync": "off", "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        if authority:
            authority.write(data, "localhost")
            (data / "root.crt").write_text(authority.pem)
            settings |= {"ssl": "on", "ssl_ca_file": "root.crt"}
        if template.user:
            for path in (data, *data.rglob("*")):
                shutil.chown(path, template.user)
        port = free_port()
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [template.postgres, "-D", str(data), "-p", str(port), *options]
        server = Postgres(port, data)
        # INT ends sessions, TERM would wait for them.
        with running(command, lambda: server.answers, folder=folder, user=template.user, stop=signal.SIGINT):
            yield server


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[Template]:
    postgres, initdb = require("postgres", *PROGRAMS), require("initdb", *PROGRAMS)
    user = unprivileged("postgres", "nobody")
    with scratch("initdb", user) as folder:
        data, secret = folder / "data", folder / "password"
        secret.write_text(PASSWORD)
        options = ["-U", ADMIN, "-A", "scram-sha-256", "--pwfile", str(secret), "-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run([initdb, "-D", str(data), *options], cwd=folder, user=user, check=True, capture_output=True)
        (data / "pg_hba.conf").write_text(HBA)
        yield Template(data, user, postgres)


@pytest.fixture(scope="session")
def postgres(postgres_template: Template, authority: Authority) -> Iterator[Postgres]:
    """A PostgreSQL with TLS by the test CA; sign in as its administrator, or as who is made by `execute`."""
    with postgres_server(postgres_template, authority) as server:
        for group in GROUPS:
            server.execute(f"CREATE ROLE {group}")
        yield server


@pytest.fixture(scope="session")
def postgres_without_tls(postgres_template: Template) -> Iterator[Postgres]:
    with postgres_server(postgres_template) as server:
        yield server
