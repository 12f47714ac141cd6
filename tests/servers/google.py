"""A stand-in for Google: it verifies who signs in and with what token he comes, and answers as it is told.

And an emulator of Cloud Storage, which asks nobody who he is.
"""

import json
import secrets
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.probes.google import account
from tests.servers.http import Request
from tests.servers.process import free_port, listening, require, running, scratch

EMAIL = "loader@the-project.iam.gserviceaccount.com"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
KEY_ID = "1234567890abcdef"

Said = tuple[int, Any]
Answer = Said | Callable[[Request], Said]


def make_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def pem(key: rsa.RSAPrivateKey) -> str:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def service_account(key: rsa.RSAPrivateKey, token_uri: str, **others: Any) -> str:
    """The JSON file of a key, as Google hands it out."""
    return json.dumps(
        {
            "type": "service_account",
            "project_id": "the-project",
            "private_key_id": KEY_ID,
            "private_key": pem(key),
            "client_email": EMAIL,
            "client_id": "100000000000000000001",
            "token_uri": token_uri,
        }
        | others,
        indent=2,
    )


def refusal(status: int, reason: str, name: str = "") -> Said:
    """An error as the older of the APIs spell it."""
    errors = [{"domain": "global", "reason": reason, "message": LEAK}]
    named = {"status": name} if name else {}
    return status, {"error": {"code": status, "message": LEAK, "errors": errors, **named}}


def newer_refusal(status: int, name: str, reason: str = "") -> Said:
    """An error as the newer of the APIs spell it."""
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"}
    return status, {"error": {"code": status, "message": LEAK, "status": name, "details": [info] if reason else []}}


LEAK = "a text of the service's that belongs in no message"
DENIED = newer_refusal(401, "UNAUTHENTICATED")


@dataclass
class Google:
    """`answers` holds what is answered, by method and decoded path (`GET /v1/…`); all else is passed on to `behind`."""

    port: int
    key: rsa.RSAPrivateKey
    answers: dict[str, Answer] = field(default_factory=dict)
    #: Instead of what the sign-in would answer.
    sign_in: Said | None = None
    #: The port of the server to pass requests on to.
    behind: int = 0
    #: Whether it asks nobody who he is, as emulators do.
    open: bool = False
    requests: list[Request] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def token_uri(self) -> str:
        return f"{self.url}/token"

    @property
    def credentials(self) -> dict[str, str]:
        return {"service_account_json": service_account(self.key, self.token_uri)}

    @property
    def request(self) -> Request:
        """The newest."""
        return self.requests[-1]

    @property
    def asked(self) -> list[str]:
        """Method and path of every request, in order."""
        return [f"{request.method} {unquote(urlsplit(request.target).path)}" for request in self.requests]

    def answer(self, request: Request) -> tuple[int, bytes]:
        self.requests.append(request)
        path = urlsplit(request.target).path
        if path == "/token":
            status, said = self.sign_in or self._sign_in(request)
        elif not self.open and request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            status, said = DENIED
        else:
            planned = self.answers.get(f"{request.method} {unquote(path)}")
            if planned is None and self.behind:
                return self._pass_on(request)
            status, said = (planned or refusal(404, "notFound")) if not callable(planned) else planned(request)
        return status, said if isinstance(said, bytes) else json.dumps(said).encode()

    def _sign_in(self, request: Request) -> Said:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        assert form["grant_type"] == GRANT
        try:
            assert jwt.get_unverified_header(form["assertion"])["kid"] == KEY_ID
            claims = jwt.decode(form["assertion"], self.key.public_key(), ["RS256"], audience=self.token_uri)
        except jwt.InvalidSignatureError:
            return 400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
        assert 0 < claims["exp"] - claims["iat"] <= 3600
        if claims["iss"] != EMAIL:
            return 400, {"error": "invalid_grant", "error_description": "Invalid grant: account not found"}
        if abs(claims["iat"] - time.time()) > 300:
            return 400, {"error": "invalid_grant", "error_description": "Invalid JWT: not in a reasonable timeframe."}
        token = f"ya29.{secrets.token_urlsafe(24)}"
        self.tokens[token] = claims["scope"]
        return 200, {"access_token": token, "expires_in": 3599, "token_type": "Bearer"}

    def _pass_on(self, request: Request) -> tuple[int, bytes]:
        connection = HTTPConnection("127.0.0.1", self.behind, timeout=10)
        try:
            kind = {name: request.headers[name] for name in ("content-type",) if name in request.headers}
            connection.request(request.method, request.target, request.body, kind)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    google: Google

    def handle_error(self, request, client_address):
        """Clients hang up in the middle; that is what many tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Listener

    def setup(self):
        super().setup()
        self.do_GET = self.do_POST = self.do_DELETE = self.reply

    def reply(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, said = self.server.google.answer(Request(self.command, self.path, headers, body))
        if said == HANG:
            while self.rfile.read(1):
                pass
            return
        self.send_response(status)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format, *args):
        pass


HANG = b"never mind: nothing is answered"


@pytest.fixture(scope="session")
def google_key() -> rsa.RSAPrivateKey:
    return make_key()


@pytest.fixture
def google(google_key: rsa.RSAPrivateKey, monkeypatch: pytest.MonkeyPatch) -> Iterator[Google]:
    """Stands where the checks look for Google, for as long as the test runs."""
    with _Listener(("127.0.0.1", 0), _Handler) as listener:
        listener.google = Google(listener.server_address[1], google_key)
        monkeypatch.setattr(account, "TOKEN_URIS", frozenset({listener.google.token_uri}))
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield listener.google
        finally:
            listener.shutdown()
            thread.join()


@dataclass
class Storage:
    """The emulator, and a client of the tests' own."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def create(self, bucket: str) -> str:
        self._call("POST", "/storage/v1/b?project=the-project", {"name": bucket})
        return bucket

    def objects(self, bucket: str) -> list[str]:
        return [one["name"] for one in self._call("GET", f"/storage/v1/b/{bucket}/o").get("items", [])]

    def _call(self, method: str, path: str, document: Mapping[str, Any] | None = None) -> dict[str, Any]:
        body = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(self.url + path, body, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)


@pytest.fixture(scope="session")
def gcs() -> Iterator[Storage]:
    """An emulator of Cloud Storage that keeps everything in memory."""
    program, port = require("gcp-storage-emulator"), free_port()
    command = [sys.executable, program, "start", "--host=127.0.0.1", f"--port={port}", "--in-memory", "--quiet"]
    with scratch("gcs") as folder, running(command, lambda: listening(port), folder=folder):
        yield Storage(port)
