"""Counts that all processes of all machines share, one row each, in windows of time.

Everybody's windows end at the same moments. A row is overwritten by the next window, so counting leaves nothing to
clear away but the rows of those who never come back.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F

from tenants.digests import digest
from tenants.models import Count

PATIENCE = 500  # milliseconds that a count which may be left out waits for SQLite's one writer
# A clock that is behind counts in the window that others have begun; one far ahead must not block that of the others.
ADD = """
INSERT INTO tenants_count AS held (digest, ends, taken) VALUES (%(digest)s, %(ends)s, %(many)s)
ON CONFLICT (digest) DO UPDATE SET
    taken = excluded.taken + CASE WHEN held.ends BETWEEN excluded.ends AND %(latest)s THEN held.taken ELSE 0 END,
    ends = CASE WHEN held.ends BETWEEN excluded.ends AND %(latest)s THEN held.ends ELSE excluded.ends END
RETURNING taken, ends
"""


class Held(NamedTuple):
    """How many were counted in the window that ends then, in seconds since 1970."""

    taken: int
    ends: int


def end_of_window(seconds: int) -> int:
    """When the present window of this length ends, in seconds since 1970."""
    return (int(time.time()) // seconds + 1) * seconds


def left_of_window(seconds: int) -> int:
    """How many seconds of the present window are left, at least 1."""
    return max(1, end_of_window(seconds) - int(time.time()))


def add(name: str, seconds: int, many: int = 1) -> Held:
    """Count `many` more in the present window and return what it then holds.

    Raises OperationalError when the database cannot be asked. Inside a transaction that is rolled back nothing is
    counted.
    """
    ends = end_of_window(seconds)
    values: dict[str, str | int] = {"digest": digest(name), "ends": ends, "latest": ends + seconds, "many": many}
    with connection.cursor() as cursor:
        cursor.execute(ADD, values)
        return Held(*cursor.fetchone())


def take_back(name: str, ends: int) -> None:
    """Count one less, if the window that it was counted in is still the one that counts."""
    Count.objects.filter(digest=digest(name), ends=ends, taken__gt=0).update(taken=F("taken") - 1)


def forget(name: str) -> None:
    """Begin at nothing again."""
    Count.objects.filter(digest=digest(name)).delete()


def prune() -> int:
    """Delete the counts of windows that have ended. Returns how many."""
    return Count.objects.filter(ends__lt=int(time.time())).delete()[0]


@contextmanager
def impatient() -> Iterator[None]:
    """What is not worth a long wait: SQLite has one writer at a time, and a change that matters waits for its turn."""
    if connection.vendor != "sqlite":
        yield
        return
    usual = int(connection.settings_dict["OPTIONS"].get("timeout", 5) * 1000)
    _pragma(PATIENCE)
    try:
        yield
    finally:
        _pragma(usual)


def _pragma(milliseconds: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {milliseconds}")
