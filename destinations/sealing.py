"""Credentials at rest: encrypted, bound to their row, and never re-encrypted unread.

django-encrypted-model-fields returns ciphertext as if it were the value when the key is wrong, decrypts
whatever text a form submits, and lets ciphertext be moved between rows. `SealedField` closes all three: the
column holds a `Sealed` value, which decrypts only when it is opened, for the row it was sealed for.
"""

import json
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import InvalidToken
from django.apps import apps
from django.db.models import Field
from encrypted_model_fields import fields as encrypted


class SecretUnreadable(Exception):
    """Stored credentials cannot be decrypted, or were sealed for another row."""


class Sealed:
    """Encrypted credentials. `binding` names the row; opening under another binding is refused."""

    __slots__ = ("ciphertext",)

    def __init__(self, ciphertext: str) -> None:
        self.ciphertext = ciphertext

    @classmethod
    def seal(cls, values: Mapping[str, Any], binding: str) -> "Sealed":
        envelope = json.dumps({"v": 1, "for": binding, "values": dict(values)}, separators=(",", ":"))
        return cls(encrypted.encrypt_str(envelope).decode("ascii"))

    def open(self, binding: str) -> dict[str, Any]:
        try:
            envelope = json.loads(encrypted.decrypt_str(self.ciphertext))
        except (InvalidToken, ValueError):
            message = "The credentials cannot be decrypted with the configured encryption keys."
            raise SecretUnreadable(message) from None
        if envelope["for"] != binding:
            raise SecretUnreadable("The credentials in this row were sealed for another one.")
        values: dict[str, Any] = envelope["values"]
        return values

    def __repr__(self) -> str:
        return "<Sealed>"

    __str__ = __repr__


class SealedField(encrypted.EncryptedTextField):  # type: ignore[misc]
    """A column of `Sealed` values: no lookups, no serialisation, nothing but `Sealed` accepted."""

    def from_db_value(self, value: str | None, *args: Any) -> Sealed | None:
        return None if value is None else Sealed(value)

    def to_python(self, value: Any) -> Sealed | None:
        if value is None or isinstance(value, Sealed):
            return value
        raise TypeError("Only sealed values may be assigned to a sealed column.")

    def get_prep_value(self, value: Any) -> Any:
        return value

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        if hasattr(value, "resolve_expression"):  # bulk_update wraps values in expressions
            return value
        sealed = self.to_python(value)
        return None if sealed is None else sealed.ciphertext

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return self.get_db_prep_save(value, connection)

    def value_to_string(self, obj: Any) -> str:
        raise TypeError("Credentials are not serialisable.")

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise TypeError("Encrypted columns cannot be searched.")
        return Field.get_lookup(self, lookup_name)


def verify_keys() -> None:
    """Open the oldest and the newest stored credentials. Raises `SecretUnreadable` if either stays closed."""
    model = apps.get_model("destinations", "Destination")
    rows = model._default_manager.filter(sealed__isnull=False).order_by("id")
    for row in filter(None, (rows.first(), rows.last())):
        row.credentials  # noqa: B018  opening is the test
