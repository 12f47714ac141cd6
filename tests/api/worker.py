"""A worker in this process, for tests that wait for what it does."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from destinations import checking


@contextmanager
def worker() -> Iterator[None]:
    """A thread that sweeps as a worker does, until the block ends."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.02):
            checking.sweep(budget=1)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
