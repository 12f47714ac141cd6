"""A stand-in for Hookdeck's API that looks at the tokens it is sent."""

import base64
from collections.abc import Iterator

import pytest

from tests.servers.http import Server, listening

LEAK = "a body that belongs in no message"


def made(text):
    return base64.b64encode(text.encode()).decode()


TOKEN = made("src_abc-1:the-right-to-send:with colons")
CODES = {400: "denied", 401: "denied", 403: "denied", 404: "not_found", 429: "quota"}
CODES |= dict.fromkeys((204, 301, 500, 503), "remote")
OTHERS = {made(f"src_{status}:x"): status for status in CODES}


def api(handler):
    """Answer as far as is known how Hookdeck does: 200 and the source, if the token is that of the source asked for."""
    first, *lines = b"".join(iter(handler.rfile.readline, b"\r\n")).decode().splitlines()
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    token = headers.get("x-hookdeck-source-token", "")
    identifier = base64.b64decode(token).decode().partition(":")[0]
    assert first == f"GET /2025-01-01/sources/{identifier}/managed/verify HTTP/1.1"
    status, body = 401, LEAK
    if token == TOKEN:
        status, body = 200, '{"id": "src_abc-1", "name": "orders"}'
    elif token == made("odd:x"):
        status, body = 200, LEAK
    elif token == made("list:x"):
        status, body = 200, "[" * 30000
    elif token in OTHERS:
        status, body = OTHERS[token], "" if OTHERS[token] == 204 else LEAK
    handler.wfile.write(b"HTTP/1.1 %d Some\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body.encode()))


@pytest.fixture
def hookdeck_api() -> Iterator[Server]:
    with listening(api) as server:
        yield server
