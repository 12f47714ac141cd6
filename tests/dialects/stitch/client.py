"""Plain HTTP as Stitch's clients speak it; every answer is held to what holds for all of them."""

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

NOTHING = object()
STATUSES = {200, 400, 401, 404, 413}


@dataclass
class Answer:
    status: int
    body: Any
    text: str

    def is_refused(self, text: Any, status: int = 400) -> bool:
        return (self.status, self.body) == (status, text)

    @property
    def bad(self) -> list[str]:
        """The properties that were refused."""
        assert (self.status, self.body["error"]) == (400, "InvalidProperties"), self.text
        data = self.body["data"]
        assert data["message"] == "properties do not match schema"
        assert sorted(data["reasons"]) == sorted(data["bad_properties"])
        assert all(reason.endswith(".") for reason in data["reasons"].values()), data["reasons"]
        assert data["report_card"]["steps"]
        return sorted(data["bad_properties"])


class Stitch:
    """`authorization` is the whole header; None leaves it out."""

    def __init__(self, server: str, authorization: str | None) -> None:
        self.place = urlsplit(server)
        self.authorization = authorization

    def get(self, path: str) -> Answer:
        return self.send("GET", path)

    def post(self, path: str, body: Any = NOTHING, **options: Any) -> Answer:
        return self.send("POST", path, body, **options)

    def put(self, path: str, body: Any = NOTHING, **options: Any) -> Answer:
        return self.send("PUT", path, body, **options)

    def delete(self, path: str) -> Answer:
        return self.send("DELETE", path)

    def send(self, method: str, path: str, body: Any = NOTHING, raw: bytes | None = None) -> Answer:
        data = raw if raw is not None else None if body is NOTHING else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}  # on every request, as in the vendor's examples
        if self.authorization is not None:
            headers["Authorization"] = self.authorization
        connection = http.client.HTTPConnection(self.place.netloc, timeout=20)
        connection.request(method, f"/stitch{path}", data, headers)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        assert response.status in STATUSES, (response.status, text)
        assert response.headers["Content-Type"] == "application/json"
        assert (text == "") == (response.status == 401)
        answer = Answer(response.status, json.loads(text) if text and method != "HEAD" else None, text)
        if response.status == 200:
            judge(answer.body)
        return answer


def judge(body: Any) -> None:
    """What clients take for a failure in spite of the status."""
    if isinstance(body, dict):
        assert not body.get("error") or "mode" in body  # the check object has one, and nothing else
        assert body.get("status") not in ("error", "not found", "failed") or "mode" in body
