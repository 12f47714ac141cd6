"""The check of a schema: sign in, find the compute and the schema, make a table, remove it."""

import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from connectors import VERSION, egress
from connectors.probes import http
from connectors.probes.databricks import faults
from connectors.probes.databricks.faults import COMPUTE, FIND, SIGN_IN
from connectors.probes.databricks.place import Place, quoted
from connectors.probes.trial import CREATE, REMOVE, Trial
from connectors.steps import Steps

STEPS = ("resolve", "connect", "tls", SIGN_IN, COMPUTE, FIND, CREATE, REMOVE)
EFFECT = (
    "Creates an empty table in the schema, named landfall_check_ and a random number, and drops it again; Unity "
    "Catalog may keep what was dropped for some days. Only on a SQL warehouse that is running: none is started."
)
RIGHTS = (
    "`CAN USE` on the SQL warehouse (on a cluster `CAN ATTACH TO`), `USE CATALOG` on the catalog, and `USE SCHEMA` and "
    "`CREATE TABLE` on the schema."
)
WAIT = "20s"  # that Databricks lets a statement run before it cancels it

#: Gives the token that the workspace is to accept.
SignIn = Callable[[], Awaitable[str]]


async def check(place: Place, sign_in: SignIn, steps: Steps) -> None:
    """Raises `CheckFailed`."""
    # Before anything is sent to those who give the tokens.
    await egress.reach(place.host, place.port, steps, tls=egress.tls_context(), via=place.via)
    with steps(SIGN_IN):
        visit = _Visit(place, await sign_in())
        await visit.look("/api/2.0/preview/scim/v2/Me", SIGN_IN)
    with steps(COMPUTE):
        hindrance = await visit.find_compute()
    if hindrance:
        for name in (FIND, CREATE, REMOVE):
            steps.skip(name, hindrance)
        return
    with steps(FIND):
        await visit.run(FIND, f"DESCRIBE SCHEMA {place.full_schema}")
    table = f"{place.full_schema}.{quoted(f'landfall_check_{secrets.token_hex(8)}')}"
    await Trial(
        table,
        lambda: visit.run(CREATE, f"CREATE TABLE {table} (id INT)"),
        lambda: visit.run(REMOVE, f"DROP TABLE IF EXISTS {table}"),
    ).run(steps)


class _Visit:
    def __init__(self, place: Place, token: str) -> None:
        self.place, self._token = place, token

    async def find_compute(self) -> str:
        """Why no statement can be run on it now, a sentence; empty if one can."""
        if self.place.cluster:
            await self.look(f"/api/2.0/clusters/get?cluster_id={self.place.cluster}", COMPUTE)
            return "Clusters take no statements over the REST API; with a SQL warehouse this is checked too."
        found = await self.look(f"/api/2.0/sql/warehouses/{self.place.warehouse}", COMPUTE)
        match found.get("state"):
            case "RUNNING":
                return ""
            case "DELETED" | "DELETING":
                raise faults.GONE.failure(self.place)
            case "STOPPED" | "STOPPING" | "STARTING":
                return "The SQL warehouse is not running, and a check starts none."
        raise faults.NOT_DATABRICKS.failure(self.place)

    async def look(self, path: str, step: str) -> Mapping[str, Any]:
        return await self._send("GET", path, step)

    async def run(self, step: str, statement: str) -> None:
        body = {
            "statement": statement,
            "warehouse_id": self.place.warehouse,
            "wait_timeout": WAIT,
            "on_wait_timeout": "CANCEL",
        }
        status = (await self._send("POST", "/api/2.0/sql/statements", step, body)).get("status")
        if not isinstance(status, dict):
            raise faults.NOT_DATABRICKS.failure(self.place)
        if status.get("state") not in {"SUCCEEDED", "CLOSED"}:
            raise faults.failed(status, step, self.place)

    async def _send(
        self, method: str, path: str, step: str, body: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": f"Landfall/{VERSION}",
        }
        sent = json.dumps(body).encode() if body else b""
        answer = await http.call(method, self.place.url(path), headers=headers, body=sent, via=self.place.via)
        if answer.status != 200:
            raise faults.refused(answer, step, self.place)
        if found := answer.json:
            return found
        raise faults.NOT_DATABRICKS.failure(self.place)
