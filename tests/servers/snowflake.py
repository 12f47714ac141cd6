"""A stand-in for Snowflake: the drivers' protocol and the SQL API, with users, rights, sessions and tables."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from connectors.probes.snowflake.keys import fingerprint
from tests.servers.certificates import Authority
from tests.servers.http import Request
from tests.servers.rest import Reply, serving

ACCOUNT, USER, PASSWORD = "ORG-ACCOUNT", "loader", "the loader's pass\\word"
LEAK = "words of the server's that belong in no message"
NAME = r'"((?:[^"]|"")+)"'


class Refused(Exception):
    """The code of Snowflake's that says why."""


@dataclass
class Snowflake:
    key: RSAPrivateKey
    port: int = 0
    schemas: dict[str, set[str]] = field(default_factory=lambda: {"LAKE": {"PUBLIC", "RAW", "RAW_TWO", "It's \\ odd"}})
    warehouses: set[str] = field(default_factory=lambda: {"LOADING"})
    roles: set[str] = field(default_factory=lambda: {"LOADER", "my role"})
    may_create: bool = True
    may_drop: bool = True
    tables: list[str] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    sessions: dict[str, str] = field(default_factory=dict)
    #: Answers instead of the true ones, by the first word of a statement or by `login`.
    replies: dict[str, Reply] = field(default_factory=dict)
    #: What is carried out but not answered.
    silent: set[str] = field(default_factory=set)

    @property
    def pem(self) -> str:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    def answer(self, request: Request) -> Reply:
        path, query = urlsplit(request.target).path, parse_qs(urlsplit(request.target).query)
        assert request.method == "POST"
        assert query.get("requestId") or query.get("request_id") or query["delete"] == ["true"]
        content = json.loads(request.body)
        match path:
            case "/session/v1/login-request":
                return self.replies.get("login") or self._log_in(content["data"], query.get("roleName", [""])[0])
            case "/queries/v1/query-request":
                return self._query(request, content["sqlText"])
            case "/session":
                self.sessions.pop(_session(request), None)
                return None if "logout" in self.silent else (200, {"success": True, "data": None})
            case "/api/v2/statements":
                return self._state(request, content)
        return 404, {}

    def _log_in(self, data: dict[str, str], role: str) -> Reply:
        if data["ACCOUNT_NAME"].upper() != ACCOUNT:
            return 403, b"<html>Forbidden</html>"
        if (data["LOGIN_NAME"].upper(), data["PASSWORD"]) != (USER.upper(), PASSWORD):
            return 200, _refusal("390100")
        if role and role.strip('"') not in self.roles:
            return 200, _refusal("390189")
        token = f"ver:1-hint:{len(self.sessions)}-the-session-token"
        self.sessions[token] = ""
        return 200, {"success": True, "code": None, "message": None, "data": {"token": token, "masterToken": "m"}}

    def _query(self, request: Request, statement: str) -> Reply:
        if _session(request) not in self.sessions:
            return 200, _refusal("390112")
        return self._carried_out(
            statement,
            lambda rows: (200, {"success": True, "data": {"rowset": rows}}),
            lambda code: (200, _refusal(code)),
        )

    def _state(self, request: Request, content: dict[str, Any]) -> Reply:
        subject = f"{ACCOUNT}.{USER.upper()}"
        assert request.headers["x-snowflake-authorization-token-type"] == "KEYPAIR_JWT"
        try:
            token = request.headers["authorization"].removeprefix("Bearer ")
            issuer = f"{subject}.{fingerprint(self.key)}"
            claims = jwt.decode(token, self.key.public_key(), algorithms=["RS256"], issuer=issuer)
            assert claims["sub"] == subject
            assert 0 < claims["exp"] - claims["iat"] <= 3600
        except jwt.InvalidTokenError:
            return 401, {"code": "390144", "message": LEAK}
        if content.get("role", "LOADER") not in self.roles:
            return 422, {"code": "390189", "message": LEAK}
        if content.get("warehouse", "LOADING") not in self.warehouses:
            return 422, {"code": "390201", "message": LEAK}
        return self._carried_out(
            content["statement"],
            lambda rows: (200, {"code": "090001", "data": rows}),
            lambda code: (422, {"code": code, "message": LEAK}),
            content.get("warehouse"),
        )

    def _carried_out(self, statement: str, done, refused, warehouse: str | None = None) -> Reply:
        word = statement.split(maxsplit=1)[0]
        self.statements.append(statement)
        if word in self.replies:
            return self.replies[word]
        try:
            rows = self._run(statement, warehouse)
        except Refused as refusal:
            return refused(str(refusal))
        return None if word in self.silent else done(rows)

    def _run(self, statement: str, warehouse: str | None) -> list[list[Any]]:
        if found := re.fullmatch(rf"SHOW SCHEMAS IN DATABASE {NAME} STARTS WITH '(.+)' LIMIT 1", statement):
            start = found[2].replace("\\\\", "\\").replace("''", "'")
            return [["2026-01-01", name] for name in sorted(self._of(found[1])) if name.startswith(start)][:1]
        if found := re.fullmatch(rf"USE WAREHOUSE {NAME}", statement):
            if found[1] not in self.warehouses:
                raise Refused("002043")
        elif found := re.fullmatch(rf"CREATE TRANSIENT TABLE ({NAME}\.{NAME}\.{NAME}) \(.*", statement):
            if not self.may_create or found[3] not in self._of(found[2]):
                raise Refused("003001")
            self.tables.append(found[1])
        elif found := re.fullmatch(r"DROP TABLE IF EXISTS (.*)", statement):
            if not self.may_drop:
                raise Refused("003001")
            self.tables = [table for table in self.tables if table != found[1]]
        else:
            return [[{"SELECT CURRENT_USER()": USER.upper(), "SELECT CURRENT_WAREHOUSE()": warehouse}[statement]]]
        return [["Statement executed successfully."]]

    def _of(self, database: str) -> set[str]:
        if database not in self.schemas:
            raise Refused("002043")
        return self.schemas[database]


def _session(request: Request) -> str:
    found = re.fullmatch(r'Snowflake Token="(.*)"', request.headers["authorization"])
    assert found
    return found[1]


def _refusal(code: str) -> dict[str, Any]:
    return {"success": False, "code": code, "message": LEAK, "data": None}


@pytest.fixture(scope="session")
def snowflake_key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


@pytest.fixture
def snowflake(authority: Authority, snowflake_key: RSAPrivateKey) -> Iterator[Snowflake]:
    stub = Snowflake(snowflake_key)
    with serving(stub.answer, authority) as server:
        stub.port = server.port
        yield stub
