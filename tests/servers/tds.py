"""A server that behaves as SQL Server does towards a client that speaks TDS 7.4, and is strict about what it is told.

It knows the few statements that make and remove a table. An independent client, python-tds, works with it as well.
"""

import re
import ssl
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.servers.http import listening
from tests.servers.tds_wire import (
    BATCH,
    LOGIN,
    NOT_SUPPORTED,
    ON,
    PRELOGIN,
    REQUIRED,
    Wire,
    changed,
    done,
    error,
    greeting,
    login_of,
    statement_of,
    table_of,
    token,
)  # fmt: skip

NAME = r"\[((?:[^\]]|\]\])*)\]"
TABLE = rf"{NAME}\.{NAME}"
RIGHTS = frozenset({"CREATE TABLE", "CREATE SCHEMA", "INSERT"})
DEDICATED_POOL = 6  # the edition that a dedicated SQL pool of Synapse is


@dataclass(frozen=True)
class Login:
    password: str
    rights: frozenset[str] = RIGHTS


@dataclass
class SqlServer:
    """`faults` are errors of statements by a word in them, and `hook` is called with every statement first."""

    logins: dict[str, Login]
    databases: dict[str, set[str]]
    edition: int = 3
    encryption: int = ON
    route: tuple[str, int] | None = None
    gate: int = 0  # the error that everybody is refused with
    faults: dict[str, int] = field(default_factory=dict)
    hook: Callable[[str], None] = lambda statement: None
    smuggled: bytes = b""  # what somebody in between says in clear, right behind the handshake
    host: str = "localhost"  # the name in its certificate
    port: int = 0
    tables: dict[tuple[str, str, str], int] = field(default_factory=dict)
    seen: list[dict[str, Any]] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    connections: int = 0


class _Visit:
    """One connection."""

    def __init__(self, server: SqlServer, handler: Any, context: ssl.SSLContext | None) -> None:
        self.server, self.wire, self.context = server, Wire(handler), context
        self.login, self.database = Login(""), ""

    def run(self) -> None:
        self.server.connections += 1
        if not self.greet() or not self.sign_in():
            return
        while True:
            kind, body = self.wire.message()
            assert kind == BATCH
            self.wire.send(self.answer(statement_of(body)))

    def greet(self) -> bool:
        kind, body = self.wire.message()
        assert kind == PRELOGIN
        options = table_of(body)
        assert [len(options[number]) for number in (0, 1, 3, 4)] == [6, 1, 4, 1]
        asked = options[1][0]
        assert asked in {ON, NOT_SUPPORTED}
        says = self.server.encryption if asked == ON or self.server.encryption == REQUIRED else NOT_SUPPORTED
        self.wire.send(greeting({0: bytes([16, 0, 16, 0, 0, 0]), 1: bytes([says]), 2: b"\0", 3: b"", 4: b"\0"}))
        if says == REQUIRED and asked != ON:
            return False
        if says != NOT_SUPPORTED:
            self.wire.encrypt(self.context, self.server.smuggled)
        return True

    def sign_in(self) -> bool:
        kind, body = self.wire.message()
        assert kind == LOGIN
        said = login_of(body)
        self.server.seen.append({**said, "encrypted": self.wire.tls is not None})
        login = self.server.logins.get(said["user"])
        if self.server.gate:
            self.wire.send(error(self.server.gate) + done(2))
        elif login is None or login.password != said["password"]:
            self.wire.send(error(18456) + done(2))
        elif said["database"] not in self.server.databases:
            self.wire.send(error(4060, 11) + error(18456) + done(2))
        else:
            self.login, self.database = login, said["database"]
            self.wire.send(self.welcome())
            return self.server.route is None
        return False

    def welcome(self) -> bytes:
        name = self.database.encode("utf-16-le")
        database = changed(1, bytes([len(self.database)]) + name + b"\0")
        collation = changed(7, b"\x05\x09\x04\xd0\x00\x34\x00")
        size = changed(4, b"\x04" + "4096".encode("utf-16-le") + b"\x04" + "4096".encode("utf-16-le"))
        program = "Microsoft SQL Server"
        ack = struct.pack("<B4sB", 1, b"\x74\0\0\4", len(program)) + program.encode("utf-16-le") + bytes([16, 0, 16, 0])
        tokens = database + error(5701, 0, 0xAB) + collation + token(0xAD, ack) + size
        if self.server.route:
            host, port = self.server.route
            where = struct.pack("<BHH", 0, port, len(host)) + host.encode("utf-16-le")
            tokens += changed(20, struct.pack("<H", len(where)) + where + b"\0\0")
        return tokens + done(0)

    def answer(self, statement: str) -> bytes:
        self.server.statements.append(statement)
        self.server.hook(statement)
        number = next((number for word, number in self.server.faults.items() if word in statement), 0)
        number = number or self.execute(statement)
        return error(number) + done(2) if number else done(0x10)

    def execute(self, statement: str) -> int:
        """Do it, and return the number of the error, 0 for none."""
        for pattern, act in {
            r"IF (.*) PRINT N'yes' ELSE RAISERROR \(N'no', 16, 1\)": self.test,
            rf"CREATE SCHEMA {NAME}": self.create_schema,
            rf"CREATE TABLE {TABLE} \(id integer\)": self.create_table,
            rf"INSERT INTO {TABLE} VALUES \(1\)": self.insert,  # noqa: S608  no SQL, but what it is recognised by
            rf"IF OBJECT_ID\(N'(.*)'\) IS NOT NULL DROP TABLE ({TABLE});"
            rf"(?: IF SCHEMA_ID\(N'(.*)'\) IS NOT NULL DROP SCHEMA {NAME};)?": self.drop,
        }.items():
            if found := re.fullmatch(pattern, statement):
                return act(*found.groups())
        return 102

    @property
    def schemas(self) -> set[str]:
        return self.server.databases[self.database]

    def table(self, schema: str, name: str) -> tuple[str, str, str]:
        return self.database, plain(schema), plain(name)

    def test(self, condition: str) -> int:
        if found := re.fullmatch(r"SCHEMA_ID\(N'(.*)'\) IS NOT NULL", condition):
            holds = found[1].replace("''", "'") in self.schemas
        elif condition.startswith("USER_NAME() = 'dbo' OR IS_MEMBER('db_owner') = 1 OR EXISTS (SELECT 1 FROM sys."):
            holds = "CONTROL" in self.login.rights
        elif found := re.fullmatch(r"CAST\(SERVERPROPERTY\('EngineEdition'\) AS int\) = (\d+)", condition):
            holds = int(found[1]) == self.server.edition
        else:
            return 102
        return 0 if holds else 50000

    def create_schema(self, name: str) -> int:
        if "CREATE SCHEMA" not in self.login.rights:
            return 262
        self.schemas.add(plain(name))
        return 0

    def create_table(self, schema: str, name: str) -> int:
        if "CREATE TABLE" not in self.login.rights:
            return 262
        if plain(schema) not in self.schemas:
            return 2760
        self.server.tables[self.table(schema, name)] = 0
        return 0

    def insert(self, schema: str, name: str) -> int:
        if "INSERT" not in self.login.rights:
            return 229
        self.server.tables[self.table(schema, name)] += 1
        return 0

    def drop(self, text: str, *names: str) -> int:
        whole, schema, name, *own = names
        assert text.replace("''", "'") == whole
        assert own[0] == own[1]
        self.server.tables.pop(self.table(schema, name), None)
        self.schemas.discard(own[0])
        return 0


def plain(name: str) -> str:
    return name.replace("]]", "]")


@contextmanager
def sql_server(
    server: SqlServer, context: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> Iterator[SqlServer]:
    """Let `server` serve on a port of its own until the block ends."""
    if context is None and server.encryption == ON:
        server.encryption = NOT_SUPPORTED
    with listening(lambda handler: _Visit(server, handler, context).run(), host=host) as port:
        server.port = port.port
        yield server
