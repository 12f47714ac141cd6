"""An HTTP endpoint that receives signed requests."""

import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from connectors import signing
from connectors.base import Connector, Section, Steps, Values
from connectors.fields import ChoiceField, HeaderSecretField, HeadersField, MomentField, SecretField, UrlField
from connectors.probes import endpoint, handshake, http
from connectors.problems import Problem
from connectors.signing import rfc3339
from connectors.tls import CertificateField, tls_context

SEND = "send a test request"
TYPE = "landfall.check"


class Webhook(Connector):
    """An HTTP endpoint that receives signed requests."""

    type = "webhook"
    label = "Webhook"
    family = "HTTP"
    steps = ("resolve", "connect", "tls", SEND)
    rights = "None, but what the endpoint itself asks for, such as an `Authorization` header."
    tested = "Against real HTTP and HTTPS servers with certificates of the tests' own."
    effect = (
        f"Sends one signed test request of the type {TYPE} to the URL; or, if there is a verification token, only a "
        "challenge that the endpoint has to answer with."
    )
    rotates = "secret"
    signs = True

    class Config(Section):
        url = UrlField(label="URL", help_text="Where requests are sent, such as https://example.com/hooks.")
        method = ChoiceField(
            choices=("POST", "PUT"), default="POST", label="Method", help_text="The HTTP method of the requests."
        )
        signature = ChoiceField(
            choices=("standard", "outpost"),
            required=False,
            label="Signature",
            help_text="How requests are signed: standard, as Standard Webhooks specifies, which it is when "
            "left out; or outpost, as Hookdeck Outpost does by default.",
        )
        verification = ChoiceField(
            choices=("POST", "GET"),
            required=False,
            label="Verification method",
            help_text="How the challenge of a handshake is sent, which takes a verification token: POST if left out.",
        )
        headers = HeadersField(
            required=False,
            label="Headers",
            help_text="Sent with every request and shown to everyone who may see the destination.",
        )
        ca_certificate = CertificateField(max_length=65536)

    class Credentials(Section):
        secret = SecretField(
            sent=False,
            default=signing.generate_secret,
            max_length=1024,
            label="Signing secret",
            help_text="Signs every request as Standard Webhooks has it: whsec_ and base64, or any text. "
            "Left out, one is made.",
        )
        previous_secret = SecretField(
            sent=False,
            required=False,
            max_length=1024,
            label="Previous signing secret",
            help_text="Signs beside the present one until it is no longer valid.",
        )
        previous_valid_until = MomentField(
            required=False,
            label="Previous secret valid until",
            help_text="The moment from which the previous secret does not sign any more, such as 2026-01-31T12:00:00Z.",
        )
        verification_token = HeaderSecretField(
            required=False,
            max_length=1024,
            label="Verification token",
            help_text="What the endpoint knows the caller by. With it a check is a handshake: the endpoint is sent the "
            "token and a challenge, and has to answer with the challenge.",
        )
        headers = HeadersField(
            secret=True,
            required=False,
            label="Secret headers",
            help_text="Sent with every request and never shown, such as Authorization.",
        )

    def validate(self, config: Values, credentials: Values) -> Iterator[Problem]:
        sections = (("config", config), ("credentials", credentials))
        own = (*signing.HEADERS, *signing.OUTPOST_HEADERS, handshake.HEADER)
        for section, values in sections:
            for name in values.get("headers", {}):
                if name.lower() in own:
                    yield Problem(f"{section}.headers.{name}", "invalid", "This header is set by Landfall itself.")
        if config.get("verification") and not credentials.get("verification_token"):
            yield Problem("credentials.verification_token", "required", "A handshake needs a verification token.")
        yield from endpoint.twice(sections)
        yield from _secret_problems(config, credentials)

    def rotate(self, credentials: Values, until: datetime) -> dict[str, Any]:
        new, old = signing.generate_secret(), credentials["secret"]
        return {**credentials, "secret": new, "previous_secret": old, "previous_valid_until": rfc3339(until)}

    def target(self, config: Values) -> str:
        return str(config["url"])

    def host(self, config: Values) -> str:
        return urlsplit(config["url"]).netloc.lower()

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        trusted = tls_context(config.get("ca_certificate", ""))
        if token := credentials.get("verification_token"):
            method = config.get("verification", "POST")
            given = endpoint.merged(endpoint.OWN, _given(config, credentials))
            with steps(SEND):
                await handshake.shake_hands(
                    method, config["url"], token, steps, headers=given, tls=trusted, faults=_FAULTS
                )
            return
        now = datetime.now(UTC)
        body = _body(now)
        headers = _headers(config, credentials, body, now)
        with steps(SEND):
            answer = await http.call(
                config["method"], config["url"], steps, headers=headers, body=body, tls=trusted, sign=steps.sign
            )
            endpoint.judge(answer.status, _FAULTS)


def _secret_problems(config: Values, credentials: Values) -> Iterator[Problem]:
    pair = ("previous_secret", "previous_valid_until")
    for missing, given in (pair, pair[::-1]):
        if given in credentials and missing not in credentials:
            yield Problem(f"credentials.{missing}", "required", "The previous secret and its end go together.")
    for name in ("secret", "previous_secret"):
        if config.get("signature") != "outpost" and not signing.is_key(credentials.get(name, "")):
            yield Problem(f"credentials.{name}", "pattern", "After whsec_ this must go on in base64.")


def valid_secrets(credentials: Values, now: datetime) -> list[str]:
    """What requests are signed with at this moment: the secret, and the one before while it is valid."""
    until = credentials.get("previous_valid_until")
    overlaps = until is not None and now < datetime.fromisoformat(until)
    return [credentials["secret"], *([credentials["previous_secret"]] if overlaps else [])]


def _body(now: datetime) -> bytes:
    data = {"message": "Landfall checks whether it can reach this endpoint. There is nothing to do."}
    return json.dumps({"type": TYPE, "timestamp": rfc3339(now), "data": data}, separators=(",", ":")).encode()


def _given(config: Values, credentials: Values) -> dict[str, str]:
    return {**config.get("headers", {}), **credentials.get("headers", {})}


def _headers(config: Values, credentials: Values, body: bytes, now: datetime) -> dict[str, str]:
    given = _given(config, credentials)
    identifier, valid = f"msg_{secrets.token_urlsafe(18)}", valid_secrets(credentials, now)
    if config.get("signature") == "outpost":
        signed = signing.outpost(valid, identifier, now, body, TYPE)
    else:
        signed = signing.standard(valid, identifier, now, body)
    return endpoint.merged(endpoint.OWN, given) | signed


_FAULTS: dict[int, endpoint.Fault] = {
    401: (
        "denied",
        "The endpoint does not accept the credentials (status 401).",
        "Check the secret headers, such as Authorization, and that the endpoint knows the signing secret.",
    ),
    403: (
        "forbidden",
        "The endpoint refuses the request (status 403).",
        "Allow requests from Landfall at the endpoint or its firewall, and check that it knows the signing secret.",
    ),
    405: (
        "remote",
        "The endpoint does not take this method (status 405).",
        "Choose the other method, or check the URL.",
    ),
    4: (
        "remote",
        "The endpoint does not accept the test request (status {status}).",
        f"Let the endpoint answer requests of the type {TYPE} with a status from 200 to 299.",
    ),
}
