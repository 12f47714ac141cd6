"""A copy of the product that a test starts as a person would, in a terminal of its own."""

import fcntl
import os
import pty
import re
import shutil
import subprocess
import sys
import termios
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.paths import BASE_DIR
from tests.servers.process import wait_until

NOT_THE_PRODUCT = shutil.ignore_patterns(".venv", "var", ".git", "__pycache__", ".*_cache", ".hypothesis")
MARK = "LANDFALL_TEST_START"


class Installation:
    """A copy of the product that has never been started."""

    def __init__(self, folder: Path) -> None:
        self.folder = shutil.copytree(BASE_DIR, folder / "landfall", ignore=NOT_THE_PRODUCT)
        self.var = self.folder / "var"
        self.mark = uuid.uuid4().hex
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LANDFALL_", "DJANGO_"))}
        self.environment = kept | {"LANDFALL_VENV": "off", MARK: self.mark}

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "manage.py", "start", *arguments]

    def ended(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """A start that is expected to end by itself."""
        return subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def processes(self) -> dict[int, str]:
        """Command line of every process that this installation's starts left or run, by process id."""
        found = {}
        for entry in Path("/proc").iterdir():
            try:
                if f"{MARK}={self.mark}".encode() in (entry / "environ").read_bytes():
                    found[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ")
            except (OSError, ValueError):
                continue
        return found

    def process(self, *words: str) -> int:
        """The first, which is the oldest, whose command line holds all the words."""
        matches = [pid for pid, line in self.processes().items() if all(f" {word} " in line for word in words)]
        return min(matches, default=0)

    @contextmanager
    def running(self, *arguments: str) -> Iterator["Run"]:
        run = Run(self, *arguments)
        try:
            wait_until(lambda: "Landfall is running." in run.output, 90, "Landfall started")
            yield run
        finally:
            run.end()


class Run:
    """One start in a terminal of its own, whose output is read all the time."""

    def __init__(self, installation: Installation, *arguments: str) -> None:
        self.installation = installation
        self.terminal, theirs = pty.openpty()
        self.process = subprocess.Popen(
            installation.command("--port", "0", *arguments),
            cwd=installation.folder,
            env=installation.environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            preexec_fn=_own_the_terminal,  # noqa: PLW1509  there is no other way to hand over a terminal
        )
        os.close(theirs)
        self.output = ""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                piece = os.read(self.terminal, 65_536)
            except OSError:  # everybody at the other end has gone
                return
            if not piece:
                return
            self.output += piece.decode().replace("\r\n", "\n")

    @property
    def url(self) -> str:
        found = re.search(r"Open +(\S+)", self.output)
        assert found, self.output
        return found[1]

    def press_ctrl_c(self) -> int:
        os.write(self.terminal, b"\x03")
        return self.process.wait(30)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        wait_until(lambda: not self.installation.processes(), 15, "every process ended")
        self._reader.join()
        os.close(self.terminal)


def _own_the_terminal() -> None:
    """As a shell does it, so that Ctrl-C reaches whoever is in the foreground there."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
