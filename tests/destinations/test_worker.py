"""Real Celery processes: what happens when one is killed in the middle, or a message is lost."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from destinations import services
from destinations.models import ConnectionCheck
from tests.factories import make_destination

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def endpoint():
    """Accepts connections and answers nothing, until the test makes it answer."""
    with Endpoint() as endpoint:
        yield endpoint


@pytest.fixture
def celery(tmp_path):
    """Starts Celery processes on this test's database, with a broker that only they know.

    What this process sends goes to another broker: every wake-up of `services` is a message lost.
    """
    with contextlib.ExitStack() as processes:

        def start(*arguments: str) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-m", "celery", "-A", "config", *arguments]
            process = subprocess.Popen(command, cwd=ROOT, env=_environment(tmp_path), start_new_session=True)
            processes.callback(_kill, process)
            return process

        yield start


def test_a_check_survives_the_death_of_its_worker(endpoint, celery):
    check = services.request_check(make_destination(config={"url": endpoint.url}))
    beat(celery)
    first = worker(celery)
    _until(lambda: endpoint.connections == 1)
    assert _status(check) == "running"

    _kill(first)
    endpoint.answer()
    time.sleep(0.5)
    assert _status(check) == "running"  # nobody is there to finish it

    worker(celery)
    _until(lambda: _status(check) == "passed", seconds=60)
    assert ConnectionCheck.objects.count() == 1


def test_a_check_whose_message_was_lost_is_run_all_the_same(endpoint, celery):
    endpoint.answer()
    check = services.request_check(make_destination(config={"url": endpoint.url}))
    beat(celery)
    worker(celery)
    _until(lambda: _status(check) == "passed", seconds=60)


def worker(celery) -> subprocess.Popen[bytes]:
    return celery("worker", "--concurrency=1", "--without-mingle", "--without-gossip", "--loglevel=warning")


def beat(celery) -> subprocess.Popen[bytes]:
    return celery("beat", "--loglevel=warning")


class Endpoint:
    """An HTTP server on loopback whose silence or answer the test decides."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._answering = False
        self._open: list[socket.socket] = []
        self.connections = 0
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/in"

    def answer(self) -> None:
        self._answering = True

    def serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                self._open.append(client)
                if self._answering:
                    client.recv(65536)
                    client.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
                    client.close()

    def __enter__(self) -> "Endpoint":
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for client in self._open:
            client.close()


def _environment(scratch: Path) -> dict[str, str]:
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "LANDFALL_VAR": str(scratch),
        "LANDFALL_DATABASE_URL": _database_url(),
        "LANDFALL_BROKER_URL": f"sqla+sqlite:///{scratch}/broker.sqlite3",
        "LANDFALL_SECRET_KEY": settings.SECRET_KEY,
        "LANDFALL_FIELD_ENCRYPTION_KEY": ",".join(settings.FIELD_ENCRYPTION_KEY),
        "LANDFALL_EGRESS_ALLOW": "127.0.0.0/8",
        "LANDFALL_CHECK_LEASE": "4",
        "LANDFALL_CHECK_TIMEOUT": "30",
    }


def _database_url() -> str:
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    return f"postgresql://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"


def _kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL for the process and its children: nothing of it gets to clean up."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _status(check: ConnectionCheck) -> str:
    return ConnectionCheck.objects.values_list("status", flat=True).get(pk=check.pk)


def _until(true, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.05)
