"""The handshake by which an endpoint shows that it knows who calls and wants to be called, as Redox has it."""

import json
import ssl
import uuid
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from connectors.probes import endpoint, http
from connectors.problems import CheckFailed
from connectors.steps import Steps

HEADER = "verification-token"
#: What endpoints that were written for Redox know its requests by.
CALLER = {"application-name": "RedoxEngine"}


async def shake_hands(
    method: str,
    url: str,
    token: str,
    steps: Steps,
    *,
    headers: Mapping[str, str],
    tls: ssl.SSLContext | None,
    faults: Mapping[int, endpoint.Fault],
) -> None:
    """Send a new challenge with the token; the answer has to be a success and hold it. Raises `CheckFailed`."""
    challenge = str(uuid.uuid4())
    asked = {HEADER: token, "challenge": challenge}
    sent = endpoint.merged(headers, CALLER | {HEADER: token})
    body = b""
    if method == "POST":
        body = json.dumps(asked, separators=(",", ":")).encode()
    else:
        url = _with_query(url, {"challenge": challenge, HEADER: token})
    answer = await http.call(method, url, steps, headers=sent, body=body, tls=tls, sign=steps.sign)
    endpoint.judge(answer.status, faults)
    if challenge.encode() not in answer.body:
        raise CheckFailed(
            "protocol",
            "The endpoint answered without the challenge that it was sent.",
            f"Let the endpoint compare “{HEADER}” with its own, and answer with the value of “challenge” in the body.",
        )


def _with_query(url: str, query: Mapping[str, str]) -> str:
    parts = urlsplit(url)
    whole = "&".join(part for part in (parts.query, urlencode(query)) if part)
    return parts._replace(query=whole, fragment="").geturl()
