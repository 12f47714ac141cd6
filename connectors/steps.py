"""The named steps of one check, as they happen."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from connectors.problems import CheckFailed


class Steps:
    """Records the steps of one check; call it with a declared name around the work of that step.

    `records` is a JSON list of {name, status, code, message, duration_ms} with status passed, failed or
    skipped; steps that never ran are listed as skipped, so that a reader sees how far the check came.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names
        self._done: list[dict[str, Any]] = []
        self.current = ""

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        if name not in self._names:
            raise ValueError(f"The step {name!r} is not declared.")
        self.current, started = name, time.perf_counter()
        try:
            yield
        except CheckFailed as failure:
            self._record(name, "failed", started, failure.code, failure.message)
            raise
        except (TimeoutError, asyncio.CancelledError):
            self._record(name, "failed", started, "timeout", "No answer within the time limit.")
            raise
        except Exception:
            self._record(name, "failed", started, "unexpected", "Something unexpected happened.")
            raise
        self._record(name, "passed", started)

    def skip(self, name: str, message: str) -> None:
        """Say that a declared step was left out on purpose, and why."""
        self._done.append(_step(name, "skipped", message=message))

    def failed(self, code: str, message: str) -> None:
        """Correct what the last step says, when its cause became known only after it ended."""
        self._done[-1] |= {"status": "failed", "code": code, "message": message}

    @property
    def records(self) -> list[dict[str, Any]]:
        ran = {step["name"] for step in self._done}
        return [*self._done, *(_step(name, "skipped") for name in self._names if name not in ran)]

    def _record(self, name: str, status: str, started: float, code: str = "", message: str = "") -> None:
        self._done.append(_step(name, status, code, message, round((time.perf_counter() - started) * 1000, 1)))


def _step(name: str, status: str, code: str = "", message: str = "", duration_ms: float = 0) -> dict[str, Any]:
    return {"name": name, "status": status, "code": code, "message": message, "duration_ms": duration_ms}
