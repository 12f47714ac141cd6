"""Asking for a token at an OAuth 2.0 token endpoint."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from connectors.probes import http
from connectors.steps import Steps

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Answer:
    """`said` is the JSON object that was answered, empty when there was none."""

    status: int
    said: Mapping[str, Any] = field(repr=False)

    @property
    def token(self) -> str:
        return self.named("access_token")

    def named(self, name: str) -> str:
        """The bearer token under this name, empty when none was given that can be sent in a header."""
        token = self.said.get(name)
        if self.status == 200 and isinstance(token, str) and token.isascii() and token.isprintable():
            return token
        return ""


async def ask(
    url: str,
    form: Mapping[str, str],
    steps: Steps | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    as_json: bool = False,
) -> Answer:
    """Send the form, with whatever proves who asks. Raises `CheckFailed` as `http.call` does."""
    kind, body = ("application/json", json.dumps(dict(form))) if as_json else (FORM, urlencode(form))
    sent = {"Content-Type": kind, "Accept": "application/json"} | dict(headers or {})
    answer = await http.call("POST", url, steps, headers=sent, body=body.encode())
    return Answer(answer.status, answer.json or {})
