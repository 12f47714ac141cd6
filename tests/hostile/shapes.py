"""How each face spells a refusal, from its contract, and nothing else that it may answer."""

import json
from collections.abc import Callable
from typing import Any

from tests.api import client as native
from tests.dialects.cloudflare import client as cloudflare
from tests.dialects.outpost import client as outpost
from tests.dialects.planet import client as planet
from tests.hostile.asking import Answer, Request


def judge_native(path: str, status: int, type_: str, body: Any) -> None:
    native.judge_problem(native.Answer(status, {"Content-Type": type_}, body))


def judge_cloudflare(path: str, status: int, type_: str, body: Any) -> None:
    assert type_ == "application/json"
    cloudflare.judge(cloudflare.Answer(status, body))


def judge_outpost(path: str, status: int, type_: str, body: Any) -> None:
    assert body.keys() <= {"status", "message", "data"}
    outpost.judge(outpost.Answer(status, type_, body, {}))


def judge_planet(path: str, status: int, type_: str, body: Any) -> None:
    if path.startswith("/planet/oauth/token") and "error" in body:
        judge_oauth(status, type_, body)
    else:
        planet.judge(planet.Answer(status, {"Content-Type": type_}, json.dumps(body)))


def judge_redox(path: str, status: int, type_: str, body: Any) -> None:
    if path.startswith("/redox/v2/auth/token") and "error" in body:
        judge_oauth(status, type_, body)
        return
    assert type_ == "application/json"
    assert body.keys() == {"meta", "payload"}
    assert body["meta"] == {"version": "1.0.0"}
    assert body["payload"].keys() == {"message", "errors"}
    assert body["payload"]["message"].endswith(".")
    assert all(error.keys() == {"path", "message"} for error in body["payload"]["errors"])


def judge_stitch(path: str, status: int, type_: str, body: Any) -> None:
    """A text, or an object with what is wrong; of a partner's form, and of a token that is not good, their own."""
    assert type_ == "application/json"
    assert status in (400, 401, 404, 413, 503)
    if path.startswith("/stitch/oauth/token") and isinstance(body, dict) and "error_description" in body:
        judge_oauth(status, type_, body)
        return
    if status == 401:
        assert body is None
    elif isinstance(body, dict) and path.startswith("/stitch/v3/accounts") and "code" in body:
        assert body.keys() in ({"code", "message"}, {"code", "message", "errors"})
    elif isinstance(body, dict):
        assert body.keys() in ({"error"}, {"error", "data"})
        assert "message" in body.get("data", {"message": ""})
    else:
        assert isinstance(body, str)
        assert body


def judge_oauth(status: int, type_: str, body: Any) -> None:
    """RFC 6749, 5.2."""
    assert type_ == "application/json"
    assert status in (400, 401, 405)
    assert {"error"} <= body.keys() <= {"error", "error_description"}
    assert all(isinstance(text, str) for text in body.values())


JUDGES: dict[str, Callable[[str, int, str, Any], None]] = {
    "/api/": judge_native,
    "/cloudflare/": judge_cloudflare,
    "/outpost/": judge_outpost,
    "/planet/": judge_planet,
    "/redox/": judge_redox,
    "/stitch/": judge_stitch,
}
#: What people open in a browser, though it lies below an API.
PAGES = ("/api/v1/docs", "/outpost/portal", "/stitch/session", "/stitch/oauth/authorization")


def judge(face: str, request: Request, answer: Answer) -> None:
    """Raises AssertionError, and whatever else, for an answer that this face does not give."""
    assert answer.status < 500 or answer.status in (501, 503)
    if request.path.startswith(PAGES):
        return
    assert "html" not in answer.type
    if answer.status >= 400 and request.method != "HEAD":
        JUDGES[face](request.path, answer.status, answer.type, json.loads(answer.content) if answer.content else None)
    elif answer.content and not answer.type.startswith("text/plain"):
        json.loads(answer.content)
