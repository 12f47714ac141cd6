"""Real servers for the tests: private processes on free loopback ports, gone when the test session ends.

Also when the session is interrupted or killed: on Linux the kernel ends every server with the process that started it.
"""

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from glob import glob
from pathlib import Path
from typing import NoReturn

import pytest

POLL = 0.05  # seconds between two looks
GRACE = 10.0  # seconds a server has to end by itself when it is asked to

_given: set[int] = set()


def free_port() -> int:
    """A loopback port that nobody listens on, and that this session has not been given before."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if port not in _given:
            _given.add(port)
            return port


def require(program: str, *folders: str) -> str:
    """The path of `program`: the newest in `folders` (patterns are allowed), else beside Python or on the PATH.

    Without it the test is skipped; with LANDFALL_REQUIRE_SERVERS=1 it fails.
    """
    found = max((path for folder in folders for path in glob(f"{folder}/{program}")), key=_version, default=None)
    places = (str(Path(sys.executable).parent), os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin")
    path = found or shutil.which(program, path=os.pathsep.join(places))
    if path is None:
        missing(f"The program “{program}” is not installed.")
    return path


def missing(reason: str) -> NoReturn:
    """Skip a test whose server cannot run here, or fail it where the servers are required."""
    if os.environ.get("LANDFALL_REQUIRE_SERVERS") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def unprivileged(*names: str) -> str | None:
    """For servers that refuse to run as root: the first user of `names` that exists; None when we are not root."""
    if os.geteuid() != 0:
        return None
    for name in names:
        with suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    missing(f"The tests run as root, and there is no user {' or '.join(names)} to run the server as.")


@contextmanager
def scratch(name: str, user: str | None = None) -> Iterator[Path]:
    """A private folder that `user` owns and may reach, removed at the end."""
    with tempfile.TemporaryDirectory(prefix=f"landfall-{name}-", ignore_cleanup_errors=True) as folder:
        if user:
            shutil.chown(folder, user)
        yield Path(folder)


@contextmanager
def running(
    command: Sequence[str | Path],
    ready: Callable[[], bool],
    *,
    folder: Path,
    user: str | None = None,
    env: Mapping[str, str] | None = None,
    limit: float = 30.0,
    stop: signal.Signals = signal.SIGTERM,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server in `folder` until the block ends: TERM (or `stop`) first, KILL for what is left of its group.

    The block begins when `ready` is true (an OSError counts as not yet). A server that ends before that, or needs
    more than `limit` seconds, fails the test with the end of its output.
    """
    log = folder / f"{Path(command[0]).name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*_tether(), *command],
            cwd=folder,
            env={**os.environ, **(env or {})},
            user=user,
            group=pwd.getpwnam(user).pw_gid if user else None,
            extra_groups=[] if user else None,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _await(process, ready, limit, log)
        yield process
    finally:
        end(process, stop)


def end(process: subprocess.Popen[bytes], stop: signal.Signals = signal.SIGTERM) -> None:
    """End a process and its group. One that has ended already is fine."""
    for how in (stop, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):  # macOS: not permitted once only zombies are left
            os.killpg(process.pid, how)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)


def listening(port: int, address: str = "127.0.0.1") -> bool:
    """Whether somebody accepts connections there; for `ready`, it raises OSError when not."""
    with socket.create_connection((address, port), timeout=1):
        return True


def wait_until(true: Callable[[], bool], limit: float, what: str) -> None:
    """Poll until `true()`; fail the test, saying `what` did not happen, after `limit` seconds."""
    deadline = time.monotonic() + limit
    while not true():
        if time.monotonic() > deadline:
            pytest.fail(f"Within {limit:.0f} seconds it did not happen that {what}.")
        time.sleep(POLL)


def _await(process: subprocess.Popen[bytes], ready: Callable[[], bool], limit: float, log: Path) -> None:
    deadline = time.monotonic() + limit
    while True:
        if process.poll() is not None:
            pytest.fail(f"The server ended before it was ready.\n{_tail(log)}", pytrace=False)
        with suppress(OSError):
            if ready():
                return
        if time.monotonic() > deadline:
            pytest.fail(f"The server was not ready after {limit:.0f} s.\n{_tail(log)}", pytrace=False)
        time.sleep(POLL)


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-3000:]


def _version(path: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", path)]


@cache
def _tether() -> tuple[str, ...]:
    """A prefix that makes the kernel end a program with the process that started it, where there is such a thing."""
    setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
    prefix = (setpriv, "--pdeathsig", "KILL", "--") if setpriv else ()
    works = prefix and subprocess.run([*prefix, "true"], check=False, capture_output=True).returncode == 0
    return prefix if works else ()
