"""Asking for a token at an OAuth 2.0 token endpoint."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from connectors.probes import http
from connectors.steps import Steps


@dataclass(frozen=True, slots=True)
class Answer:
    """`said` is the JSON object that was answered, empty when there was none."""

    status: int
    said: Mapping[str, Any] = field(repr=False)

    @property
    def token(self) -> str:
        """The bearer token, empty when none was given that can be sent in a header."""
        token = self.said.get("access_token")
        if self.status == 200 and isinstance(token, str) and token.isascii() and token.isprintable():
            return token
        return ""


async def ask(url: str, form: Mapping[str, str], steps: Steps | None = None) -> Answer:
    """Send the form, with whatever proves who asks. Raises `CheckFailed` as `http.call` does."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    answer = await http.call("POST", url, steps, headers=headers, body=urlencode(form).encode())
    return Answer(answer.status, answer.json or {})
