"""A stand-in for Microsoft Entra's sign-in: it verifies the whole request, and gives tokens that servers here take."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import jwt
import pytest

from tests.servers.certificates import Authority
from tests.servers.http import Request
from tests.servers.rest import Reply, serving

TENANT = "01234567-89ab-cdef-0123-456789abcdef"
CLIENT = "fedcba98-7654-3210-fedc-ba9876543210"
SECRET = "pBq8Q~the.client-secret+with/odd=signs&more"
LEAK = "words of the server's that belong in no message"
KEY = "nobody verifies what this key signs, but it has to be long enough"


def refusal(number: int, error: str = "invalid_client", status: int = 401) -> Reply:
    """A refusal as Entra words it."""
    told = f"AADSTS{number}: {LEAK} Trace ID: 00000000"
    return status, {"error": error, "error_description": told, "error_codes": [number], "timestamp": "now"}


@dataclass
class Entra:
    port: int = 0
    secrets: dict[str, str] = field(default_factory=lambda: {CLIENT: SECRET})
    #: What it gives tokens for.
    resource: str = "https://storage.azure.com"
    #: An answer instead of the true one.
    reply: Reply = field(default=(0, None))
    #: What is changed in the tokens, by the name of the claim.
    claims: dict[str, Any] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)
    asked: int = 0

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def answer(self, request: Request) -> Reply:
        self.asked += 1
        path, _, version = request.target.removeprefix("/").partition("/")
        assert (request.method, version) == ("POST", "oauth2/v2.0/token")
        assert request.headers["content-type"] == "application/x-www-form-urlencoded"
        form = dict(parse_qsl(request.body.decode(), strict_parsing=True))
        assert set(form) == {"grant_type", "client_id", "client_secret", "scope"}
        assert form["grant_type"] == "client_credentials"
        assert form["scope"] == f"{self.resource}/.default"
        if self.reply != (0, None):
            return self.reply
        if path != TENANT:
            return refusal(90002, "invalid_request", 400)
        if form["client_id"] not in self.secrets:
            return refusal(700016, "unauthorized_client", 400)
        if form["client_secret"] != self.secrets[form["client_id"]]:
            return refusal(7000215)
        return 200, {"token_type": "Bearer", "expires_in": 3599, "access_token": self._token()}

    def _token(self) -> str:
        now = int(time.time())
        claims = {
            "aud": self.resource,
            "iss": f"https://sts.windows.net/{TENANT}/",
            "iat": now - 60,
            "nbf": now - 60,
            "exp": now + 3600,
            "appid": CLIENT,
        }
        self.tokens.append(jwt.encode(claims | self.claims, KEY, "HS256"))
        return self.tokens[-1]


@pytest.fixture
def entra(authority: Authority) -> Iterator[Entra]:
    stub = Entra()
    with serving(stub.answer, authority) as server:
        stub.port = server.port
        yield stub
