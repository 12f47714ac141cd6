"""A source of Hookdeck's event gateway."""

import base64
import binascii
import json
import re
from collections.abc import Iterator

from rest_framework.exceptions import ValidationError

from connectors import VERSION
from connectors.base import Connector, Section, Steps, Values
from connectors.fields import PatternField, SecretField, TextField
from connectors.probes import http
from connectors.problems import CheckCode, CheckFailed, Problem

API = "https://api.hookdeck.com"
VERIFY = "verify token"
NAME_LENGTH = 255
_SOURCE = r"[A-Za-z0-9_-]{1,100}"


class TokenField(SecretField):
    """Base64 of the source's ID, a colon and what proves the right to send to it."""

    def check_text(self, text: str) -> None:
        super().check_text(text)
        try:
            source(text)
        except ValueError:
            message = "This is not a token of a Hookdeck source, which is base64 and names the source."
            raise ValidationError(message, code="pattern") from None


class Hookdeck(Connector):
    """A source of Hookdeck's event gateway."""

    type = "hookdeck"
    label = "Hookdeck"
    family = "HTTP"
    steps = ("resolve", "connect", "tls", VERIFY)
    rights = "None but the token's own: it is for sending events to its one source."
    tested = (
        "Against a stand-in of the tests' own that looks at what it is sent: there is no Hookdeck to run in a test."
    )
    effect = "Asks Hookdeck about the token; no event is sent to the source."

    class Config(Section):
        source_name = TextField(
            required=False,
            max_length=NAME_LENGTH,
            label="Source name",
            help_text="What the source is called at Hookdeck, to recognise it by. A check does not use it.",
        )
        source_id = PatternField(
            _SOURCE,
            "This must be 1 to 100 letters, digits, hyphens and underscores.",
            required=False,
            label="Source ID",
            help_text="The ID of the source, to recognise it by. The token names it too, and both must be the same.",
        )

    class Credentials(Section):
        token = TokenField(
            reveal=4,
            max_length=4096,
            label="Token",
            help_text="The token of the source, as made at https://dashboard.hookdeck.com/connect.",
        )

    def validate(self, config: Values, credentials: Values) -> Iterator[Problem]:
        if config.get("source_id") not in (None, source(credentials["token"])):
            message = "The token is for another source. Correct this, or leave it out."
            yield Problem("config.source_id", "invalid", message)

    def target(self, config: Values) -> str:
        if identifier := config.get("source_id"):
            return str(config.get("source_name", f"Hookdeck source {identifier}"))
        return str(config.get("source_name", "a Hookdeck source"))

    def host(self, config: Values) -> str:
        return API.partition("://")[2]

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        token = credentials["token"]
        headers = {"X-Hookdeck-Source-Token": token, "User-Agent": f"Landfall/{VERSION} (connection check)"}
        with steps(VERIFY):
            url = f"{API}/2025-01-01/sources/{source(token)}/managed/verify"
            name = _judge(await http.call("GET", url, steps, headers=headers))
            steps.learn(source_id=source(token), **({"source_name": name} if name else {}))


def source(token: str) -> str:
    """The ID of the source that a token is for. Raises `ValueError` for what is no token."""
    try:
        identifier, colon, _ = base64.b64decode(token, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise ValueError from None
    # Python overlooks "=" that are too many.
    if len(token) % 4 or not colon or not re.fullmatch(_SOURCE, identifier):
        raise ValueError
    return identifier


def _judge(answer: http.Answer) -> str:
    """What the source is called at Hookdeck; empty when the answer does not tell."""
    if answer.status == 200:
        return _name(answer.body)
    code, sentence, remedy = _FAULTS.get(answer.status, _ODD)
    raise CheckFailed(code, sentence.format(status=answer.status), remedy)


def _name(body: bytes) -> str:
    try:
        name = json.loads(body).get("name")
    except (ValueError, RecursionError, AttributeError):
        raise CheckFailed("protocol", "Hookdeck's answer cannot be read.", _LATER) from None
    return name.strip()[:NAME_LENGTH] if isinstance(name, str) and name.isprintable() else ""


_LATER = "Check again later, and see whether Hookdeck reports a disruption."
_NEW = "Make a new token at https://dashboard.hookdeck.com/connect and replace this one."
_DENIED: tuple[CheckCode, str, str] = ("denied", "Hookdeck does not accept the token (status {status}).", _NEW)
_FAULTS: dict[int, tuple[CheckCode, str, str]] = {
    400: _DENIED,
    401: _DENIED,
    403: _DENIED,
    404: (
        "not_found",
        "Hookdeck does not know the source that the token is for (status 404).",
        f"See whether it was deleted. {_NEW}",
    ),
    429: ("quota", "Hookdeck asks for fewer requests (status 429).", "Check again later."),
}
_ODD: tuple[CheckCode, str, str] = ("remote", "Hookdeck could not verify the token (status {status}).", _LATER)
