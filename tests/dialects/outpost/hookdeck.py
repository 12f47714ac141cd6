"""A stand-in for Hookdeck, of which there is none to run in a test: it knows one source and its token."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from unittest.mock import patch

from connectors.types import hookdeck as product
from tests.servers.http import Request, listening, read
from tests.servers.process import free_port


class Hookdeck:
    """`reply` is the status and body of every answer; `requests` is what was asked."""

    reply: tuple[int, Any] = (200, {"id": "src_abc", "name": "orders"})

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def talk(self, handler: Any) -> None:
        self.requests.append(read(handler))
        status, content = self.reply
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Length: {len(body)}\r\n\r\n"
        handler.wfile.write(head.encode() + body)


@contextmanager
def standing_in() -> Iterator[Hookdeck]:
    stand_in = Hookdeck()
    with listening(stand_in.talk) as server, patch.object(product, "API", server.url("")):
        yield stand_in


@contextmanager
def nobody_there() -> Iterator[None]:
    with patch.object(product, "API", f"http://127.0.0.1:{free_port()}"):
        yield
