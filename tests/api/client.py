"""A client of the native API that holds every exchange against the published OpenAPI document."""

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.test import Client
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

ROOT = "/api/v1/"
PROBLEM = "application/problem+json"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: Any

    @property
    def faults(self) -> set[tuple[str, str]]:
        return {(fault["path"], fault["code"]) for fault in self.body["errors"]}

    @property
    def names(self) -> list[str]:
        return [item["name"] for item in self.body["items"]]


class Api:
    """Sends JSON with a key. Paths are relative to the root of the API."""

    def __init__(self, key: str | None = None, client: Client | None = None):
        self.client = client or Client()
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}

    def get(self, path: str, **options: Any) -> Answer:
        return self.send("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.send("POST", path, body, **options)

    def patch(self, path: str, body: Any, **options: Any) -> Answer:
        return self.send("PATCH", path, body, **options)

    def put(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.send("PUT", path, body, **options)

    def delete(self, path: str, **options: Any) -> Answer:
        return self.send("DELETE", path, **options)

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: bytes | None = None,
        content_type: str = "application/json",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        url = path if path.startswith("/") else ROOT + path
        response = self.client.generic(
            method, url, data, content_type=content_type, headers={**self.headers, **(headers or {})}
        )
        text = response.content
        answer = Answer(response.status_code, dict(response.headers), json.loads(text) if text else None)
        if answer.status >= 400:
            judge_problem(answer)
        elif method != "HEAD":
            judge(method, url.partition("?")[0], body, answer)
        return answer


def judge_problem(answer: Answer) -> None:
    assert answer.headers["Content-Type"] == PROBLEM
    validator("#/components/schemas/Problem").validate(answer.body)
    assert answer.body["status"] == answer.status


def judge(method: str, path: str, body: Any, answer: Answer) -> None:
    """The operation must be documented, allow this status, and describe both what was sent and what came back."""
    said = operation(method, path)
    assert str(answer.status) in said["responses"], f"{method} {path} may not answer {answer.status}."
    expected = said["responses"][str(answer.status)].get("content")
    if expected is None:
        assert answer.body is None
    else:
        assert answer.headers["Content-Type"] == "application/json"
        validator(expected["application/json"]["schema"]["$ref"]).validate(answer.body)
    if body and "requestBody" in said:
        validator(said["requestBody"]["content"]["application/json"]["schema"]["$ref"]).validate(body)
    for name in said["responses"][str(answer.status)].get("headers", ()):
        assert name in answer.headers


@cache
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Client().get(f"{ROOT}openapi.json").content)
    return found


def operation(method: str, path: str) -> Any:
    for template, operations in document()["paths"].items():
        if re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), path) and method.lower() in operations:
            return operations[method.lower()]
    raise AssertionError(f"{method} {path} is not in the OpenAPI document.")


@cache
def validator(ref: str) -> Any:
    return Draft202012Validator({"$ref": ref, "components": document()["components"]})
