"""The key of a service account: the JSON file that Google hands out, as text."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rest_framework.exceptions import ValidationError

from connectors.base import Values
from connectors.fields import SecretField, TextField
from connectors.places import Place
from connectors.problems import InputCode, Problem

#: Where a signed assertion may be sent. The key's own word is not enough: whoever wrote it may have written anything.
TOKEN_URIS = frozenset({
    "https://oauth2.googleapis.com/token",
    "https://accounts.google.com/o/oauth2/token",
    "https://www.googleapis.com/oauth2/v3/token",
    "https://www.googleapis.com/oauth2/v4/token",
})  # fmt: skip
NAME = "service_account_json"
PATH = f"credentials.{NAME}"


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    email: str
    private_key: str = field(repr=False)
    token_uri: str
    key_id: str = ""

    @classmethod
    def of(cls, credentials: Values) -> "ServiceAccount":
        """From credentials that `problems` found nothing wrong with."""
        given = json.loads(credentials[NAME])
        key_id = given.get("private_key_id")
        return cls(
            given["client_email"], given["private_key"], given["token_uri"], key_id if isinstance(key_id, str) else ""
        )


class ServiceAccountField(SecretField):
    """What is in it is judged by `problems`, because an emulator may be given anything."""

    multiline = True

    def __init__(self, reveal: int = 0) -> None:
        super().__init__(
            reveal=reveal,
            max_length=8192,
            label="Service account key",
            help_text="The whole text of the JSON file that Google Cloud makes for a key of a service account.",
        )


class PrivateKeyField(SecretField):
    """The key alone, as it stands in the JSON file."""

    multiline = True

    def __init__(self) -> None:
        super().__init__(
            max_length=8192, label="Private key", help_text="The RSA key of the service account, as PEM text."
        )

    def check_text(self, text: str) -> None:
        super().check_text(text)
        if fault := _key_fault(text):
            raise ValidationError(fault, code="pattern")


class TokenUriField(Place, TextField):
    def __init__(self) -> None:
        super().__init__(
            default="https://oauth2.googleapis.com/token",
            max_length=255,
            label="Token URL",
            help_text="Where Google gives out tokens: what `token_uri` says in the JSON file of the key.",
        )

    def check_text(self, text: str) -> None:
        if fault := _token_uri_fault(text):
            raise ValidationError(fault, code="choice")


def problems(credentials: Values) -> Iterator[Problem]:
    """What is wrong with the key. Repeats nothing of it."""
    given = _object(credentials[NAME])
    if given is None:
        yield _problem("", "pattern", "This must be the JSON file of a service account's key.")
        return
    for name in ("type", "client_email", "private_key", "token_uri"):
        value = given.get(name)
        if not value:
            yield _problem(name, "required", "This is missing in the JSON.")
        elif not isinstance(value, str):
            yield _problem(name, "type", "This must be a string.")
        elif fault := _FAULTS[name](value):
            yield _problem(name, _CODES[name], fault)


def _problem(name: str, code: InputCode, message: str) -> Problem:
    return Problem(f"{PATH}.{name}" if name else PATH, code, message)


def _object(text: str) -> Mapping[str, Any] | None:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return given if isinstance(given, dict) else None


def _type_fault(value: str) -> str:
    return "" if value == "service_account" else "This must be service_account; other kinds of key do not serve here."


def _email_fault(value: str) -> str:
    return "" if "@" in value and value.isprintable() else "This must be the e-mail address of the service account."


def _token_uri_fault(value: str) -> str:
    return (
        "" if value in TOKEN_URIS else "This must be one of Google's own, such as https://oauth2.googleapis.com/token."
    )


def _key_fault(value: str) -> str:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(value.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # TypeError: it is encrypted
        return "This must be an RSA key as PEM text, not encrypted."
    return "" if isinstance(key, RSAPrivateKey) and key.key_size >= 1024 else "This must be an RSA key."


_CODES: dict[str, InputCode] = {
    "type": "choice",
    "client_email": "pattern",
    "private_key": "pattern",
    "token_uri": "choice",
}
_FAULTS = {
    "type": _type_fault,
    "client_email": _email_fault,
    "private_key": _key_fault,
    "token_uri": _token_uri_fault,
}
