from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO

import pytest
from django.core.management import CommandError, call_command


@dataclass(frozen=True)
class Said:
    """What a command printed and, when it failed, its last sentence and its exit status."""

    out: str
    err: str
    sentence: str = ""
    status: int = 0

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


Run = Callable[..., Said]


@pytest.fixture
def attempt(monkeypatch) -> Run:
    """Runs a command in this process, whatever becomes of it."""
    monkeypatch.delenv("COLUMNS", raising=False)

    def run(name: str, *arguments: str) -> Said:
        out, err = StringIO(), StringIO()
        try:
            call_command(name, *arguments, stdout=out, stderr=err)
        except CommandError as error:
            return Said(out.getvalue(), err.getvalue(), str(error), error.returncode)
        return Said(out.getvalue(), err.getvalue())

    return run


@pytest.fixture
def command(attempt) -> Run:
    """Runs a command that must succeed."""

    def run(name: str, *arguments: str) -> Said:
        said = attempt(name, *arguments)
        assert (said.sentence, said.status) == ("", 0)
        return said

    return run


@pytest.fixture
def refused(attempt) -> Run:
    """Runs a command that must fail."""

    def run(name: str, *arguments: str) -> Said:
        said = attempt(name, *arguments)
        assert said.sentence
        assert said.status
        return said

    return run
