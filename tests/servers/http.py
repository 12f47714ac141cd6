"""A small web server on loopback whose answer is chosen by the path, and other ways in which a port can behave."""

import gzip
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import BufferedReader
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.servers.certificates import Authority
from tests.servers.tls import server_context

TLS_HANDSHAKE = b"\x16"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Server:
    """A listening port. `requests` and `connections` are what came in so far."""

    port: int
    scheme: str = "http"
    host: str = "127.0.0.1"
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    def url(self, path: str = "/", host: str = "") -> str:
        return f"{self.scheme}://{host or self.host}:{self.port}{path}"

    @property
    def request(self) -> Request:
        """The newest."""
        return self.requests[-1]


Talk = Callable[["_Handler"], None]


@contextmanager
def listening(talk: Talk, context: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0):
    """Serve every connection by `talk`, in threads, until the block ends."""
    with (_Listener6 if ":" in host else _Listener)((host, port), _Handler) as listener:
        listener.talk, listener.context = talk, context
        listener.server = Server(listener.server_address[1], "https" if context else "http", host)
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield listener.server
        finally:
            listener.shutdown()
            thread.join()


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128
    talk: Talk
    context: ssl.SSLContext | None
    server: Server

    def handle_error(self, request, client_address):
        """Clients hang up in the middle; that is what many tests are about."""


class _Listener6(_Listener):
    address_family = socket.AF_INET6


class _Handler(socketserver.StreamRequestHandler):
    server: _Listener
    rfile: BufferedReader

    def setup(self):
        self.server.server.connections += 1
        if self.server.context:
            wrapped = self.server.context.wrap_socket(self.request, server_side=True, do_handshake_on_connect=False)
            self.request = wrapped
            try:
                wrapped.do_handshake()
            except ssl.SSLError:
                self.hang_up(wrapped)
                raise
        super().setup()

    def hang_up(self, sock):
        """Let the client read why: with words of its unread, the system would tell it nothing but a reset."""
        with suppress(OSError), sock:
            sock.settimeout(2)
            socket.socket.shutdown(sock, socket.SHUT_WR)
            while socket.socket.recv(sock, 65536):
                pass

    def handle(self):
        with suppress(OSError, EOFError):
            self.server.talk(self)

    def finish(self):
        with suppress(OSError):
            super().finish()
        self.request.close()


def web(handler: _Handler) -> None:
    """Read a request, keep it, and answer as its path says."""
    if handler.rfile.peek(1)[:1] == TLS_HANDSHAKE:
        handler.wfile.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        return
    target = read(handler).target
    kind, _, argument = urlsplit(target).path.strip("/").partition("/")
    ANSWERS.get(kind, ok)(handler, argument or parse_qs(urlsplit(target).query).get("to", [""])[0])


def read(handler: _Handler) -> Request:
    """Read a request and keep it. Who hangs up without one is hung up on."""
    heard = b""
    while (line := handler.rfile.readline()) != b"\r\n":
        if not line:
            raise EOFError
        heard += line
    first, *lines = heard.decode().splitlines()
    method, target, _ = first.split(" ")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    body = handler.rfile.read(int(headers.get("content-length", 0)))
    request = Request(method, target, headers, body)
    handler.server.server.requests.append(request)
    return request


def ok(handler: _Handler, _: str) -> None:
    handler.wfile.write(OK)


def status(handler: _Handler, code: str) -> None:
    body = b"" if code == "204" else b"a body that belongs in no message"
    handler.wfile.write(b"HTTP/1.1 %s Something\r\nContent-Length: %d\r\n\r\n%s" % (code.encode(), len(body), body))


def body(handler: _Handler, text: str) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(text.encode()), text.encode()))


def redirect(handler: _Handler, place: str) -> None:
    handler.wfile.write(b"HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % place.encode())


def endless(handler: _Handler, code: str) -> None:
    handler.wfile.write(b"HTTP/1.1 %s Something\r\n\r\n" % (code or "200").encode())
    while True:
        handler.wfile.write(b"x" * 65536)


def bomb(handler: _Handler, _: str) -> None:
    packed = gzip.compress(bytes(10_000_000))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    handler.wfile.write(head + packed)


def many_headers(handler: _Handler, _: str) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X-More: %s\r\n" % (b"x" * 1000) * 1000 + b"\r\n")


def long_header(handler: _Handler, _: str) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: %s\r\n\r\n" % (b"x" * 1_000_000))


def cookie(handler: _Handler, _: str) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\nSet-Cookie: c=d\r\nContent-Length: 0\r\n\r\n")


def half(handler: _Handler, _: str) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")


def garbage(handler: _Handler, _: str = "") -> None:
    handler.wfile.write(b"\x00\x01\x02 this is no protocol \xff\xfe\r\n\r\n")


def close(handler: _Handler, _: str = "") -> None:
    """Say nothing and hang up."""


def hang(handler: _Handler, _: str = "") -> None:
    """Accept whatever comes and never answer, until the other side gives up."""
    while handler.request.recv(65536):
        pass


ANSWERS: dict[str, Callable[[_Handler, str], None]] = {
    answer.__name__: answer
    for answer in (status, body, redirect, endless, bomb, many_headers, long_header, cookie, half, garbage, close, hang)
}


@pytest.fixture
def http_server() -> Iterator[Server]:
    with listening(web) as server:
        yield server


@pytest.fixture
def https_server(authority: Authority) -> Iterator[Server]:
    """With a certificate of the test CA for localhost and 127.0.0.1."""
    with listening(web, server_context(authority, "localhost", "127.0.0.1")) as server:
        yield server
