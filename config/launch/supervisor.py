"""Keep a group of child processes running in the foreground, and end all of it together."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType

from config.launch import LaunchError, tether

# Seconds.
TICK = 0.1
PATIENCE = 6
PATIENCE_AFTER_QUIT = 3
STABLE_AFTER = 15
LONGEST_PAUSE = 30
# So many ends in a row, each sooner than STABLE_AFTER, and there is no point in going on.
TRIES = 5


@dataclass
class Child:
    """One program that is to run for as long as the group does."""

    name: str
    command: Sequence[str]
    pass_fds: Sequence[int] = ()
    process: subprocess.Popen[str] | None = None
    relay: threading.Thread | None = None
    started: float = 0
    restart_at: float = 0
    failures: int = 0

    def start(self, environment: Mapping[str, str]) -> None:
        """A session of its own keeps the terminal's Ctrl-C away: only the supervisor is to act on that."""
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, tether.__file__, str(os.getpid()), *self.command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=environment,
            pass_fds=self.pass_fds,
            start_new_session=True,
        )
        self.relay = threading.Thread(target=self._relay, args=(self.process,), daemon=True)
        self.relay.start()

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.running():
            self.process.send_signal(number)

    def kill_group(self) -> None:
        """Also what the child left behind when it ended; its last words are out on return."""
        if self.process is None or self.relay is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        # Nobody is left to hold the pipe open, unless a grandchild made a session of its own.
        self.relay.join(timeout=1)

    def _relay(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None  # noqa: S101  asked for above
        with process.stdout as lines:
            for line in lines:
                if line.strip():
                    say(f"{self.name:<6} | {line.rstrip()}")


@dataclass
class Supervisor:
    children: Sequence[Child]
    environment: Mapping[str, str]
    stopping: bool = field(default=False, init=False)
    hurried: bool = field(default=False, init=False)

    def run(self, started: Callable[[], None]) -> None:
        """Returns when a signal asked for the end and everything has stopped; `started` is called once.

        Raises LaunchError, with everything stopped, when a child cannot be kept running.
        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)
        try:
            for child in self.children:
                child.start(self.environment)
            started()
            while not self.stopping:
                for child in self.children:
                    self._tend(child)
                time.sleep(TICK)
        finally:
            self._stop_all()

    def _asked_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self.hurried = self.stopping
        self.stopping = True

    def _tend(self, child: Child) -> None:
        if child.running():
            return
        now = time.monotonic()
        if not child.restart_at:
            child.kill_group()
            child.failures = 1 if now - child.started > STABLE_AFTER else child.failures + 1
            if child.failures >= TRIES:
                raise LaunchError(
                    f"The {child.name} process ended {TRIES} times in a row and cannot be kept running; "
                    "its own words are above."
                )
            pause = min(2.0 ** (child.failures - 1), LONGEST_PAUSE)
            child.restart_at = now + pause
            say(f"The {child.name} process {_end(child)} and starts again in {pause:.0f} s.")
        elif now >= child.restart_at:
            child.restart_at = 0
            child.start(self.environment)

    def _stop_all(self) -> None:
        """Ask, ask again with less patience (a Celery worker then drops its tasks), and end what is left."""
        for number, patience in ((signal.SIGTERM, PATIENCE), (signal.SIGQUIT, PATIENCE_AFTER_QUIT)):
            for child in self.children:
                child.signal(number)
            self._wait(patience)
        for child in self.children:
            child.kill_group()

    def _wait(self, patience: float) -> None:
        deadline = time.monotonic() + patience
        while any(child.running() for child in self.children):
            if self.hurried or time.monotonic() > deadline:
                return
            time.sleep(TICK / 2)


def _end(child: Child) -> str:
    status = child.process.returncode if child.process else 0
    return f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"


def say(line: str) -> None:
    """The terminal may be gone (SIGHUP); that must not keep the group from stopping."""
    try:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    except OSError:
        return
