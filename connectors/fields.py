"""The kinds of field a destination type can declare: strict, and exact about what was sent."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from connectors.places import Place, folded, origin

Field = serializers.Field[Any, Any, Any, Any]

MASK = "********"
# Fernet's version byte, base64-encoded with the first bytes of any present-day time stamp.
_CIPHERTEXT = re.compile(r"gAAAAA[A-Za-z0-9_-]{90,}={0,2}")
_HOST = re.compile(r"(?!-)[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?\.?|\[?[0-9A-Fa-f:.]+\]?")


class TextField(serializers.CharField):
    """Text, kept as sent: other JSON types and blanks at either end are refused, never repaired."""

    multiline = False

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("trim_whitespace", False)
        self.multiline = kwargs.pop("multiline", self.multiline)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise ValidationError("This must be a string.", code="type")
        self.check_text(data)
        return data

    def check_text(self, text: str) -> None:
        if text != text.strip():
            raise ValidationError("This must not begin or end with blanks.", code="invalid")


class PatternField(TextField):
    """Text that matches `pattern` as a whole; `explain` says in words what is expected."""

    def __init__(self, pattern: str, explain: str, **kwargs: Any) -> None:
        self.pattern, self.explain = pattern, explain
        super().__init__(**kwargs)

    def check_text(self, text: str) -> None:
        super().check_text(text)
        if text and not re.fullmatch(self.pattern, text):
            raise ValidationError(self.explain, code="pattern")


class ServerPartField(Place, PatternField):
    """A part of the name of the server."""


class HostField(Place, TextField):
    """A host name or IP address without scheme, port or path."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 255)
        super().__init__(**kwargs)

    def check_text(self, text: str) -> None:
        super().check_text(text)
        if text and not _HOST.fullmatch(_ascii(text)):
            raise ValidationError("This must be a host name or an IP address, without scheme or port.", code="pattern")

    def moves(self, before: Any, after: Any) -> bool:
        return bool(folded(before) != folded(after))


class UrlField(Place, TextField):
    """An absolute URL of one of `schemes`, with a host and without user-info; returned exactly as sent."""

    def __init__(self, schemes: tuple[str, ...] = ("https", "http"), **kwargs: Any) -> None:
        self.schemes = schemes
        kwargs.setdefault("max_length", 2000)
        super().__init__(**kwargs)

    def check_text(self, text: str) -> None:
        super().check_text(text)
        if reason := url_fault(text, self.schemes):
            raise ValidationError(reason, code="pattern")

    def moves(self, before: Any, after: Any) -> bool:
        return origin(before) != origin(after)


class BaseUrlField(UrlField):
    """A URL that paths are appended to."""

    def check_text(self, text: str) -> None:
        super().check_text(text)
        if "?" in text or "#" in text:
            raise ValidationError("This URL must not hold a query or a fragment.", code="pattern")


class SecretField(TextField):
    """A secret: kept exactly as sent, never shown. `reveal` leading characters stay readable in its mask.

    What looks like stored ciphertext is refused, or a leaked row could be pasted and used, and so is a mask.
    `sent` is false for what only signs and never leaves, nor anything that could be used in its place.
    """

    def __init__(self, reveal: int = 0, sent: bool = True, **kwargs: Any) -> None:
        self.reveal, self.sent = reveal, sent
        super().__init__(**kwargs)

    def check_text(self, text: str) -> None:
        if fault := _stand_in(text):
            raise ValidationError([fault])


class HeaderSecretField(SecretField):
    """A secret that is sent in an HTTP header as it is."""

    def check_text(self, text: str) -> None:
        super().check_text(text)
        if not text.isascii() or not text.isprintable() or " " in text:
            raise ValidationError("This may hold printable ASCII characters only, and no blanks.", code="pattern")


class MomentField(TextField):
    """A moment in RFC 3339 with its zone, kept as sent."""

    def check_text(self, text: str) -> None:
        super().check_text(text)
        try:
            zone = datetime.fromisoformat(text).tzinfo
        except ValueError:
            zone = None
        if zone is None or "T" not in text.upper():
            message = "This must be a date and time with its zone, such as 2026-01-31T12:00:00Z."
            raise ValidationError(message, code="pattern")


class IntegerField(serializers.IntegerField):
    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            raise ValidationError("This must be a whole number.", code="type")
        return data


class PortField(Place, IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=65535, **kwargs)


class FlagField(serializers.BooleanField):
    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            raise ValidationError("This must be true or false.", code="type")
        return data


class ChoiceField(serializers.ChoiceField):
    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            raise ValidationError("This must be a string.", code="type")
        if data not in self.choices:
            raise ValidationError(f"This must be one of: {', '.join(map(str, self.choices))}.", code="choice")
        return data


class HeadersField(serializers.DictField):
    """HTTP header names and values; `secret` when the values must never be shown (names are)."""

    NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
    # Set by the HTTP client itself; a value of the user's would break the framing or the host check.
    RESERVED = frozenset({"host", "content-length", "connection", "transfer-encoding", "upgrade", "te", "trailer"})

    def __init__(self, secret: bool = False, **kwargs: Any) -> None:
        self.secret = secret
        super().__init__(child=serializers.CharField(trim_whitespace=False), **kwargs)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        if not isinstance(data, Mapping):
            raise ValidationError("This must be an object of header names and values.", code="type")
        errors = {str(name): [fault] for name, value in data.items() if (fault := self._fault(name, value))}
        if errors:
            raise ValidationError(errors)
        return dict(data)

    def _fault(self, name: Any, value: Any) -> ErrorDetail | None:
        if not isinstance(name, str) or not self.NAME.fullmatch(name):
            return ErrorDetail("This is not a valid header name.", code="pattern")
        if name.lower() in self.RESERVED:
            return ErrorDetail("This header is set by Landfall itself.", code="invalid")
        return _header_value_fault(value, self.secret)


def _header_value_fault(value: Any, secret: bool) -> ErrorDetail | None:
    if not isinstance(value, str):
        return ErrorDetail("The value must be a string.", code="type")
    if not value:
        return ErrorDetail("The value must not be empty.", code="blank")
    if not value.isprintable() or not value.isascii():
        return ErrorDetail("The value may hold printable ASCII characters only.", code="pattern")
    return _stand_in(value) if secret else None


def _stand_in(text: str) -> ErrorDetail | None:
    """What is wrong with a secret that is none: a value out of the encrypted column, or the mask of one."""
    if _CIPHERTEXT.search(text):
        return ErrorDetail("This looks like an encrypted value, not like a secret.", code="invalid")
    if text and not text.strip("*"):
        return ErrorDetail("This is a mask, not a secret: send the secret itself.", code="invalid")
    return None


def is_secret(field: Field) -> bool:
    return isinstance(field, SecretField) or (isinstance(field, HeadersField) and field.secret)


def is_sent(field: Field) -> bool:
    return is_secret(field) and not (isinstance(field, SecretField) and not field.sent)


def mask(field: Field, value: Any) -> Any:
    """What may be shown of a value: secrets keep `reveal` characters if they are long, else nothing."""
    if not is_secret(field):
        return value
    if isinstance(value, Mapping):
        return dict.fromkeys(value, MASK)
    reveal = field.reveal if isinstance(field, SecretField) else 0
    return mask_text(str(value), reveal)


def mask_text(text: str, reveal: int) -> str:
    """Outpost masks under 10 characters wholly, else all but the first four; without `reveal` the
    length is hidden too."""
    if not reveal:
        return MASK
    return "*" * len(text) if len(text) < 10 else text[:reveal] + "*" * (len(text) - reveal)


def _ascii(host: str) -> str:
    """International names in the form that is looked up; what cannot be one stays as it is."""
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def url_fault(text: str, schemes: tuple[str, ...]) -> str | None:
    """What is wrong with a URL, a sentence that repeats nothing of it."""
    if any(character.isspace() or not character.isprintable() for character in text):
        return "This URL must not hold blanks or control characters."
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "This is not a valid URL."
    if parts.scheme not in schemes or not host or port == 0:
        return f"This must be an absolute URL that begins with {' or '.join(f'{scheme}://' for scheme in schemes)}."
    if not _HOST.fullmatch(_ascii(host)):
        return "The host of this URL is not a valid name or address."
    if "@" in parts.netloc:
        return "This URL must not hold a user name or password; use the credentials instead."
    return None
