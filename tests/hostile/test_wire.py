"""What the web server itself has to answer, and what it makes of bodies before anybody else sees them."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPResponse
from pathlib import Path

import pytest

from config.launch import serving
from tests.servers.process import free_port, listening, running
from tests.test_settings import KEYS, manage

ADDRESS = "/redox/v2/auth/token"
#: That a body was read shows in the answer: without one, the grant type is unsupported.
FORM = b"grant_type=client_credentials"


@pytest.fixture(scope="module")
def port(tmp_path_factory) -> Iterator[int]:
    with served(tmp_path_factory.mktemp("web")) as found:
        yield found


@pytest.fixture(scope="module")
def narrow(tmp_path_factory) -> Iterator[int]:
    """One that serves two requests at once, and waits a second for each."""
    with served(tmp_path_factory.mktemp("narrow"), "--workers=1", "--threads=2", LANDFALL_REQUEST_TIMEOUT="1") as found:
        yield found


@pytest.fixture(scope="module")
def patient(tmp_path_factory) -> Iterator[int]:
    """The same, but it would wait a minute."""
    folder = tmp_path_factory.mktemp("patient")
    with served(folder, "--workers=1", "--threads=2", LANDFALL_REQUEST_TIMEOUT="60") as found:
        yield found


@contextmanager
def served(folder: Path, *flags: str, **variables: str) -> Iterator[int]:
    """The web server as `start` runs it, on a database without rows."""
    assert manage(folder, "migrate", **KEYS).returncode == 0
    found = free_port()
    with closing(serving.listen("127.0.0.1", 0)) as listener:
        command = serving.children(listener)[-1].command
    command = [f"--bind=127.0.0.1:{found}" if word.startswith("--bind=") else word for word in command]
    environment = KEYS | variables | {"DJANGO_SETTINGS_MODULE": "config.settings", "LANDFALL_VAR": str(folder)}
    with running([*command[:-1], *flags, command[-1]], lambda: listening(found), folder=folder, env=environment):
        yield found


def answered(port: int, *pieces: bytes) -> tuple[int, str, bytes]:
    """Status, content type and body of the answer to what is sent as it is, and no more after it."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as sock:
        try:
            for piece in pieces:
                sock.sendall(piece)
            sock.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has answered before it had read all
        response = HTTPResponse(sock)
        response.begin()
        return response.status, response.headers["Content-Type"], response.read()


def post(*headers: str) -> bytes:
    return "\r\n".join([f"POST {ADDRESS} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode("latin-1")


def chunk(content: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(content), content)


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        (414, b"GET /api/v1/" + b"x" * 10_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        (414, b"GET /api/v1/destinations?" + b"x" * 10_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        (400, b"GET /api/v1/destinations\r\n\r\n"),
        (400, b"GET /api/v1/ HTTP/9.9\r\nHost: localhost\r\n\r\n"),
        (400, b"\xff\xfe /api/v1/ HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        (400, post("Content-Length: x")),
        (400, post("Content-Length: -1")),
        (400, post("Content-Length: 3", "Content-Length: 4")),
        (400, post("Content-Length: 3", "Transfer-Encoding: chunked")),
        (400, post("A\x00b: c")),
        (400, post("Authorization: a\x00b")),
        (400, post("Authorization : x")),
        (431, post("Authorization: " + "x" * 10_000)),
        (431, post(*(f"X-{number}: x" for number in range(200)))),
        (501, post("Transfer-Encoding: nonsense")),
        (400, post("Transfer-Encoding: chunked") + b"zz\r\nxx\r\n0\r\n\r\n"),
        (400, post("Transfer-Encoding: chunked") + b"-1\r\nxx\r\n0\r\n\r\n"),
    ],
    ids=lambda value: repr(value[:60]) if isinstance(value, bytes) else str(value),
)
def test_what_cannot_be_handed_on_is_answered_in_json(port, status, sent):
    got, type_, body = answered(port, sent)
    assert (got, type_) == (status, "application/problem+json")
    problem = json.loads(body)
    assert problem.keys() == {"type", "title", "status", "detail", "errors"}
    assert (problem["status"], problem["errors"]) == (status, [])


def test_a_body_in_chunks_is_read(port):
    status, _, body = answered(port, post("Transfer-Encoding: chunked"), *map(chunk, (FORM[:5], FORM[5:], b"")))
    assert (status, json.loads(body)["error"]) == (400, "invalid_request")
    status, _, body = answered(port, post("Transfer-Encoding: chunked"), chunk(b""))
    assert (status, json.loads(body)["error"]) == (400, "unsupported_grant_type")


def test_a_body_in_chunks_has_a_most_too(port):
    status, type_, body = answered(port, post("Transfer-Encoding: chunked"), *[chunk(b"x" * 2**16)] * 20, chunk(b""))
    assert (status, type_, json.loads(body)["payload"]["errors"]) == (413, "application/json", [])


def test_a_body_that_is_shorter_than_it_says_is_read_as_it_is(port):
    status, _, body = answered(port, post(f"Content-Length: {len(FORM) + 10}"), FORM)
    assert (status, json.loads(body)["error"]) == (400, "invalid_request")


def test_a_body_that_is_longer_than_it_says_is_cut_off(port):
    status, _, body = answered(port, post("Content-Length: 5", "Connection: close"), FORM)
    assert (status, json.loads(body)["error"]) == (400, "unsupported_grant_type")


def test_what_is_packed_is_refused_on_the_wire(port):
    status, type_, _ = answered(port, post("Content-Encoding: gzip", f"Content-Length: {len(FORM)}"), FORM)
    assert (status, type_) == (415, "application/json")


def test_a_charset_that_is_none_breaks_nothing(port):
    """Django alone would fail for it before any of its code that could answer."""
    status, type_, _ = answered(
        port, b"GET /api/v1/x?a=1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: a/b; charset=base64\r\n\r\n"
    )
    assert (status, type_) == (404, "application/problem+json")


GET = b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        b"POST /api/v1/destin",
        post("X-Never: ends")[:-2],
        post("Content-Length: 30") + b"gra",
        post("Transfer-Encoding: chunked") + chunk(FORM)[:9],
        GET * 2_000,
    ],
    ids=["the request line", "a header", "a body", "a chunk", "answers that nobody takes"],
)
def test_who_is_slow_keeps_nobody_out_for_long(narrow, sent):
    with ExitStack() as slow:
        for _ in range(4):
            sock = slow.enter_context(closing(socket.socket()))
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.connect(("127.0.0.1", narrow))
            sock.setblocking(False)
            sock.send(sent)
        for _ in range(100):  # by then the answers fill whatever there is between here and there
            status, _, _ = answered(narrow, b"GET /api/v1/nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert status == 404


def test_while_every_thread_waits_none_waits_long(patient):
    with ExitStack() as slow:
        for _ in range(4):
            sock = slow.enter_context(socket.create_connection(("127.0.0.1", patient)))
            sock.sendall(post("Content-Length: 30") + b"gra")
        assert answered(patient, b"GET /api/v1/nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n")[0] == 404


def test_who_keeps_nobody_out_may_be_slow(patient):
    with socket.create_connection(("127.0.0.1", patient), timeout=30) as sock:
        sock.sendall(post(f"Content-Length: {len(FORM)}", "Connection: close") + FORM[:5])
        time.sleep(4)  # twice as long as where all are kept waiting
        sock.sendall(FORM[5:])
        response = HTTPResponse(sock)
        response.begin()
        assert (response.status, json.loads(response.read())["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(("path", "status"), [
    ("/api/v1/destinations", 408),
    ("/cloudflare/client/v4/accounts/a/workers/observability/destinations", 400),
    ("/outpost/api/v1/t1/destinations", 408),
    ("/planet/destinations/v1", 408),
    ("/redox/platform/v1/environments", 408),
    ("/stitch/v4/destinations", 408),
])  # fmt: skip
def test_a_body_that_comes_late_is_refused_in_words_of_whom_it_was_for(narrow, path, status):
    with socket.create_connection(("127.0.0.1", narrow), timeout=30) as sock:
        sock.sendall(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{{".encode())
        response = HTTPResponse(sock)
        response.begin()
        assert (response.status, "json" in str(response.headers["Content-Type"])) == (status, True)
        assert "time" in response.read().decode()
