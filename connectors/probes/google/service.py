"""One of Google's APIs, and how to speak to it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from connectors.base import Values
from connectors.fields import BaseUrlField, PatternField
from connectors.probes import http
from connectors.probes.google import account
from connectors.probes.google.account import ServiceAccount
from connectors.probes.google.tokens import token
from connectors.problems import Problem
from connectors.steps import Steps

SIGN_IN = "sign in"
STEPS = ("resolve", "connect", "tls", SIGN_IN)


class EndpointField(BaseUrlField):
    """The base URL of one of the APIs, where it is not the public one."""

    def __init__(self) -> None:
        super().__init__(
            required=False,
            label="Endpoint",
            help_text="Only for a regional or private endpoint of Google's (https://….googleapis.com), or for an "
            "emulator. Any other host than Google's is taken for an emulator: it is asked without signing in.",
        )


class ProjectField(PatternField):
    """The ID of a project, or its number; old ones begin with a domain and a colon."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            r"([a-z0-9.-]+:)?[a-z0-9][a-z0-9-]*",
            "This may hold small letters, digits and hyphens only.",
            max_length=100,
            **kwargs,
        )


@dataclass(frozen=True, slots=True)
class Service:
    """`label` is what people call it, `api` what has to be enabled, `scope` the least that a check must be granted."""

    label: str
    api: str
    url: str
    scope: str

    def host(self, config: Values) -> str:
        return urlsplit(config.get("endpoint") or self.url).netloc.lower()

    def problems(self, config: Values, credentials: Values) -> Iterator[Problem]:
        if not is_emulator(config):
            yield from account.problems(credentials)

    async def enter(self, config: Values, credentials: Values, steps: Steps) -> "Session":
        """Sign in, except to an emulator. Raises `CheckFailed`."""
        base = (config.get("endpoint") or self.url).rstrip("/")
        if is_emulator(config):
            steps.skip(SIGN_IN, "The endpoint is not Google's, so it is asked without credentials.")
            return Session(self, base, "", {}, steps)
        who = ServiceAccount.of(credentials)
        with steps(SIGN_IN):
            bearer = await token(who, self.scope, steps)
        return Session(self, base, who.email, {"Authorization": f"Bearer {bearer}"}, None)


@dataclass(slots=True)
class Session:
    """Requests to one service; the first shows the steps of its connection, unless signing in has shown them."""

    service: Service
    base: str
    #: Who is signed in, empty at an emulator.
    email: str
    headers: Mapping[str, str] = field(repr=False)
    steps: Steps | None

    @property
    def words(self) -> dict[str, str]:
        return {"label": self.service.label, "api": self.service.api, "who": self.email or "“nobody”"}

    async def call(self, method: str, path: str, document: Any = None, **query: str) -> http.Answer:
        """`path` is percent-encoded already. Raises `CheckFailed` as `http.call` does."""
        body = b"" if document is None else json.dumps(document).encode()
        return await self.send(method, path, "application/json", body, **query)

    async def send(self, method: str, path: str, kind: str, body: bytes, **query: str) -> http.Answer:
        asked = "&".join(f"{name}={encoded(value)}" for name, value in query.items())
        headers = {"Content-Type": kind} if body else {}
        return await self._exchange(method, path + (f"?{asked}" if asked else ""), headers, body)

    async def read(self, path: str, limit: int) -> http.Answer:
        """Get what may be larger than other answers: so many bytes of it."""
        return await self._exchange("GET", path, limit=limit)

    async def _exchange(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        limit: int = http.BODY_LIMIT,
    ) -> http.Answer:
        steps, self.steps = self.steps, None
        sent = {**self.headers, **(headers or {})}
        return await http.call(method, f"{self.base}{path}", steps, headers=sent, body=body, limit=limit)


def is_emulator(config: Values) -> bool:
    """A token is for Google alone: whoever may set the endpoint may not see the key."""
    endpoint = config.get("endpoint")
    if not endpoint:
        return False
    parts = urlsplit(endpoint)
    return parts.scheme != "https" or not (parts.hostname or "").rstrip(".").endswith(".googleapis.com")


def encoded(text: str) -> str:
    """As one part of a path, or as one value of a query."""
    return quote(text, safe="~")
