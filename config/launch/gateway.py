"""gunicorn's worker, which answers for itself what it cannot hand on: a request line or header that is malformed or
too long, chunks that are none."""

import json
import socket

from gunicorn import util
from gunicorn.workers.gthread import ThreadWorker

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
    def init_process(self) -> None:
        """gunicorn has no setting for what it answers; this process is its worker and nothing else."""
        util.write_error = write_problem
        super().init_process()
