"""A client of the Platform API over a real socket, which holds every answer against the envelope."""

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

ROOT = "/redox/platform/v1/"


@dataclass
class Answer:
    status: int
    body: Any

    @property
    def payload(self) -> Any:
        return self.body["payload"]

    @property
    def destination(self) -> Any:
        return self.payload["destination"]

    @property
    def paths(self) -> list[str]:
        return [error["path"] for error in self.payload["errors"]]


class Redox:
    """`url` is of the server; paths are relative to the version of the API unless they begin with a slash."""

    def __init__(self, url: str, token: str | None = None):
        self.netloc, self.token = urlsplit(url).netloc, token

    def get(self, path: str) -> Answer:
        return self.send("GET", path)

    def post(self, path: str, body: Any = None) -> Answer:
        return self.send("POST", path, body)

    def patch(self, path: str, body: Any) -> Answer:
        return self.send("PATCH", path, body)

    def delete(self, path: str) -> Answer:
        return self.send("DELETE", path)

    def send(self, method: str, path: str, body: Any = None, raw: bytes | None = None) -> Answer:
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        headers = {"accept": "application/json", "content-type": "application/json"}
        headers |= {"Authorization": f"Bearer {self.token}"} if self.token is not None else {}
        connection = http.client.HTTPConnection(self.netloc, timeout=30)
        try:
            connection.request(method, path if path.startswith("/") else ROOT + path, data, headers)
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        assert response.headers["Content-Type"] == "application/json", text
        answer = Answer(response.status, json.loads(text))
        assert answer.body.keys() == {"meta", "payload"}
        assert isinstance(answer.body["meta"]["version"], str)
        if answer.status != 200:
            assert answer.payload.keys() == {"message", "errors"}
            assert answer.payload["message"].endswith(".")
        return answer
