"""Scripts' way in: JSON over HTTP, with every answer held against Cloudflare's envelope."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.test import Client

ROOT = "/cloudflare/client/v4"
WORDS = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not found", 500: "Internal error"}
SHARED = {"type", "logpushDataset", "url", "destination_conf"}


@dataclass
class Answer:
    status: int
    body: dict[str, Any]

    @property
    def result(self) -> Any:
        return self.body["result"]

    @property
    def detail(self) -> str:
        return self.body["errors"][0]["detail"]

    @property
    def code(self) -> int:
        return self.body["errors"][0]["code"]

    @property
    def paths(self) -> list[list[str]]:
        return [issue["path"] for issue in self.body["error"]["issues"]]


class Account:
    """Calls with the headers of one caller, below one account."""

    def __init__(self, id_: str = "T1", token: str = "", **headers: str) -> None:
        self.base = f"{ROOT}/accounts/{id_}/workers/observability/destinations"
        own = {"Authorization": f"Bearer {token}"} if token else {}
        self.headers = own | {name.replace("_", "-"): value for name, value in headers.items()}

    def list(self, query: str = "") -> Answer:
        return self.send("GET", query and f"?{query}")

    def names(self, query: str = "") -> Sequence[str]:
        return [row["name"] for row in self.list(query).result]

    def create(self, body: Any = None, **changes: Any) -> Answer:
        return self.send("POST", "", creation(**changes) if body is None else body)

    def update(self, slug: str, body: Any) -> Answer:
        return self.send("PATCH", f"/{slug}", body)

    def delete(self, slug: str) -> Answer:
        """With a content type and without a body, as the SDK sends it."""
        return self.send("DELETE", f"/{slug}")

    def send(self, method: str, path: str, body: Any = None, raw: bytes | None = None) -> Answer:
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        url = path if path.startswith(ROOT) else self.base + path
        response = Client(raise_request_exception=False).generic(
            method, url, data, content_type="application/json", headers=self.headers
        )
        assert response.headers["Content-Type"] == "application/json"
        answer = Answer(response.status_code, json.loads(response.content))
        judge(answer)
        return answer


def judge(answer: Answer) -> None:
    body = answer.body
    if answer.status < 400:
        assert body.keys() == {"success", "errors", "messages", "result"}
        assert (body["success"], body["errors"]) == (True, [])
        assert body["messages"] == [{"message": "Resource created" if answer.status == 201 else "Successful request"}]
        for row in body["result"] if isinstance(body["result"], list) else [body["result"]]:
            judge_destination(row, {"headers", "jobStatus"} if isinstance(body["result"], list) else {"logpushJob"})
        return
    assert body.keys() - {"error"} == {"success", "errors", "messages", "result"}
    assert (body["success"], body["messages"], body["result"]) == (False, [], None)
    for error in body["errors"]:
        assert error["detail"]
        assert error["message"] == WORDS.get(answer.status, error["message"])
    if "error" in body:
        assert answer.status == 400
        assert body["error"]["name"] == "ZodError"
        assert all(issue.keys() == {"code", "path", "message"} for issue in body["error"]["issues"])
    assert answer.status not in (408, 409, 429)


def judge_destination(row: dict[str, Any], own: set[str]) -> None:
    assert row.keys() == {"slug", "name", "enabled", "scripts", "configuration"}
    configuration = row["configuration"]
    assert configuration.keys() == SHARED | own
    assert configuration["type"] == "logpush"
    assert configuration["destination_conf"].startswith(configuration["url"])
    assert all(isinstance(name, str) for name in row["scripts"])
    if "logpushJob" in own:
        assert configuration["logpushJob"] > 0
    else:
        assert configuration["jobStatus"].keys() == {"last_complete", "last_error", "error_message"}
        texts = [*configuration["headers"].values(), *configuration["jobStatus"].values()]
        assert all(isinstance(text, str) for text in texts)


def creation(name: str = "acme-traces", **changes: Any) -> dict[str, Any]:
    """A body that creates without a preflight, unless `url` says where one goes."""
    configuration = {
        "type": "logpush",
        "logpushDataset": changes.pop("dataset", "opentelemetry-traces"),
        "headers": changes.pop("headers", {"Authorization": "Bearer s"}),
    }
    url = changes.pop("url", None)
    if url is None:
        changes = {"skipPreflightCheck": True} | changes
    configuration["url"] = url or "https://otel.example.com/v1/traces"
    return {"name": name, "enabled": True, "configuration": configuration} | changes


def replacement(url: str, headers: dict[str, str] | None = None, enabled: bool = True) -> dict[str, Any]:
    return {"enabled": enabled, "configuration": {"type": "logpush", "url": url, "headers": headers or {}}}
