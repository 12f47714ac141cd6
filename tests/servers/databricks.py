"""A stand-in for a Databricks workspace: tokens, a SQL warehouse and a cluster, and statements under rights."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.servers.certificates import Authority
from tests.servers.http import Request
from tests.servers.rest import Reply, serving

TOKEN = "dapi0123456789abcdef0123456789abcdef"
WAREHOUSE, CLUSTER = "1234567890abcdef", "0123-456789-abcdefgh"
LEAK = "words of the server's that belong in no message"
NAME = r"`((?:[^`]|``)+)`"


@dataclass
class Databricks:
    port: int = 0
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    state: str = "RUNNING"
    schemas: set[tuple[str, str]] = field(default_factory=lambda: {("lake", "raw"), ("hive_metastore", "default")})
    #: What may be done in schemas: USE, CREATE, DROP.
    rights: set[str] = field(default_factory=lambda: {"USE", "CREATE", "DROP"})
    tables: list[str] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    #: Answers instead of the true ones, by the first word of a statement or the last of a path.
    replies: dict[str, Reply] = field(default_factory=dict)
    #: Statements that are carried out but not answered.
    silent: set[str] = field(default_factory=set)

    def answer(self, request: Request) -> Reply:
        if request.headers["authorization"].removeprefix("Bearer ") not in self.tokens:
            return 403, {"error_code": "403", "message": LEAK}
        word = re.split(r"[/?]", request.target)[-2 if "?" in request.target else -1]
        if word in self.replies:
            return self.replies[word]
        if (request.method, request.target) == ("POST", "/api/2.0/sql/statements"):
            return self._state(json.loads(request.body))
        there: dict[str, Any] = {
            "/api/2.0/preview/scim/v2/Me": {"userName": "loader"},
            f"/api/2.0/sql/warehouses/{WAREHOUSE}": {"id": WAREHOUSE, "state": self.state},
            f"/api/2.0/clusters/get?cluster_id={CLUSTER}": {"cluster_id": CLUSTER, "state": "RUNNING"},
        }
        assert request.method == "GET"
        if request.target in there:
            return 200, there[request.target]
        return 404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": LEAK}

    def _state(self, content: dict[str, Any]) -> Reply:
        assert content["warehouse_id"] == WAREHOUSE
        assert 5 <= int(content["wait_timeout"].removesuffix("s")) <= 50
        assert content["on_wait_timeout"] == "CANCEL"
        statement = content["statement"]
        self.statements.append(statement)
        word = statement.split()[0]
        if word in self.replies:
            return self.replies[word]
        fault = self._run(statement)
        if word in self.silent:
            return None
        if not fault:
            return 200, {"statement_id": "1", "status": {"state": "SUCCEEDED"}}
        error = {"error_code": "BAD_REQUEST", "message": f"[{fault}] {LEAK}"}
        return 200, {"statement_id": "1", "status": {"state": "FAILED", "error": error}}

    def _run(self, statement: str) -> str:
        """The name of Databricks's for what is wrong."""
        found = re.search(rf"{NAME}\.{NAME}(?:\.{NAME})?", statement)
        assert found
        if (found[1].replace("``", "`"), found[2]) not in self.schemas:
            return "SCHEMA_NOT_FOUND"
        right = {"DESCRIBE SCHEMA": "USE", "CREATE TABLE": "CREATE", "DROP TABLE": "DROP"}
        if right[" ".join(statement.split()[:2])] not in self.rights:
            return "INSUFFICIENT_PERMISSIONS"
        if statement.startswith("CREATE"):
            self.tables.append(found[0])
        if statement.startswith("DROP TABLE IF EXISTS"):
            self.tables = [table for table in self.tables if table != found[0]]
        return ""


@pytest.fixture
def databricks(authority: Authority) -> Iterator[Databricks]:
    stub = Databricks()
    with serving(stub.answer, authority) as server:
        stub.port = server.port
        yield stub
