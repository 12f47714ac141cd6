"""An HTTP endpoint that receives signed requests."""

import json
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from rest_framework.exceptions import ValidationError

from connectors import signing
from connectors.base import Connector, Section, Steps, Values
from connectors.fields import ChoiceField, HeadersField, SecretField, UrlField
from connectors.probes import endpoint, http
from connectors.problems import Problem
from connectors.tls import CertificateField, tls_context

SEND = "send a signed test request"
TYPE = "landfall.check"


class SigningSecretField(SecretField):
    """Any text; what begins with `whsec_` must go on in base64."""

    def check_text(self, text: str) -> None:
        super().check_text(text)
        try:
            signing.key(text)
        except ValueError:
            raise ValidationError("After whsec_ this must go on in base64.", code="pattern") from None


class Webhook(Connector):
    """An HTTP endpoint that receives signed requests."""

    type = "webhook"
    label = "Webhook"
    family = "HTTP"
    steps = ("resolve", "connect", "tls", SEND)
    rights = "None, but what the endpoint itself asks for, such as an `Authorization` header."
    tested = "Against real HTTP and HTTPS servers with certificates of the tests' own."
    effect = f"Sends one signed test request of the type {TYPE} to the URL."

    class Config(Section):
        url = UrlField(label="URL", help_text="Where requests are sent, such as https://example.com/hooks.")
        method = ChoiceField(
            choices=("POST", "PUT"), default="POST", label="Method", help_text="The HTTP method of the requests."
        )
        headers = HeadersField(
            required=False,
            label="Headers",
            help_text="Sent with every request and shown to everyone who may see the destination.",
        )
        ca_certificate = CertificateField(
            required=False,
            max_length=65536,
            label="CA certificate",
            help_text="PEM text of the CA that issued the server's certificate, if no public CA did.",
        )

    class Credentials(Section):
        secret = SigningSecretField(
            default=signing.generate_secret,
            max_length=1024,
            label="Signing secret",
            help_text="Signs every request as Standard Webhooks has it: whsec_ and base64, or any text. "
            "Left out, one is made.",
        )
        headers = HeadersField(
            secret=True,
            required=False,
            label="Secret headers",
            help_text="Sent with every request and never shown, such as Authorization.",
        )

    def validate(self, config: Values, credentials: Values) -> Iterator[Problem]:
        sections = (("config", config), ("credentials", credentials))
        for section, values in sections:
            for name in values.get("headers", {}):
                if name.lower() in signing.HEADERS:
                    yield Problem(f"{section}.headers.{name}", "invalid", "This header is set by Landfall itself.")
        yield from endpoint.twice(sections)

    def target(self, config: Values) -> str:
        return str(config["url"])

    def host(self, config: Values) -> str:
        return urlsplit(config["url"]).netloc.lower()

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        body = _body()
        headers = _headers(config, credentials, body)
        trusted = tls_context(config.get("ca_certificate", ""))
        with steps(SEND):
            answer = await http.call(config["method"], config["url"], steps, headers=headers, body=body, tls=trusted)
            endpoint.judge(answer.status, _FAULTS)


def _body() -> bytes:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    data = {"message": "Landfall checks whether it can reach this endpoint. There is nothing to do."}
    return json.dumps({"type": TYPE, "timestamp": now, "data": data}, separators=(",", ":")).encode()


def _headers(config: Values, credentials: Values, body: bytes) -> dict[str, str]:
    given = {**config.get("headers", {}), **credentials.get("headers", {})}
    identifier = f"msg_{secrets.token_urlsafe(18)}"
    return endpoint.merged(endpoint.OWN, given) | signing.sign(
        credentials["secret"], identifier, int(time.time()), body
    )


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
