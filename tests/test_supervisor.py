import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.launch import LaunchError, supervisor, tether
from config.launch.supervisor import Child, Supervisor
from tests.servers.process import wait_until

SLEEPS = "import time; time.sleep(60)"
STUBBORN = (
    "import signal, time; [signal.signal(n, signal.SIG_IGN) for n in (signal.SIGTERM, signal.SIGQUIT)];"
    "print('ready', flush=True); time.sleep(60)"
)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(autouse=True)
def haste(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE", 0.05)
    monkeypatch.setattr(supervisor, "PATIENCE", 0.5)
    monkeypatch.setattr(supervisor, "PATIENCE_AFTER_QUIT", 0.5)


def child(code: str, name: str = "child") -> Child:
    return Child(name, [sys.executable, "-c", code])


def run(*children: Child, started=lambda: os.kill(os.getpid(), signal.SIGTERM)) -> None:
    Supervisor(children, os.environ).run(started)


def gone(process_id: int) -> bool:
    try:
        return "State:\tZ" in Path(f"/proc/{process_id}/status").read_text()
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_way_to_ask_ends_all_children(number):
    children = [child(SLEEPS), child(SLEEPS)]
    run(*children, started=lambda: os.kill(os.getpid(), number))
    assert [one.running() for one in children] == [False, False]


def test_a_child_that_ignores_being_asked_is_killed(capfd):
    stubborn = child(STUBBORN)

    def when_ready():
        wait_until(lambda: "ready" in capfd.readouterr().out, 10, "the child was ready")
        os.kill(os.getpid(), signal.SIGTERM)

    run(stubborn, started=when_ready)
    assert stubborn.process is not None
    assert stubborn.process.returncode == -signal.SIGKILL


def test_what_a_child_leaves_behind_is_ended_with_it(tmp_path):
    note = tmp_path / "grandchild"
    code = (
        "import pathlib, subprocess, sys, time;"
        f"grandchild = subprocess.Popen([sys.executable, '-c', {SLEEPS!r}]);"
        f"pathlib.Path({str(note)!r}).write_text(str(grandchild.pid));"
        "time.sleep(60)"
    )

    def when_noted():
        wait_until(lambda: note.exists() and note.read_text() != "", 10, "the child had a child")
        os.kill(os.getpid(), signal.SIGTERM)

    run(child(code), started=when_noted)
    wait_until(lambda: gone(int(note.read_text())), 5, "the child's child ended")


def test_a_child_that_cannot_stay_up_ends_the_group_with_a_sentence(capfd):
    other = child(SLEEPS, "other")
    with pytest.raises(LaunchError, match="The broken process ended 5 times in a row"):
        run(child("print('its own words'); raise SystemExit(3)", "broken"), other, started=lambda: None)
    assert not other.running()
    output = capfd.readouterr().out
    assert "broken | its own words" in output
    assert output.count("The broken process ended with status 3 and starts again") == 4


def test_a_child_does_not_start_once_its_supervisor_has_ended(tmp_path):
    note = tmp_path / "note"
    code = f"import pathlib; pathlib.Path({str(note)!r}).touch()"
    orphan = [sys.executable, str(tether.__file__), "1", sys.executable, "-c", code]
    assert subprocess.run(orphan, capture_output=True, check=False).returncode == 1
    assert not note.exists()
