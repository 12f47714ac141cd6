"""One event loop in a thread of its own, for the life of the process.

Checks run in it while the calling thread keeps the database: Django refuses queries inside a running loop, and
a loop that outlives a sweep keeps its HTTP session, TLS contexts and DNS answers.
"""

import asyncio
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

try:
    import uvloop
except ImportError:  # no build for this platform; the standard loop does the same, slower
    uvloop = None  # type: ignore[assignment]

Result = TypeVar("Result")

_lock = threading.Lock()
_loops: dict[int, asyncio.AbstractEventLoop] = {}


def submit(work: Coroutine[Any, Any, Result]) -> "Future[Result]":
    """Start a coroutine in the background loop of this process."""
    return asyncio.run_coroutine_threadsafe(work, _loop())


def _loop() -> asyncio.AbstractEventLoop:
    """Keyed by process: a forked child inherits the entry but not the thread that runs it."""
    with _lock:
        loop = _loops.get(os.getpid())
        if loop is None:
            loop = _loops[os.getpid()] = (uvloop or asyncio).new_event_loop()
            threading.Thread(target=loop.run_forever, name="checks", daemon=True).start()
        return loop
