"""One request of any kind, sent within this process, and what came of it."""

import hashlib
import io
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.apps import apps
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection, transaction
from django.db.models import Model

from config.handling import Handler

SHOWN = 600  # characters of a body that a failure prints
# Of these a refused request may change what tells when something was last used.
APPS = ("tenants", "destinations", "auth")
MOVING = {"last_used", "last_login"}


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def type(self) -> str:
        return self.headers.get("Content-Type", "")


@dataclass(frozen=True)
class Request:
    """`path` is as it is after decoding and each character a byte, as are those of `query` and `headers`."""

    method: str
    path: str
    query: str = ""
    body: bytes = b""
    type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    chunked: bool = False

    def environ(self) -> dict[str, Any]:
        """As web servers hand it over (PEP 3333)."""
        names = {name: name.upper().replace("-", "_") for name in self.headers}
        sent = {
            name if name == "CONTENT_LENGTH" else f"HTTP_{name}": self.headers[given] for given, name in names.items()
        }
        length = {"wsgi.input_terminated": True} if self.chunked else {"CONTENT_LENGTH": str(len(self.body))}
        return {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": self.path,
            "QUERY_STRING": self.query,
            "CONTENT_TYPE": self.type,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(self.body),
            "wsgi.errors": sys.stderr,
            "HTTP_HOST": "localhost",
            **length,
            **sent,
        }

    def send(self) -> Answer:
        """Through the very object that the web server calls. Raises what it raises."""
        begun: list[tuple[str, list[tuple[str, str]]]] = []
        with connection_kept():
            parts = Handler()(self.environ(), lambda status, headers, _error=None: begun.append((status, headers)))
            content = b"".join(parts)
            parts.close()
        [(status, headers)] = begun
        return Answer(int(status[:3]), dict(headers), content)

    def __str__(self) -> str:
        body = repr(self.body[:SHOWN]) + (f"... {len(self.body)} bytes" if len(self.body) > SHOWN else "")
        target = f"{self.path[:SHOWN]!r} ?{self.query[:SHOWN]!r}"
        return f"{self.method} {target}\n{self.headers} {self.type!r}\n{body}"


@contextmanager
def connection_kept() -> Iterator[None]:
    """A request would close the connection, and with it the transaction that the test is in."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in signals:
            signal.connect(close_old_connections)


@contextmanager
def undone() -> Iterator[None]:
    """What is changed within is taken back at the end."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def state() -> str:
    """A digest of all rows of ours."""
    seen = hashlib.sha256()
    with connection.cursor() as cursor:
        for statement in _statements():
            cursor.execute(statement)
            seen.update(repr(cursor.fetchall()).encode())
    return seen.hexdigest()


@cache
def _statements() -> list[str]:
    """Made once, for they are run after each of thousands of requests."""
    ours = [model for model in apps.get_models() if model._meta.app_label in APPS]
    return [str(model._default_manager.order_by("pk").values_list(*_columns(model)).query) for model in ours]


def _columns(model: type[Model]) -> list[str]:
    return [column.attname for column in model._meta.concrete_fields if column.name not in MOVING]


@contextmanager
def written() -> Iterator[list[str]]:
    """The statements within that would change something."""
    seen: list[str] = []

    def watch(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if sql.startswith(("INSERT", "UPDATE", "DELETE")):
            seen.append(sql)
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(watch):
        yield seen


class Failures(logging.Handler):
    """Tracebacks of the requests that failed, for whoever reads why a test did."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(logging.Formatter().format(record))


@contextmanager
def failures() -> Iterator[list[str]]:
    handler = Failures()
    logging.getLogger().addHandler(handler)
    try:
        yield handler.seen
    finally:
        logging.getLogger().removeHandler(handler)


def told(request: Request, answer: Answer, seen: list[str]) -> str:
    """What a failure prints: the request to replay, the answer, and where it came from."""
    return "\n".join([str(request), f"-> {answer.status} {answer.headers} {answer.content[:SHOWN]!r}", *seen[-1:]])
