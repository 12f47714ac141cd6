"""How far a long command is: told on standard error, so that standard output holds results only."""

import time
from typing import Self

from django.core.management.base import OutputWrapper

from destinations.models import ConnectionCheck

CLEAR = "\r\x1b[K"
OFTEN = 2.0  # seconds between two lines that are not for a terminal


class Line:
    """On a terminal one line that is written anew and gone at the end; elsewhere a line each time. With a total of 0
    it is silent."""

    def __init__(self, stream: OutputWrapper, total: int) -> None:
        self._stream, self._total = stream, total
        self._done = 0

    def summary(self) -> str:
        raise NotImplementedError

    def show(self, line: str) -> None:
        """`line` is what is said where there is no terminal."""
        if self._total and self._stream.isatty():
            self._write(f"{CLEAR}{self.summary()} ", ending="")
        elif self._total:
            self._write(line)

    def __enter__(self) -> Self:
        if self._total and self._stream.isatty():
            self._write(f"{self.summary()} ", ending="")
        return self

    def __exit__(self, *exc: object) -> None:
        if self._total and self._stream.isatty():
            self._write(CLEAR, ending="")

    def _write(self, text: str, ending: str | None = None) -> None:
        self._stream.write(text, style_func=str, ending=ending)
        self._stream.flush()


class Progress(Line):
    """Of checks: a line for each that has finished."""

    _bad = 0

    def tell(self, name: str, check: ConnectionCheck) -> None:
        self._done += 1
        self._bad += check.status != ConnectionCheck.Status.PASSED
        self.show(f"{self._done} of {self._total}: {name}: {check.status}")

    def summary(self) -> str:
        bad = f", {self._bad} did not pass" if self._bad else ""
        return f"{self._done} of {self._total} checked{bad}"


class Count(Line):
    """Of many alike things: now and then a line that says how many are `verb`, and one when all are."""

    def __init__(self, stream: OutputWrapper, total: int, verb: str) -> None:
        super().__init__(stream, total)
        self._verb, self._said = verb, time.monotonic()

    def add(self, number: int) -> None:
        self._done += number
        if self._stream.isatty() or self._done >= self._total or time.monotonic() > self._said + OFTEN:
            self._said = time.monotonic()
            self.show(f"{self.summary()}.")

    def summary(self) -> str:
        return f"{self._done:,} of {self._total:,} {self._verb}"
