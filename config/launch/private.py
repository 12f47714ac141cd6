"""Files that only their owner may read."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from config.launch import LaunchError


def make_folder(path: Path) -> None:
    """Also takes away what others were allowed in a folder that is there already."""
    if path.exists() and not path.is_dir():
        raise LaunchError(f"{path} is a file, and Landfall keeps its data in a folder of that name: move it away.")
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            path.chmod(0o700)
        probe = path / f".probe-{os.getpid()}"
        probe.touch(mode=0o600)
        probe.unlink()
    except OSError as error:
        raise LaunchError(
            f"The folder {path} cannot be written ({error.strerror}): "
            "make it writable, or name another one in LANDFALL_VAR."
        ) from error


def write_new(path: Path, content: str) -> bool:
    """Write whole or not at all; False, and nothing changed, when the file is there already."""
    with _draft(path, content) as draft:
        try:
            os.link(draft, path)
        except FileExistsError:
            return False
        return True


def replace(path: Path, content: str) -> None:
    """At every moment, also after a power cut, the file holds the one content or the other."""
    with _draft(path, content) as draft:
        draft.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Whoever changes files of the folder in this way waits for the others who do."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def _draft(path: Path, content: str) -> Iterator[Path]:
    """A file beside `path` with this content, gone at the end if it is still there."""
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    except OSError as error:
        raise LaunchError(f"The file {path} cannot be written: {error.strerror}.") from error
    finally:
        draft.unlink(missing_ok=True)


def hold(path: Path) -> IO[str]:
    """Lock the file for as long as the returned handle is open; the lock ends with the process, however it ends."""
    handle = path.open("a+")
    path.chmod(0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.seek(0)
        holder = handle.read().strip() or "unknown"
        handle.close()
        raise LaunchError(
            f"Landfall already runs on {path.parent} (process {holder}): stop that one first, "
            "or name another folder in LANDFALL_VAR."
        ) from None
    handle.truncate(0)
    handle.write(f"{os.getpid()}\n")
    handle.flush()
    return handle
