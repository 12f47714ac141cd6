"""Re-encryption of everything sealed, while everything else goes on.

There is no record of how far it is: what is left is exactly what does not name the new key. So a run that was killed
loses nothing, and two at once do not disturb each other.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from cryptography.fernet import Fernet
from django.db import connection, transaction
from django.db.models import Count, Model, QuerySet, Value
from django.db.models.functions import StrIndex, Substr

from destinations import keyring
from destinations.keyring import Column
from destinations.sealing import Sealed, SecretUnreadable
from tenants import audit
from tenants.changes import Change
from tenants.trail import Subject, kind_of

# Rows that others hold are tried again so often, with so many seconds between.
TRIES, PAUSE = 100, 0.2


class Swap(NamedTuple):
    """A row by its primary key; its ciphertext as it was read and as it is to be."""

    pk: Any
    before: str
    after: str


class Closed(NamedTuple):
    """A value that does not open with one key alone; with no reason why if it does with another."""

    column: Column
    row: str
    reason: str = ""

    @property
    def opens(self) -> bool:
        return not self.reason

    def __str__(self) -> str:
        return f"{self.column.title} of {self.row}: {self.reason}"


def count() -> dict[Column, Counter[str]]:
    """How many rows need which key, by its id."""
    return {column: Counter(dict(_counted(column))) for column in keyring.columns()}


def _counted(column: Column) -> Iterator[tuple[str, int]]:
    yield from (
        column.values().order_by().values("key_of_value").annotate(rows=Count("pk")).values_list("key_of_value", "rows")
    )


def openers(column: Column, size: int) -> Iterator[str]:
    """For each value that names no key the id of the one that opens it, for a key may have been found again; empty if
    none does."""
    unnamed = column.values().filter(key_of_value=keyring.NONE)
    for rows in _batches(unnamed, size):
        yield from (_opener(column, row) for row in rows)


def _opener(column: Column, row: Any) -> str:
    token = getattr(row, column.field.attname).ciphertext.rstrip(keyring.MARK)
    for key_id in keyring.ring():
        with suppress(SecretUnreadable):
            Sealed(token + keyring.MARK + key_id).open(column.field.bound(row))
            return key_id
    return keyring.NONE


def announce(key_id: str, number: int) -> None:
    """Tell the audit trail that so many values are about to be sealed with this key: before, for who is killed on the
    way has changed some all the same."""
    change: Change = {"field": "secrets", "before": None, "after": number}
    subject = Subject("encryption_key", key_id, f"encryption key {key_id}")
    audit.record("encryption_key.rotate", subject, changes=[change], security=True)


def reseal(column: Column, key: Fernet, size: int) -> Iterator[int]:
    """Seal the rows that need another key with this one; yields how many a batch changed.

    Left as they are: rows that do not open, for `prove` to tell, and those that somebody holds or changes all the time.
    """
    for _ in range(TRIES):
        missed, changed = 0, 0
        for rows in _batches(column.values().exclude(key_of_value=keyring.key_id(key)), size):
            changes = list(_changes(column, rows, key))
            swapped = _swap(column, changes)
            missed, changed = missed + len(changes) - swapped, changed + swapped
            yield swapped
        if not missed:
            return
        if not changed:
            time.sleep(PAUSE)


def prove(column: Column, key_id: str, size: int) -> Iterator[tuple[int, list[Closed]]]:
    """Open every value with this key alone; yields how many were tried, and those that stayed closed."""
    for rows in _batches(column.values(), size):
        yield len(rows), list(_closed(column, rows, key_id))


@transaction.atomic
def abandon(column: Column, key_id: str) -> int:
    """Let the values that need a key no longer name it; how many there were. What seals them stays."""
    rows = column.values().filter(key_of_value=key_id)
    change: Change = {"field": f"{column.field.name}.key", "before": key_id, "after": None}
    audit.record_many(f"{kind_of(column.model)}.abandon_secret", rows.iterator(), changes=[change], security=True)
    token = Substr(column.field.name, 1, StrIndex(column.field.name, Value(keyring.MARK)) - 1)
    return rows.update(**{column.field.name: token})


def _batches(among: QuerySet[Any], size: int) -> Iterator[Sequence[Any]]:
    rows = list(among.order_by("pk")[:size])
    while rows:
        yield rows
        rows = list(among.filter(pk__gt=rows[-1].pk).order_by("pk")[:size])


def _changes(column: Column, rows: Iterable[Any], key: Fernet) -> Iterator[Swap]:
    for row in rows:
        try:
            values = column.field.opened(row)
        except SecretUnreadable:
            continue
        before = getattr(row, column.field.attname).ciphertext
        yield Swap(row.pk, before, Sealed.seal(values, column.field.bound(row), key).ciphertext)


def _swap(column: Column, changes: Sequence[Swap]) -> int:
    """Write each change whose row still holds what was read; how many did.

    Rows that somebody has locked are passed over: to wait for one while holding others can bring about a deadlock.
    """
    meta, quote = column.model._meta, connection.ops.quote_name
    pk, name = meta.pk, quote(column.field.column)
    assert pk.column is not None  # noqa: S101  every model has one of one column
    sql = f"UPDATE {quote(meta.db_table)} SET {name} = %s WHERE {quote(pk.column)} = %s AND {name} = %s"  # noqa: S608
    with transaction.atomic():
        rows = column.model._base_manager.filter(pk__in=[change.pk for change in changes])
        free = set(rows.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True))
        with connection.cursor() as cursor:
            cursor.executemany(
                sql,
                [
                    (change.after, pk.get_db_prep_value(change.pk, connection), change.before)
                    for change in changes
                    if change.pk in free
                ],
            )
            return cursor.rowcount if free else 0


def _closed(column: Column, rows: Iterable[Any], key_id: str) -> Iterator[Closed]:
    for row in rows:
        try:
            column.field.opened(row)
        except SecretUnreadable as error:
            yield Closed(column, _named(row), str(error))
        else:
            if row.key_of_value != key_id:
                yield Closed(column, _named(row))


def _named(row: Model) -> str:
    return str(getattr(row, "uuid", row.pk))
