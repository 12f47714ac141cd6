"""The named steps of one check, as they happen."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from connectors.identity import Identity
from connectors.problems import CheckFailed

#: Method, URL, headers and body as they are sent; what comes back are the headers with the proof of who sends them.
Sign = Callable[[str, str, Mapping[str, str], bytes], Mapping[str, str]]


class Steps:
    """Records the steps of one check; call it with a declared name around the work of that step.

    `records` is a JSON list of {name, status, code, message, duration_ms} with status passed, failed or
    skipped; steps that never ran are listed as skipped, so that a reader sees how far the check came.

    Steps inside a step come before it: it begins when the last of them ends, and if one fails it never ran.

    `identity` is whom to sign in as where the config names no credential for that, and `sign` what signs the requests
    of a type that lets it (`Connector.signs`). Neither is recorded.
    """

    def __init__(self, names: tuple[str, ...], identity: Identity | None = None) -> None:
        self._names, self.identity = names, identity
        self._done: list[dict[str, Any]] = []
        self._failure: BaseException | None = None
        self._began = 0.0
        self.sign: Sign | None = None
        self._open: list[str] = []
        self.current = ""
        self.learned: dict[str, Any] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        if name not in self._names:
            raise ValueError(f"The step {name!r} is not declared.")
        self._open.append(name)
        self.current, self._began = name, time.perf_counter()
        try:
            yield
        except CheckFailed as failure:
            self._fail(name, failure, failure.code, failure.message)
            raise
        except (TimeoutError, asyncio.CancelledError) as error:
            self._fail(name, error, "timeout", "No answer within the time limit.")
            raise
        except Exception as error:
            self._fail(name, error, "unexpected", "Something unexpected happened.")
            raise
        finally:
            self._open.pop()
        if name not in self._left_out():
            self._record(name, "passed")
        self.current, self._began = (self._open or [name])[-1], time.perf_counter()

    def skip(self, name: str, message: str) -> None:
        """Say that a declared step was left out on purpose, and why; within the step, that it proved nothing."""
        self._done.append(_step(name, "skipped", message=message))

    def adopt(self, attempt: "Steps") -> None:
        """Take over what one of several attempts at the first steps has recorded, and go on from there."""
        self._done.extend(attempt._done)
        self.current = attempt.current

    def learn(self, **config: Any) -> None:
        """Keep what the destination told of itself; it completes the config of one that is saved after this check."""
        self.learned.update(config)

    @property
    def records(self) -> list[dict[str, Any]]:
        ran = {step["name"] for step in self._done}
        return [*self._done, *(_step(name, "skipped") for name in self._names if name not in ran)]

    def _left_out(self) -> set[str]:
        return {step["name"] for step in self._done if step["status"] == "skipped"}

    def _fail(self, name: str, error: BaseException, code: str, message: str) -> None:
        if error is not self._failure:  # else a step inside this one has told it
            self._record(name, "failed", code, message)
        self._failure = error

    def _record(self, name: str, status: str, code: str = "", message: str = "") -> None:
        self._done.append(_step(name, status, code, message, round((time.perf_counter() - self._began) * 1000, 1)))


def _step(name: str, status: str, code: str = "", message: str = "", duration_ms: float = 0) -> dict[str, Any]:
    return {"name": name, "status": status, "code": code, "message": message, "duration_ms": duration_ms}
