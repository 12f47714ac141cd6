"""The servers of the tests end with the tests, however those end."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.servers.process import free_port, listening, running, wait_until

ROOT = Path(__file__).resolve().parents[1]
# Ignores the polite way to end it, and has a child of its own.
STUBBORN = "trap '' TERM; sleep 300 & echo $$ $! > pids; wait; sleep 300"
SESSION = f"""
import sys, time
from pathlib import Path
from tests.servers.process import running
folder = Path(sys.argv[1])
with running(["sh", "-c", {STUBBORN!r}], lambda: (folder / "pids").exists(), folder=folder):
    time.sleep(300)
"""


def alive(pid):
    """Whether it runs; who has ended but was not yet taken notice of does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def pids(folder):
    return [int(pid) for pid in (folder / "pids").read_text().split()]


@pytest.fixture
def short_grace(monkeypatch):
    monkeypatch.setattr("tests.servers.process.GRACE", 0.2)


@pytest.mark.usefixtures("short_grace")
@pytest.mark.skipif(sys.platform != "linux", reason="It looks into /proc.")
def test_a_server_that_will_not_end_is_killed_with_its_children(tmp_path):
    with running(["sh", "-c", STUBBORN], lambda: (tmp_path / "pids").read_text() != "", folder=tmp_path):
        started = pids(tmp_path)
        assert all(alive(pid) for pid in started)
    assert len(started) == 2
    wait_until(lambda: not any(alive(pid) for pid in started), 5, "both were gone")


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux ends a process with its parent.")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_session_that_is_killed_takes_its_server_along(tmp_path, how):
    session = subprocess.Popen([sys.executable, "-c", SESSION, str(tmp_path)], cwd=ROOT)
    try:
        wait_until(lambda: (tmp_path / "pids").exists() and pids(tmp_path), 20, "the server was up")
        server = pids(tmp_path)[0]
        session.send_signal(how)
        session.wait(5)
        wait_until(lambda: not alive(server), 5, "the server was gone")
    finally:
        session.kill()
        session.wait()
        for pid in pids(tmp_path):  # the server's own children are the server's to end
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def test_a_server_that_ends_before_it_is_ready_fails_the_test_with_its_output(tmp_path):
    with (
        pytest.raises(pytest.fail.Exception, match="no such option"),
        running(["sh", "-c", "echo no such option; exit 2"], lambda: False, folder=tmp_path),
    ):
        pass


def test_a_server_that_never_gets_ready_fails_the_test(tmp_path):
    port = free_port()
    with (
        pytest.raises(pytest.fail.Exception, match="not ready after 1 s"),
        running(["sleep", "300"], lambda: listening(port), folder=tmp_path, limit=1),
    ):
        pass
