"""Which encryption keys this process has, which the database uses, and which of them seals.

A stored value ends with the id of its key, so that nobody has to try: what a key is still needed for is counted by an
index, without opening anything. The id tells nothing about the key.
"""

import hmac
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from cryptography.fernet import Fernet, MultiFernet
from django.apps import apps
from django.db.models import CharField, Func, Model, QuerySet
from encrypted_model_fields import fields as encrypted

MARK = "."  # between the token and the id of its key; no token holds one
ID_LENGTH = 12
NONE = ""

_settled: set[str] = set()


class KeyId(Func):
    """The id that a stored value ends with, empty if it names none; each sealed column has an index on it."""

    arity = 1
    template = f"substr(%(expressions)s, strpos(%(expressions)s || '{MARK}', '{MARK}') + 1)"
    output_field = CharField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template=self.template.replace("strpos", "instr"), **extra)


class Column(NamedTuple):
    """One sealed column of one model."""

    model: type[Model]
    field: Any  # a SealedField

    @property
    def title(self) -> str:
        return f"{self.model.__name__}.{self.field.name}"

    def values(self) -> "QuerySet[Any]":
        """Its rows that hold a value, with `key_of_value`: the id of the key that it says it was sealed with."""
        rows: QuerySet[Any] = self.model._base_manager.filter(**{f"{self.field.name}__isnull": False})
        marked: QuerySet[Any] = rows.annotate(key_of_value=KeyId(self.field.name))
        return marked

    def key_ids(self) -> Iterator[str]:
        """Every id that occurs, by as many look-ups in the index."""
        found = self.values().order_by("key_of_value").values_list("key_of_value", flat=True)
        last = found.first()
        while last is not None:
            yield last
            last = found.filter(key_of_value__gt=last).first()


def columns() -> list[Column]:
    """Every encrypted column there is; nothing has to be listed anywhere."""
    return [
        Column(model, field)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, encrypted.EncryptedMixin)
    ]


@lru_cache(maxsize=64)
def key_id(key: Fernet) -> str:
    secret = key._signing_key + key._encryption_key
    return hmac.digest(secret, b"landfall: the id of an encryption key", "sha256").hex()[:ID_LENGTH]


def ring() -> dict[str, Fernet]:
    """The keys that this process was started with, by their ids, in the order in which they were given."""
    return {key_id(key): key for key in encrypted.CRYPTER._fernets}


def opener(key_id: str) -> Fernet | MultiFernet:
    """What opens the values that name this key; for those that name none, every key is tried. Raises KeyError."""
    return encrypted.CRYPTER if key_id == NONE else ring()[key_id]


def in_use(among: Iterable[Column]) -> set[str]:
    """The ids of all keys that stored values name. One that names none is damaged or was given up."""
    return {key_id for column in among for key_id in column.key_ids() if key_id != NONE}


def sealing_key() -> Fernet:
    """The first key, but not before the database uses it: rotation begins with that, once every process knows the key.

    Until then what is sealed with the first key could not be read by processes that were started before it was added.
    """
    keys = ring()
    first = next(iter(keys))
    if first in _settled:
        return keys[first]
    used = in_use(columns())
    chosen = next((id_ for id_ in keys if id_ in used), first)
    if chosen == first:
        _settled.add(first)
    return keys[chosen]
