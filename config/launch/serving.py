"""What the group consists of, and where it listens."""

import errno
import http.client
import ipaddress
import os
import socket
import sys
import time
from collections.abc import Callable
from contextlib import closing
from threading import Thread

from django.conf import settings

from config.launch import LaunchError
from config.launch.supervisor import Child
from config.paths import BASE_DIR

PYTHON = sys.executable


def listen(host: str, port: int) -> socket.socket:
    """The listening socket that the web server inherits, so that nobody can take the port in between."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise LaunchError(_unusable(host, port, error)) from error
    return listener


def _unusable(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is already taken: choose another with --port, or stop the program that has it."
    if error.errno == errno.EACCES:
        return f"Port {port} on {host} is not for this user to take: choose one above 1023 with --port."
    return f"This machine cannot listen on {host} ({error.strerror}): choose another address with --host."


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def url(host: str, port: int) -> str:
    shown = "localhost" if host in ("0.0.0.0", "::", "") else host  # noqa: S104
    return f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"


def children(listener: socket.socket) -> list[Child]:
    """In the order in which they are asked to stop: first who gives out work, then who does it."""
    celery = [PYTHON, "-m", "celery", "--quiet", "--app", "config", "--workdir", str(BASE_DIR)]
    beat = [*celery, "beat", "--pidfile="]
    worker = [*celery, "worker", "--pool", "prefork", "--without-mingle", "--without-gossip"]
    return [
        Child("beat", beat),
        Child("worker", worker),
        Child("web", _gunicorn(listener.fileno()), pass_fds=[listener.fileno()]),
    ]


def _gunicorn(listener: int) -> list[str]:
    options = {
        "bind": f"fd://{listener}",
        "chdir": str(BASE_DIR),
        "worker-class": "config.launch.gateway.Worker",
        "workers": str(settings.WEB_WORKERS),
        "threads": str(settings.WEB_THREADS),
        "graceful-timeout": "5",
        "log-level": "warning",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    return [PYTHON, "-m", "gunicorn", *flags, "--no-control-socket", "config.wsgi"]


def environment(host: str) -> dict[str, str]:
    """The caller's, with what suits a terminal and the chosen address where the caller said nothing."""
    defaults = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
        "LANDFALL_LOG_FORMAT": "console",
        "LANDFALL_LOG_LEVEL": "warning",
        "LANDFALL_ALLOWED_HOSTS": ",".join({*settings.ALLOWED_HOSTS, _literal(host), socket.gethostname()}),
    }
    return defaults | os.environ


def _literal(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def when_answering(listener: socket.socket, then: Callable[[], None]) -> None:
    """Call `then`, from a thread, once the web server has answered a request."""
    address = listener.getsockname()[:2]

    def ask() -> None:
        # The socket accepts at once; the answer comes when a worker is there to give it.
        while True:
            try:
                with closing(http.client.HTTPConnection(_reachable(address[0]), address[1], timeout=60)) as web:
                    web.request("GET", "/", headers={"Host": "localhost"})
                    web.getresponse().read()
            except (OSError, http.client.HTTPException):
                time.sleep(0.2)
            else:
                then()
                return

    Thread(target=ask, daemon=True).start()


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
