"""A client of Planet's API that holds every answer against the models of Planet's own SDK and the published spec."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.test import Client
from openapi_schema_validator import OAS30Validator
from planet.types.destinations import Destination, DestinationsResponse, Error

from destinations.dialects.planet.spec import document

ROOT = "/planet/destinations/v1"
REDACTED = "<REDACTED>"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    text: str
    body: Any = field(init=False)

    def __post_init__(self):
        self.body = json.loads(self.text) if self.text else None

    @property
    def message(self) -> str:
        return self.body["message"]

    @property
    def names(self) -> list[str]:
        return [row["name"] for row in self.body["destinations"]]


class Api:
    """Paths are relative to the collection, and begin with what follows it."""

    def __init__(self, key: str | None = None, authorization: str = ""):
        self.key = key
        self.authorization = authorization or (f"api-key {key}" if key else "")

    def get(self, path: str = "", **query: str) -> Answer:
        return self.send("GET", path, query=query)

    def post(self, body: Any, path: str = "") -> Answer:
        return self.send("POST", path, body)

    def patch(self, path: str, body: Any) -> Answer:
        return self.send("PATCH", path, body)

    def put(self, path: str, body: Any = None) -> Answer:
        return self.send("PUT", path, body)

    def delete(self, path: str) -> Answer:
        return self.send("DELETE", path)

    def send(self, method: str, path: str, body: Any = None, query: Any = None, raw: bytes | None = None) -> Answer:
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        headers = {"Authorization": self.authorization} if self.authorization else {}
        url = path if path.startswith("/planet/") else f"{ROOT}{path}"
        client = Client(raise_request_exception=False)
        response = client.generic(method, url, data, "application/json", headers=headers, query_params=query or None)
        answer = Answer(response.status_code, dict(response.headers), response.content.decode())
        judge(answer)
        return answer


def judge(answer: Answer) -> None:
    """JSON whatever happens, of a shape that the SDK's models and the spec know."""
    if answer.status == 204:
        assert answer.text == ""
        return
    assert answer.headers["Content-Type"] == "application/json"
    assert "detail" not in answer.body
    if answer.status >= 400:
        assert Error.model_validate(answer.body).code == answer.status
        assert len(answer.body) == 2
        assert "\n" not in answer.text
    elif "destinations" in answer.body:
        DestinationsResponse.model_validate(answer.body)
        validate("Destinations", answer.body)
    elif "pl:ref" in answer.body:
        judge_destination(answer.body)


def judge_destination(body: dict[str, Any]) -> None:
    Destination.model_validate(body)
    validate("Destination", body)
    assert body["pl:ref"] == f"pl:destinations/{body['id']}"
    assert body["_links"]["_self"].endswith(f"{ROOT}/{body['id']}")


def validate(schema: str, body: Any) -> None:
    """By the spec that the server publishes."""
    components = document(f"http://testserver{ROOT}")["components"]
    OAS30Validator({"$ref": f"#/components/schemas/{schema}", "components": components}).validate(body)
