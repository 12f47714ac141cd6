"""`manage.py start` for real: a copy of the product, a terminal, processes that are killed."""

import base64
import http.cookiejar
import os
import re
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from tests.installation import Installation, Run
from tests.servers.process import wait_until

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc"),
    pytest.mark.timeout(180),
]


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def sign_in(url: str, password: str) -> str:
    """The path that signing in leads to: the admin's when it succeeds, the login page's again when not."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    login = f"{url}admin/login/?next=/admin/password_change/"
    browser.open(login, timeout=10).close()
    token = next(cookie.value for cookie in jar if cookie.name == "landfall_csrf")
    form = {"username": "admin", "password": password, "csrfmiddlewaretoken": token}
    with browser.open(login, urllib.parse.urlencode(form).encode(), timeout=10) as answer:
        return str(urllib.parse.urlsplit(answer.url).path)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return Installation(tmp_path_factory.mktemp("start"))


class Observed:
    """What could be seen of a first start, up to and after Ctrl-C."""

    def __init__(self, installation: Installation) -> None:
        with installation.running() as run:
            self.password = re.search(r"admin, password (\S+)", run.output)
            self.page = answers(f"{run.url}admin/login/")
            self.signed_in_to = sign_in(run.url, self.password[1] if self.password else "")
            wait_until(lambda: delivered(installation), 30, "the worker took a message of the scheduler")
            started = time.monotonic()
            self.status = run.press_ctrl_c()
            self.seconds = time.monotonic() - started
            self.left = installation.processes()
        self.output = run.output
        self.modes = {
            path.relative_to(installation.var): stat.S_IMODE(path.stat().st_mode)
            for path in installation.var.rglob("*")
            if "static" not in path.parts
        }


def delivered(installation: Installation) -> bool:
    with closing(sqlite3.connect(installation.var / "broker.sqlite3", timeout=20)) as messages:
        return bool(messages.execute("SELECT 1 FROM kombu_message WHERE NOT visible").fetchone())


@pytest.fixture(scope="module")
def first(installation: Installation) -> Observed:
    return Observed(installation)


class TestTheFirstStart:
    def test_it_serves_the_login_page(self, first):
        assert first.page

    def test_the_password_it_prints_opens_the_admin(self, first):
        assert first.signed_in_to == "/admin/password_change/"

    def test_the_worker_takes_what_the_scheduler_sends(self, first, installation):
        assert delivered(installation)

    def test_it_says_where_the_data_lies_and_how_to_stop(self, first, installation):
        assert str(installation.var) in first.output
        assert "Ctrl-C" in first.output

    def test_it_says_that_checks_may_reach_this_machine(self, first):
        assert "127.0.0.0/8" in first.output

    def test_nothing_it_keeps_can_be_read_by_others(self, first, installation):
        assert stat.S_IMODE(installation.var.stat().st_mode) == 0o700
        assert {str(path): oct(mode) for path, mode in first.modes.items() if mode & 0o077} == {}
        assert {"secret_key", "encryption_keys", "admin_login"} <= {str(path) for path in first.modes}

    def test_ctrl_c_ends_it_well_within_seconds(self, first):
        assert first.status == 0
        assert first.seconds < 12
        assert first.output.endswith("Landfall has stopped; all data is kept.\n")

    def test_ctrl_c_leaves_no_process(self, first):
        assert first.left == {}

    def test_nothing_it_prints_is_a_traceback(self, first):
        assert "Traceback" not in first.output


@pytest.fixture(scope="module")
def second(installation: Installation, first: Observed) -> Iterator[Run]:
    with installation.running() as run:
        yield run


class TestTheSecondStart:
    def test_the_first_password_still_opens_the_admin(self, second, first):
        assert sign_in(second.url, first.password[1]) == "/admin/password_change/"

    def test_the_password_is_not_printed_again(self, second, first):
        assert first.password[1] not in second.output

    def test_a_start_beside_it_on_the_same_data_is_refused(self, second, installation):
        ended = installation.ended("--port", "0")
        assert ended.returncode == 1
        assert f"Landfall already runs on {installation.var} (process {second.process.pid})" in ended.stderr
        assert answers(f"{second.url}admin/login/")

    @pytest.mark.parametrize("words", [("gunicorn",), ("celery", "worker"), ("celery", "beat")], ids=" ".join)
    def test_a_process_that_is_killed_comes_back(self, second, installation, words):
        killed = installation.process(*words)
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: installation.process(*words) > killed, 30, f"there was a new {words[-1]}")
        wait_until(lambda: answers(f"{second.url}admin/login/"), 30, "the login page answered")

    def test_killing_it_leaves_no_process(self, second, installation):
        assert len(installation.processes()) >= 6
        second.process.kill()
        second.process.wait()
        wait_until(lambda: not installation.processes(), 15, "every process ended")


class TestWhatStopsAStart:
    """Each with one sentence, status 1, and nothing changed."""

    @pytest.fixture
    def sentence(self, installation: Installation, first: Observed) -> Callable[..., str]:
        def start(*arguments: str, **variables: str) -> str:
            before = {path.name: path.read_bytes() for path in installation.var.glob("*_key*")}
            ended = installation.ended(*(arguments or ("--port", "0")), **variables)
            assert ended.returncode == 1, ended
            assert ended.stderr.count("\n") == 1
            assert {path.name: path.read_bytes() for path in installation.var.glob("*_key*")} == before
            return ended.stderr

        return start

    def test_a_port_that_is_taken(self, sentence):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            assert sentence("--port", str(port)).startswith(f"Port {port} on 127.0.0.1 is already taken: ")

    def test_an_address_that_is_not_of_this_machine(self, sentence):
        assert sentence("--host", "192.0.2.1").startswith("This machine cannot listen on 192.0.2.1 ")

    def test_a_data_folder_that_is_a_file(self, sentence, tmp_path):
        (tmp_path / "var").touch()
        assert "var is a file, and Landfall keeps its data in a folder" in sentence(LANDFALL_VAR=str(tmp_path / "var"))

    def test_a_data_folder_that_cannot_be_made(self, sentence):
        assert sentence(LANDFALL_VAR="/proc/landfall").startswith("The folder /proc/landfall cannot be written ")

    def test_a_missing_encryption_key_beside_a_database(self, sentence, installation, tmp_path):
        kept = shutil.move(installation.var / "encryption_keys", tmp_path)
        try:
            assert sentence().startswith(f"The encryption key {installation.var}/encryption_keys is missing")
        finally:
            shutil.move(kept, installation.var)

    def test_an_empty_encryption_key_beside_a_database(self, sentence, installation, tmp_path):
        kept = shutil.move(installation.var / "encryption_keys", tmp_path)
        (installation.var / "encryption_keys").touch()
        try:
            assert sentence() == f"The file {installation.var}/encryption_keys is empty.\n"
        finally:
            shutil.move(kept, installation.var / "encryption_keys")

    def test_an_encryption_key_that_does_not_open_what_is_stored(self, sentence, installation):
        made = "from tests.factories import *; make_destination(make_tenant())"
        shell = [sys.executable, "manage.py", "shell", "--no-imports", "-c", made]
        subprocess.run(shell, cwd=installation.folder, env=installation.environment, check=True)
        another = base64.urlsafe_b64encode(os.urandom(32)).decode()
        said = sentence(LANDFALL_FIELD_ENCRYPTION_KEY=another)
        assert said.startswith("The encryption key does not open the secrets that the database holds: ")

    def test_a_database_of_ones_own_without_its_key(self, sentence, tmp_path):
        said = sentence(LANDFALL_VAR=str(tmp_path / "var"), LANDFALL_DATABASE_URL="postgresql://u:hidden@127.0.0.1:9/n")
        assert said.startswith("LANDFALL_DATABASE_URL is set and LANDFALL_FIELD_ENCRYPTION_KEY is not: ")
        assert "hidden" not in said

    def test_a_database_that_is_none(self, sentence, installation, tmp_path):
        (tmp_path / "var").mkdir()
        shutil.copy(installation.var / "encryption_keys", tmp_path / "var")
        (tmp_path / "var" / "landfall.sqlite3").write_text("not a database" * 100)
        assert sentence(LANDFALL_VAR=str(tmp_path / "var")) == (
            "The database cannot be used: file is not a database.\n"
        )
