#!/usr/bin/env python3
"""The one command of Landfall. It needs nothing but Python: what else it needs it installs in `.venv`, once."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
# The stamp says which requirements are installed; the mark is there only while some are being installed.
STAMP = VENV / "installed.json"
UNFINISHED = VENV / "unfinished"


def main() -> None:
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    try:
        if os.environ.get("LANDFALL_VENV") != "off" and Path(sys.prefix).resolve() != VENV.resolve():
            go_on_inside("test.txt" if command == "test" else "run.txt")
        if command == "test":
            run_tests(sys.argv[2:])
        run_django(command)
    except KeyboardInterrupt:
        stop("Interrupted.", status=130)


def go_on_inside(requirements: str) -> NoReturn:
    """Start again with the Python of `.venv`, which is made or brought up to date first."""
    if sys.version_info < (3, 11):
        stop(f"Landfall needs Python 3.11 or newer, and this is {sys.version.split()[0]}.")
    if os.name != "posix":
        stop("Landfall runs on Linux and macOS.")
    try:
        with one_at_a_time():
            if not installed(requirements):
                install(requirements)
    except OSError as error:
        stop(f"The environment {VENV} cannot be made: {error.strerror}.")
    os.execv(PYTHON, [str(PYTHON), *sys.argv])


def installed(requirements: str) -> bool:
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return False
    return stamp.get(requirements) == digest(requirements) and not UNFINISHED.exists() and usable()


def usable() -> bool:
    """False once the Python that the environment was made with has been removed or replaced by another version."""
    if not PYTHON.exists():
        return False
    return subprocess.run([PYTHON, "-c", "import django"], capture_output=True, check=False).returncode == 0


def install(requirements: str) -> None:
    if find_spec("pip") is None:
        stop("This Python has no pip. Install it (on Debian: apt-get install python3-pip) and run this again.")
    say(f"Installing requirements/{requirements} into .venv. This happens once and takes about a minute.")
    if UNFINISHED.exists() or (STAMP.exists() and not usable()) or not PYTHON.exists():
        run("-m", "venv", "--clear", "--without-pip", str(VENV))
    UNFINISHED.touch()
    listed = ROOT / "requirements" / requirements
    quietly = ("-qq", "--disable-pip-version-check", "--no-input")
    run("-m", "pip", "--python", str(PYTHON), "install", *quietly, "--require-hashes", "-r", str(listed))
    # Who can test can run: test.txt holds all of run.txt.
    holds = {"run.txt", requirements}
    STAMP.write_text(json.dumps({name: digest(name) for name in sorted(holds)}))
    UNFINISHED.unlink()


def digest(requirements: str) -> str:
    return hashlib.sha256((ROOT / "requirements" / requirements).read_bytes()).hexdigest()


def run(*arguments: str) -> None:
    # `-m` looks in the working folder first, where no module of ours may stand in for one of pip's.
    if subprocess.run([sys.executable, *arguments], cwd=ROOT / "requirements", check=False).returncode:
        stop("The installation did not succeed; the reason is above. Nothing is lost: run the same command again.")


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two commands started together must not install into each other."""
    import fcntl  # noqa: PLC0415  Windows, which has none, gets its sentence before

    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def run_tests(arguments: list[str]) -> NoReturn:
    if find_spec("pytest") is None:
        stop("The tests need what requirements/test.txt lists: run `python3 manage.py test`, which installs it.")
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *arguments])


def run_django(command: str) -> None:
    from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415  only inside .venv

    from config.launch import LaunchError, acting, keys  # noqa: PLC0415

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        if command == "start":
            keys.ensure()
        acting.Commands(sys.argv).execute()
    except (ImproperlyConfigured, LaunchError) as error:
        if "--traceback" in sys.argv:
            raise
        stop(str(error))


def say(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()


def stop(sentence: str, status: int = 1) -> NoReturn:
    say(sentence)
    sys.exit(status)


if __name__ == "__main__":
    main()
