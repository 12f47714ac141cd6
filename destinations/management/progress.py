"""How far a batch of checks is: told on standard error, so that standard output holds results only."""

from typing import Self

from django.core.management.base import OutputWrapper

from destinations.models import ConnectionCheck

CLEAR = "\r\x1b[K"


class Progress:
    """A line for each finished check; on a terminal one line that is written anew. Silent with a total of 0."""

    def __init__(self, stream: OutputWrapper, total: int) -> None:
        self._stream, self._total = stream, total
        self._done = self._bad = 0

    def tell(self, name: str, check: ConnectionCheck) -> None:
        self._done += 1
        self._bad += check.status != ConnectionCheck.Status.PASSED
        if self._total and self._stream.isatty():
            bad = f", {self._bad} did not pass" if self._bad else ""
            self._write(f"{CLEAR}{self._done} of {self._total} checked{bad} ", ending="")
        elif self._total:
            self._write(f"{self._done} of {self._total}: {name}: {check.status}")

    def __enter__(self) -> Self:
        if self._total and self._stream.isatty():
            self._write(f"0 of {self._total} checked ", ending="")
        return self

    def __exit__(self, *exc: object) -> None:
        if self._total and self._stream.isatty():
            self._write(CLEAR, ending="")

    def _write(self, text: str, ending: str | None = None) -> None:
        self._stream.write(text, style_func=str, ending=ending)
        self._stream.flush()
