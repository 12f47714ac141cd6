"""Two ways to have Snowflake carry out a statement: as its drivers do with a password, or the SQL API with a key."""

import asyncio
import json
import secrets
import uuid
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Protocol
from urllib.parse import urlencode

from connectors import VERSION
from connectors.probes import http
from connectors.probes.snowflake import faults, keys
from connectors.probes.snowflake.place import Place, exact, identifier, quoted
from connectors.problems import CheckFailed
from connectors.steps import Steps

Rows = list[list[Any]]
GOODBYE = 2.0  # seconds
STATEMENT_LIMIT = 20  # seconds; asked of Snowflake, for what goes on after a check was given up


class Session(Protocol):
    async def open(self, steps: Steps) -> None: ...

    async def run(self, step: str, statement: str) -> Rows: ...

    async def use_warehouse(self, step: str) -> bool: ...

    async def close(self) -> None: ...


class PasswordSession:
    """The protocol of Snowflake's own drivers: the SQL API takes no passwords."""

    def __init__(self, place: Place) -> None:
        self.place, self._token, self._number = place, "", 0

    async def open(self, steps: Steps) -> None:
        place, query = self.place, {"request_id": str(uuid.uuid4())}
        if place.role:
            query["roleName"] = identifier(place.role)
        data = {"ACCOUNT_NAME": place.account, "LOGIN_NAME": place.username, "PASSWORD": place.password}
        answer = await _post(place, f"/session/v1/login-request?{urlencode(query)}", {"data": data}, {}, steps)
        if waiting := faults.NEXT.get(_asked_for(answer)):
            raise waiting.failure(place)
        found = self._read(answer, faults.SIGN_IN)
        token = found.get("token")
        # What is put into a header must be of the form of one.
        if not isinstance(token, str) or not token.isprintable() or not token.isascii() or '"' in token:
            raise faults.NOT_SNOWFLAKE.failure(place)
        self._token = token

    async def run(self, step: str, statement: str) -> Rows:
        self._number += 1
        body = {
            "sqlText": statement,
            "asyncExec": False,
            "sequenceId": self._number,
            "parameters": {"STATEMENT_TIMEOUT_IN_SECONDS": STATEMENT_LIMIT},
        }
        path = f"/queries/v1/query-request?requestId={uuid.uuid4()}"
        return _rows(self._read(await _post(self.place, path, body, self._headers), step).get("rowset"), self.place)

    async def use_warehouse(self, step: str) -> bool:
        await self.run(step, f"USE WAREHOUSE {quoted(self.place.warehouse)}")
        return True

    async def close(self) -> None:
        with suppress(CheckFailed, TimeoutError):
            async with asyncio.timeout(GOODBYE):
                await _post(self.place, "/session?delete=true", {}, self._headers)

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f'Snowflake Token="{self._token}"', "Accept": "application/snowflake"}

    def _read(self, answer: http.Answer, step: str) -> Mapping[str, Any]:
        content = answer.json or {}
        if answer.status == 200 and content.get("success") is True and isinstance(content.get("data"), dict | None):
            return content.get("data") or {}
        if answer.status == 200 and content.get("success") is not False:
            raise faults.NOT_SNOWFLAKE.failure(self.place)
        raise faults.of(self.place, step, answer.status, str(content.get("code")))


class KeySession:
    """The SQL API, where each request proves by itself who sends it, and nothing is left to be closed."""

    def __init__(self, place: Place) -> None:
        self.place, self._token, self._warehouse = place, "", ""

    async def open(self, steps: Steps) -> None:
        self._token = keys.token(self.place)
        await self._run(faults.SIGN_IN, "SELECT CURRENT_USER()", steps)

    async def run(self, step: str, statement: str) -> Rows:
        return await self._run(step, statement)

    async def use_warehouse(self, step: str) -> bool:
        self._warehouse = exact(self.place.warehouse)
        return await self.run(step, "SELECT CURRENT_WAREHOUSE()") == [[self._warehouse]]

    async def close(self) -> None:
        pass

    async def _run(self, step: str, statement: str, steps: Steps | None = None) -> Rows:
        body: dict[str, Any] = {"statement": statement, "timeout": STATEMENT_LIMIT}
        if self.place.role:
            body["role"] = exact(self.place.role)
        if self._warehouse:
            body["warehouse"] = self._warehouse
        headers = {
            "Authorization": f"Bearer {self._token}",
            "X-Snowflake-Authorization-Token-Type": "KEYPAIR_JWT",
            "Accept": "application/json",
        }
        path = f"/api/v2/statements?requestId={uuid.uuid4()}"
        answer = await _post(self.place, path, body, headers, steps)
        content = answer.json or {}
        if answer.status == 200:
            return _rows(content.get("data"), self.place)
        raise faults.of(self.place, step, answer.status, str(content.get("code")))


def session(place: Place) -> Session:
    return KeySession(place) if place.private_key else PasswordSession(place)


def table_name() -> str:
    return f"LANDFALL_CHECK_{secrets.token_hex(8).upper()}"


async def _post(
    place: Place, path: str, body: Mapping[str, Any], headers: Mapping[str, str], steps: Steps | None = None
) -> http.Answer:
    own = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": f"Landfall/{VERSION}"}
    return await http.call("POST", place.url(path), steps, headers={**own, **headers}, body=json.dumps(body).encode())


def _asked_for(answer: http.Answer) -> str:
    """What Snowflake wants before it gives a token."""
    data = (answer.json or {}).get("data")
    return str(data.get("nextAction")) if isinstance(data, dict) else ""


def _rows(found: object, place: Place) -> Rows:
    if isinstance(found, list) and all(isinstance(row, list) for row in found):
        return found
    raise faults.NOT_SNOWFLAKE.failure(place)
