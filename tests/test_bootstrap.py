"""manage.py on a bare Python, with one tiny package in the place of all that is really installed."""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from config.paths import BASE_DIR

BARE = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
SAYS = 'print("{name} {version}", *__import__("sys").argv[1:], __import__("sys").prefix)'

LAUNCH = """
class LaunchError(Exception): ...
class keys: ensure = print
class acting:
    class Commands:
        def __init__(self, argv): self.argv = argv
        def execute(self):
            from django.core.management import execute_from_command_line
            execute_from_command_line(self.argv)
"""


def wheel(folder: Path, name: str, version: str, files: dict[str, str]) -> str:
    """Write a wheel; the line that requires exactly it."""
    info = f"{name}-{version}.dist-info"
    files = files | {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},sha256={_digest(text)},{len(text.encode())}\n" for path, text in files.items())
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inner, text in (files | {f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}).items():
            archive.writestr(inner, text)
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


class Checkout:
    """manage.py beside requirements that a folder of wheels fulfils."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "checkout"
        self.wheels = folder / "wheels"
        (self.folder / "requirements").mkdir(parents=True)
        self.wheels.mkdir()
        shutil.copy(BASE_DIR / "manage.py", self.folder)
        self._product("config/__init__.py", "")
        self._product("config/launch/__init__.py", LAUNCH)
        self.require("1")

    def _product(self, path: str, text: str) -> None:
        (self.folder / path).parent.mkdir(exist_ok=True)
        (self.folder / path).write_text(text)

    def require(self, version: str) -> None:
        files = {
            "django/__init__.py": "",
            "django/core/__init__.py": "",
            "django/core/exceptions.py": "class ImproperlyConfigured(Exception): ...",
            "django/core/management.py": (
                f"def execute_from_command_line(argv):\n    {SAYS.format(name='django', version=version)}\n"
            ),
        }
        run = wheel(self.wheels, "django", version, files)
        test = wheel(self.wheels, "pytest", version, {"pytest.py": SAYS.format(name="pytest", version=version)})
        (self.folder / "requirements" / "run.txt").write_text(run)
        (self.folder / "requirements" / "test.txt").write_text(run + test)

    def run(self, *command: str, python: Path = BARE, **variables: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LANDFALL_", "PIP_"))}
        offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels), "PIP_CONFIG_FILE": os.devnull}
        return subprocess.run(
            [python, "manage.py", *command],
            cwd=self.folder,
            env=kept | offline | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


INSTALLING = "Installing requirements/{}"


def test_the_first_command_installs_and_the_second_does_not(checkout):
    first, second = checkout.run("check"), checkout.run("check")
    assert first.stdout == second.stdout == f"django 1 check {checkout.folder}/.venv\n"
    assert INSTALLING.format("run.txt") in first.stderr
    assert second.stderr == ""


def test_changed_requirements_are_installed_again(checkout):
    checkout.run("check")
    checkout.require("2")
    assert checkout.run("check").stdout.startswith("django 2 check")


def test_what_the_tests_need_serves_every_command(checkout):
    tested = checkout.run("test", "-k", "one")
    assert tested.stdout == f"pytest 1 -k one {checkout.folder}/.venv\n"
    assert INSTALLING.format("test.txt") in tested.stderr
    assert checkout.run("check").stderr == ""
    assert checkout.run("test").stderr == ""


def test_an_environment_for_running_is_completed_for_the_tests(checkout):
    checkout.run("check")
    assert checkout.run("test").stdout.startswith("pytest 1")


def test_an_interrupted_installation_is_repaired(checkout):
    checkout.run("check")
    (checkout.folder / ".venv" / "unfinished").touch()
    shutil.rmtree(next((checkout.folder / ".venv" / "lib").glob("*/site-packages/django")))
    assert checkout.run("check").stdout.startswith("django 1 check")
    assert checkout.run("check").stderr == ""


def test_an_environment_that_lost_its_python_is_made_again(checkout):
    checkout.run("check")
    (checkout.folder / ".venv" / "bin" / "python").unlink()
    assert checkout.run("check").stdout.startswith("django 1 check")


def test_an_environment_that_was_hardly_begun_is_made_again(checkout):
    (checkout.folder / ".venv" / "lib").mkdir(parents=True)
    assert checkout.run("check").stdout.startswith("django 1 check")


def test_a_package_that_is_not_the_listed_one_is_not_installed(checkout):
    (checkout.folder / "requirements" / "run.txt").write_text(f"django==1 --hash=sha256:{'0' * 64}\n")
    ended = checkout.run("check")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.endswith("Nothing is lost: run the same command again.\n")
    checkout.require("1")
    assert checkout.run("check").stdout.startswith("django 1 check")


def test_an_older_python_is_told_so(checkout):
    code = "import runpy, sys; sys.version_info = (3, 10, 4); sys.version = '3.10.4 (old)'; sys.argv = ['manage.py'];"
    code += "runpy.run_path('manage.py', run_name='__main__')"
    ended = subprocess.run(
        [BARE, "-c", code], cwd=checkout.folder, capture_output=True, text=True, check=False, timeout=30
    )
    assert (ended.returncode, ended.stderr) == (1, "Landfall needs Python 3.11 or newer, and this is 3.10.4.\n")


def test_a_python_without_pip_is_told_so(checkout, tmp_path):
    subprocess.run([BARE, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    ended = checkout.run("check", python=tmp_path / "bare" / "bin" / "python")
    assert ended.returncode == 1
    assert ended.stderr.startswith("This Python has no pip.")
    assert ended.stderr.count("\n") == 1


def test_the_environment_can_be_left_to_the_caller(checkout):
    installed = next(checkout.wheels.glob("django-*"))
    ended = checkout.run("check", LANDFALL_VENV="off", PYTHONPATH=str(installed))
    assert ended.stdout.startswith("django 1 check")
    assert not (checkout.folder / ".venv").exists()
