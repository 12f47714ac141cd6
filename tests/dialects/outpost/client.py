"""A client of the Outpost dialect that holds every answer against what the contract says of all answers."""

import json
import re
from dataclasses import dataclass
from typing import Any

from django.test import Client

BASE = "/outpost/api/v1"
DESTINATIONS = "/tenants/t1/destinations"
HOOK: dict[str, Any] = {"type": "webhook", "topics": "*", "config": {"url": "https://e.com/h"}}
GENERATED = re.compile(r"whsec_[0-9a-f]{64}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
#: Keys that Landfall may add to a destination; every SDK ignores them.
ADDED = {"name", "last_check"}
ALWAYS = {"id", "tenant_id", "type", "topics", "config", "credentials", "created_at", "updated_at", "disabled_at"}
ALWAYS |= {"target"}
SOMETIMES = {"filter", "delivery_metadata", "metadata", "target_url"}


@dataclass
class Answer:
    status: int
    type: str
    body: Any
    headers: Any

    def refusal(self) -> tuple[int, str, Any]:
        """Status, message and data; None for no data."""
        return self.status, self.body["message"], self.body.get("data")

    @property
    def ids(self) -> list[str]:
        assert self.status == 200
        return [one["id"] for one in self.body]


class Outpost:
    """Sends JSON with a credential. Paths are relative to the base URL."""

    def __init__(self, credential: str | None = None, base: str = BASE, **headers: str) -> None:
        self.credential = credential
        self.base = base
        self.headers = ({"Authorization": f"Bearer {credential}"} if credential else {}) | headers

    def at(self, base: str = BASE, **headers: str) -> "Outpost":
        """The same caller under another base URL, or with more headers."""
        return Outpost(self.credential, base, **headers)

    def tenant(self, id_: str) -> "Outpost":
        """A caller with a token of this tenant, issued to this one."""
        return Outpost(self.get(f"/tenants/{id_}/token").body["token"], self.base)

    def get(self, path: str, **options: Any) -> Answer:
        return self.send("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.send("POST", path, body, **options)

    def put(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.send("PUT", path, body, **options)

    def patch(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.send("PATCH", path, body, **options)

    def delete(self, path: str, **options: Any) -> Answer:
        return self.send("DELETE", path, **options)

    def create(self, tenant: str = "t1", **changes: Any) -> Any:
        """Create a destination, a webhook unless told otherwise; the answer's body."""
        answer = self.post(f"/tenants/{tenant}/destinations", HOOK | changes)
        assert answer.status == 201, answer.body
        return answer.body

    def change(self, destination: Any, body: Any) -> Answer:
        return self.patch(path_of(destination), body)

    def read(self, destination: Any) -> Any:
        answer = self.get(path_of(destination))
        assert answer.status == 200, answer.body
        return answer.body

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        response = Client().generic(
            method, self.base + path, data, content_type="application/json", headers=self.headers | (headers or {})
        )
        type_, content = response.headers.get("Content-Type", "").partition(";")[0], response.content
        said = json.loads(content) if type_ == "application/json" and content else content.decode()
        answer = Answer(response.status_code, type_, said, response.headers)
        judge(answer)
        return answer


def judge(answer: Answer) -> None:
    if answer.status >= 400:
        assert answer.type == "application/json"
        assert {"status", "message"} <= answer.body.keys() <= {"status", "message", "data"}
        assert answer.body["status"] == answer.status
        assert answer.body["message"]
    elif isinstance(answer.body, dict) and "disabled_at" in answer.body:
        judge_destination(answer.body)


def judge_destination(body: dict[str, Any]) -> None:
    assert body.keys() >= ALWAYS
    assert body.keys() <= ALWAYS | SOMETIMES | ADDED
    assert isinstance(body["topics"], list)
    assert body["topics"]
    for name in ("config", "credentials", "metadata", "delivery_metadata"):
        assert all(isinstance(value, str) for value in body.get(name, {}).values()), name
    for name in ("filter", "metadata", "delivery_metadata", "target_url"):
        assert body.get(name, "left out") not in (None, {}, ""), f"An empty {name} is left out."
    for name in ("created_at", "updated_at", "disabled_at"):
        assert (name == "disabled_at" and body[name] is None) or MOMENT.fullmatch(body[name]), name


def path_of(destination: Any) -> str:
    return f"/tenants/{destination['tenant_id']}/destinations/{destination['id']}"
