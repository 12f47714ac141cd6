"""HTTPS services of the tests' own that speak JSON, for those that cannot run here, and trust in their certificates."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.client import parse_headers
from typing import Any

import pytest

from connectors.tls import tls_context
from tests.servers.certificates import Authority
from tests.servers.http import Request, Server, Talk, _Handler, hang, listening
from tests.servers.tls import server_context

#: A status and what is sent as JSON, or bytes as they are, and headers if there are any; None for no answer at all.
Reply = tuple[int, Any] | tuple[int, Any, dict[str, str]] | None


@contextmanager
def serving(answer: Callable[[Request], Reply], authority: Authority, *names: str) -> Iterator[Server]:
    """A service at localhost, or under other names, whose certificate `authority` issued."""
    with listening(_speaking(answer), server_context(authority, *(names or ("localhost",)))) as server:
        yield server


@pytest.fixture
def system_trust(authority: Authority, tmp_path, monkeypatch) -> Iterator[None]:
    """The CA of the tests is one of those that the system trusts."""
    bundle = tmp_path / "ca.pem"
    bundle.write_text(authority.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    tls_context.cache_clear()
    yield
    tls_context.cache_clear()


def _speaking(answer: Callable[[Request], Reply]) -> Talk:
    def talk(handler: _Handler) -> None:
        method, target, _ = handler.rfile.readline().decode().split(" ")
        headers = {name.lower(): value for name, value in parse_headers(handler.rfile).items()}
        request = Request(method, target, headers, handler.rfile.read(int(headers.get("content-length", 0))))
        handler.server.server.requests.append(request)
        reply = answer(request)
        if reply is None:
            hang(handler)
            return
        status, content, *others = reply
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for headers in others for name, value in headers.items()]
        handler.wfile.write("\r\n".join([*lines, "", ""]).encode() + (b"" if method == "HEAD" else body))

    return talk
