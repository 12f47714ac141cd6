"""What a process must have before it serves, whoever starts it: a database, and every key that this needs."""

import sys
from collections.abc import Callable

from django.db import DatabaseError, connection

from destinations import presence
from destinations.sealing import KeyMissing, verify_keys

# With this status gunicorn gives up; with any other it would start workers for ever. A database may come back.
NO_USE, LATER = 4, 1


def enter(what: str) -> None:
    """For a process that opens and seals secrets; it is then known to be running. Ends it if a key is missing."""
    _or_end(lambda: presence.enter(what))


def look() -> None:
    """For a process that only starts or wakes others. Ends it if a key is missing."""
    _or_end(verify_keys)


def unusable(error: DatabaseError) -> str:
    reason = str(error).strip().partition("\n")[0].rstrip(".")
    return f"The database cannot be used: {reason}."


def _or_end(step: Callable[[], None]) -> None:
    try:
        step()
    except KeyMissing as error:
        _end(str(error), NO_USE)
    except DatabaseError as error:
        _end(
            f"{unusable(error)} Check LANDFALL_DATABASE_URL, and that `python3 manage.py migrate` has been run.", LATER
        )
    finally:
        connection.close()


def _end(sentence: str, status: int) -> None:
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()
    raise SystemExit(status) from None
