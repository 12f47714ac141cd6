"""Credentials at rest: encrypted, bound to their row, and never re-encrypted unread.

django-encrypted-model-fields returns ciphertext as if it were the value when the key is wrong, decrypts
whatever text a form submits, and lets ciphertext be moved between rows. `SealedField` closes all three: the
column holds a `Sealed` value, which decrypts only when it is opened, for the row it was sealed for.
"""

import json
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.db import connection
from django.db.models import Field, Model
from encrypted_model_fields import fields as encrypted

from destinations import keyring


class SecretUnreadable(Exception):
    """Stored credentials cannot be decrypted, or were sealed for another row."""


class KeyMissing(SecretUnreadable):
    """Stored credentials need a key that this process was not started with."""


WHERE = "LANDFALL_FIELD_ENCRYPTION_KEY, or the file encryption_keys in the data folder"


class Sealed:
    """Encrypted credentials. `binding` names the row; opening under another binding is refused."""

    __slots__ = ("ciphertext",)

    def __init__(self, ciphertext: str) -> None:
        self.ciphertext = ciphertext

    @classmethod
    def seal(cls, values: Mapping[str, Any], binding: str, key: Fernet | None = None) -> "Sealed":
        """With the key that seals at present, unless another is given."""
        key = key or keyring.sealing_key()
        envelope = json.dumps({"v": 1, "for": binding, "values": dict(values)}, separators=(",", ":"))
        return cls(key.encrypt(envelope.encode()).decode("ascii") + keyring.MARK + keyring.key_id(key))

    def open(self, binding: str) -> dict[str, Any]:
        """The values in clear. Raises `SecretUnreadable`, of which `KeyMissing` alone means that a key may open it."""
        token, _, key_id = self.ciphertext.partition(keyring.MARK)
        try:
            envelope = json.loads(keyring.opener(key_id).decrypt(token))
        except KeyError:
            message = f"The credentials need an encryption key that is not configured (id {key_id})."
            raise KeyMissing(message) from None
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
    """A column of `Sealed` values: no lookups, no serialisation, nothing but `Sealed` accepted.

    `binding` is the attribute of the model that says what a row's value is sealed for.
    """

    def __init__(self, *args: Any, binding: str = "binding", **kwargs: Any) -> None:
        self.binding = binding
        super().__init__(*args, **kwargs)

    def bound(self, row: Model) -> str:
        return str(getattr(row, self.binding))

    def opened(self, row: Model) -> dict[str, Any]:
        """The row's value in clear. Raises `SecretUnreadable`."""
        sealed: Sealed = getattr(row, self.attname)
        return sealed.open(self.bound(row))

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
    """Raise `KeyMissing` unless this process has every key that any stored value is sealed with.

    Exact, and as quick for many rows as for few. A database without tables holds nothing yet.
    """
    tables = connection.introspection.table_names()
    used = keyring.in_use(column for column in keyring.columns() if column.model._meta.db_table in tables)
    refuse_missing(used, used - keyring.ring().keys())


def refuse_missing(used: set[str], missing: set[str]) -> None:
    """Raise `KeyMissing` if there are missing keys; `used` are all that are needed."""
    if missing and missing == used:
        raise KeyMissing(
            "The encryption key does not open the secrets that the database holds: put the key back that they were "
            f"encrypted with ({WHERE})."
        )
    if missing:
        raise KeyMissing(
            f"An encryption key is missing that secrets in the database still need (id {', '.join(sorted(missing))}): "
            f"put it back beside the others ({WHERE}), and take it away only once `python3 manage.py "
            "rotate_encryption_key` says that nothing needs it."
        )


def refuse_behind(wanted: set[str]) -> None:
    """Raise `KeyMissing` if there are keys that a rotation uses and that are not the first."""
    if wanted:
        raise KeyMissing(
            f"The secrets in the database are being encrypted with another encryption key (id {', '.join(wanted)}): "
            f"start with that as the first and the others behind it ({WHERE})."
        )
