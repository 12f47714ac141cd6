"""A stand-in for Cloudflare's API with one account and its queues, which verifies every token and request."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.servers.http import Request, Server, listening, read

ACCOUNT, OTHER_ACCOUNT = "0123456789abcdef0123456789abcdef", "00000000000000000000000000000000"
QUEUE, NO_QUEUE = "fedcba9876543210fedcba9876543210", "11111111111111111111111111111111"


@dataclass(frozen=True)
class Token:
    rights: tuple[str, ...] = ()
    status: str = "active"
    of_account: bool = False


TOKENS = {
    "the-token-of-the-editor-of-queues": Token(("read", "write")),
    "cfat-the-token-of-the-account": Token(("read", "write"), of_account=True),
    "the-token-of-the-reader-of-queues": Token(("read",)),
    "the-token-for-other-things": Token(),
    "cfat-the-account's-for-other-things": Token(of_account=True),
    "the-token-that-has-expired": Token(("read", "write"), status="expired"),
    "the-token-that-is-disabled": Token(("read", "write"), status="disabled"),
}
EDITOR, OF_ACCOUNT, READER, STRANGER, OF_ACCOUNT_STRANGER, EXPIRED, DISABLED = TOKENS
GOOD: dict[str, Any] = {"success": True, "errors": [], "messages": []}


@dataclass
class Cloudflare:
    server: Server
    #: Instead of what it would answer to an authorised batch: a status and the code of the error.
    batch: tuple[int, int] | None = None
    #: Paths whose answers are to be others, with those.
    instead: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.server.url("")

    @property
    def asked(self) -> list[str]:
        return [f"{request.method} {request.target}" for request in self.server.requests]

    def answer(self, request: Request) -> tuple[int, dict[str, Any]]:
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not text.isascii() or len(text) < 10:
            chain = [{"code": 6111, "message": "Invalid format for Authorization header"}]
            return error(400, 6003, "Invalid request headers", error_chain=chain)
        token = TOKENS.get(text)
        match request.method, *request.target.removeprefix("/client/v4/").split("/"):
            case "GET", "user", "tokens", "verify":
                return self._verified(token, token is not None and not token.of_account)
            case "GET", "accounts", account, "tokens", "verify":
                return self._verified(token, token is not None and token.of_account and account == ACCOUNT)
            case "GET", "accounts", account, "queues", queue:
                return self._queue(token, "read", account, queue) or good({"queue_id": queue, "queue_name": "events"})
            case "POST", "accounts", account, "queues", queue, "messages", "batch":
                refused = self._queue(token, "write", account, queue)
                if refused is None and self.batch is None:
                    assert request.headers["content-type"] == "application/json"
                    assert json.loads(request.body) == {"messages": []}
                return refused or (error(*self.batch, "No") if self.batch else good(None))
        return error(404, 7003, "Could not route to that, perhaps your object identifier is invalid?")

    def _verified(self, token: Token | None, known: bool) -> tuple[int, dict[str, Any]]:
        return good({"id": "1", "status": token.status}) if token and known else error(401, 1000, "Invalid API Token")

    def _queue(self, token: Token | None, right: str, account: str, queue: str) -> tuple[int, dict[str, Any]] | None:
        if token is None or token.status != "active":
            return error(401, 10000, "Authentication error")
        if right not in token.rights or account != ACCOUNT:
            return error(403, 10000, "Authentication error")
        return None if queue == QUEUE else error(404, 10104, "Queue does not exist")


def good(result: Any) -> tuple[int, dict[str, Any]]:
    return 200, GOOD | {"result": result}


def error(status: int, code: int, message: str, **more: Any) -> tuple[int, dict[str, Any]]:
    errors = [{"code": code, "message": f"{message}: a body that belongs in no message", **more}]
    return status, {"success": False, "errors": errors, "messages": [], "result": None}


@contextmanager
def cloudflare_api() -> Iterator[Cloudflare]:
    def talk(handler):
        request = read(handler)
        path = request.target.partition("/client/v4/")[2].rpartition("/")[2]
        status, body = api.instead.get(path) or _encoded(*api.answer(request))
        handler.wfile.write(b"HTTP/1.1 %d Something\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))

    with listening(talk) as server:
        api = Cloudflare(server)
        yield api


def _encoded(status: int, envelope: dict[str, Any]) -> tuple[int, bytes]:
    return status, json.dumps(envelope).encode()
