"""gunicorn's worker, which answers for itself what it cannot hand on: a request line or header that is malformed or
too long, chunks that are none."""

import json
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from django.conf import settings
from gunicorn import util
from gunicorn.workers.gthread import ThreadWorker

#: Where it puts a callable into the environment of a request, for whoever reads the body to call when that is done. It
#: says whether that was in time.
ARRIVED = "landfall.arrived"
#: Seconds that a request has to arrive whole while every thread waits for one, so that nobody is served.
HURRY = 2
DETAIL = "The request is malformed, or its address or a header is too long."
FAILURE = "This is a fault of Landfall; its log says more."


def write_problem(sock: socket.socket, status: int, reason: str, _message: str) -> None:
    """As JSON (RFC 9457), since whose address was asked is not known, and of all who ask the fewest read HTML. The
    message is left out: it may repeat what was sent."""
    detail = FAILURE if status == 500 else DETAIL
    problem = {"type": "about:blank", "title": reason, "status": status, "detail": detail, "errors": []}
    body = json.dumps(problem)
    head = {"Connection": "close", "Content-Type": "application/problem+json", "Content-Length": str(len(body))}
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in head.items()), "", body]
    util.write_nonblock(sock, "\r\n".join(lines).encode())


class Worker(ThreadWorker):  # type: ignore[misc]
    """Takes a request from nobody who sends it too slowly: a thread that waits for one serves nobody else."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: Since when a request has been arriving over a connection, until it is whole.
        self._arriving: dict[socket.socket, float] = {}

    def init_process(self) -> None:
        """gunicorn has no setting for what it answers; this process is its worker and nothing else."""
        util.write_error = write_problem
        super().init_process()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        application: Callable[..., Any] = self.app.wsgi()

        def told(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
            environ[ARRIVED] = partial(self._arrived, environ["gunicorn.socket"])
            return application(environ, start_response)

        self.wsgi = told

    def handle(self, conn: Any) -> Any:
        patience = struct.pack("ll", settings.REQUEST_TIMEOUT, 0)
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, patience)
        self._arriving[conn.sock] = time.monotonic()
        try:
            return super().handle(conn)
        finally:
            self._arriving.pop(conn.sock, None)

    def murder_pending(self) -> None:
        """gunicorn calls this every second at least. Whoever waits for more of a late request is told that it ends."""
        super().murder_pending()
        arriving, limit = tuple(self._arriving.items()), settings.REQUEST_TIMEOUT
        latest = time.monotonic() - (limit if len(arriving) < self.cfg.threads else min(limit, HURRY))
        for sock in [sock for sock, since in arriving if since < latest]:
            self._arriving.pop(sock, None)
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RD)

    def _arrived(self, sock: socket.socket) -> bool:
        return self._arriving.pop(sock, None) is not None
