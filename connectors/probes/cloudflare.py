"""Cloudflare's API: requests with a token, and what its answers say."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from connectors.probes import endpoint, http
from connectors.problems import CheckFailed
from connectors.steps import Steps

API = "https://api.cloudflare.com"

# Codes in the errors of an answer.
MALFORMED_TOKEN = frozenset({6003, 6111})
REFUSED = frozenset({9109, 10000, 10001, 10106})

_FAULTS: dict[int, endpoint.Fault] = {
    429: ("quota", "{who} asks for fewer requests (status 429).", "Wait some minutes, then check again."),
    5: ("remote", "{who} failed (status {status}).", "Check again later, and look at Cloudflare's status page."),
}


class Reply(NamedTuple):
    status: int
    good: bool
    codes: frozenset[int]
    result: Mapping[str, Any]

    @property
    def refused(self) -> bool:
        """Whether the token is not accepted, or not for this."""
        return self.status in {401, 403} or bool(self.codes & REFUSED and not self.good)


@dataclass(frozen=True, slots=True)
class Account:
    """What a token may do in an account."""

    id: str
    token: str = field(repr=False)

    async def ask(self, method: str, path: str, steps: Steps | None = None, body: bytes = b"") -> Reply:
        """`path` is that within the account. Raises `CheckFailed` when there is no proper answer, not when it is no."""
        return await self._send(method, f"accounts/{self.id}/{path}", steps, body)

    async def token_status(self) -> str:
        """What Cloudflare says the token is: active, disabled or expired; empty if it does not know it.

        Tokens belong to a user or to an account, and each kind is known in one place only.
        """
        for path in ("user/tokens/verify", f"accounts/{self.id}/tokens/verify"):
            reply = await self._send("GET", path)
            if reply.good:
                return str(reply.result.get("status", ""))
        return ""

    async def _send(self, method: str, path: str, steps: Steps | None = None, body: bytes = b"") -> Reply:
        headers = endpoint.OWN | {"Authorization": f"Bearer {self.token}"}
        answer = await http.call(method, f"{API}/client/v4/{path}", steps, headers=headers, body=body)
        if answer.status == 429 or answer.status >= 500:
            endpoint.judge(answer.status, _FAULTS, "Cloudflare")
        return _read(answer)


def _read(answer: http.Answer) -> Reply:
    try:
        envelope = json.loads(answer.body)
        good, result, codes = envelope["success"] is True, envelope.get("result"), _codes(envelope.get("errors"))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        message = f"What answers at {API.partition('//')[2]} is not Cloudflare's API."
        raise CheckFailed("protocol", message, "Check the name servers and proxies between Landfall and it.") from None
    good = good and 200 <= answer.status < 300
    return Reply(answer.status, good, frozenset(codes), result if isinstance(result, dict) else {})


def _codes(errors: Any) -> list[int]:
    found = [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
    inner = [code for error in found for code in _codes(error.get("error_chain"))]
    return [*(error["code"] for error in found if isinstance(error.get("code"), int)), *inner]
