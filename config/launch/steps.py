"""The steps from one encryption key to another, and which of them comes next."""

import time
from collections.abc import Callable

from config.launch import LaunchError, keys
from config.paths import ENCRYPTION_KEYS_FILE
from destinations import keyring, presence, rotating

COMMAND = "python3 manage.py rotate_encryption_key"
PAUSE = 1.0  # seconds between two looks at who runs
SIZE = 500  # rows that are read at once


def generate() -> str:
    """Put a new key first in this installation's own file; the sentence says what is next."""
    _refuse_keys_of_the_environment("put a new key first in it, `openssl rand -base64 32 | tr '+/' '-_'` makes one")
    if len(keyring.ring()) > 1:
        raise LaunchError(f"There is more than one key already. {next_step()}")
    keys.put_first()
    return (
        f"{ENCRYPTION_KEYS_FILE} begins with a new key; nothing is encrypted with it yet. Back the file up and restart "
        f"Landfall. Then run `{COMMAND}`."
    )


def drop() -> str:
    """Leave only the first key in this installation's own file, if nothing needs another."""
    _refuse_keys_of_the_environment("take the other keys out of it")
    if unfinished() or others():
        raise LaunchError(f"The other keys are still needed. {next_step()}")
    keys.keep_first()
    return (
        f"{ENCRYPTION_KEYS_FILE} holds the key {first()} alone. Restart Landfall. Backups of the database from before "
        "the change open with the old key only: keep it with them."
    )


def next_step() -> str:
    """What to do now, in a sentence or two."""
    if behind := others():
        return _restart(behind)
    if unfinished():
        return f"Next: `{COMMAND}`."
    if len(keyring.ring()) > 1:
        drop = f"`{COMMAND} --drop`" if keys.own_file() else "take the others out of LANDFALL_FIELD_ENCRYPTION_KEY"
        return f"Nothing needs a key but {first()}. Next: {drop}, and restart every process."
    generate = (
        f"`{COMMAND} --generate`" if keys.own_file() else "put the new one first in LANDFALL_FIELD_ENCRYPTION_KEY"
    )
    return f"There is one key, and nothing needs another. To change it: {generate}, and restart every process."


def first() -> str:
    return next(iter(keyring.ring()))


def unfinished() -> bool:
    """Whether a rotation has something to do. What names no key counts if it opens: its key was lost and is back."""
    columns = keyring.columns()
    return bool(keyring.in_use(columns) - {first()}) or any(
        key_id for column in columns for key_id in rotating.openers(column, SIZE)
    )


def others() -> list[str]:
    """The running processes that were not started with the same first key."""
    return [process.name for process in presence.alive() if process.keys[0] != first()]


def wait_for_others(say: Callable[[str], None]) -> None:
    """Who was killed is known to be gone after a while only. Raises LaunchError if somebody stays."""
    deadline = time.monotonic() + presence.GONE.total_seconds() + 1
    if behind := others():
        say(f"Waiting for processes without the new key to end: {', '.join(behind)}.")
    while (behind := others()) and time.monotonic() < deadline:
        time.sleep(PAUSE)
    if behind:
        raise LaunchError(f"Nothing was changed. {_restart(behind)}")


def _restart(behind: list[str]) -> str:
    return (
        f"These processes were not started with {first()} as the first of their keys: {', '.join(behind)}. Restart "
        f"them with all keys, the new one first; then run `{COMMAND}`."
    )


def _refuse_keys_of_the_environment(instead: str) -> None:
    if not keys.own_file():
        raise LaunchError(f"The keys come from LANDFALL_FIELD_ENCRYPTION_KEY: {instead}, and restart every process.")
