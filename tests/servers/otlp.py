"""A real OpenTelemetry receiver, rotel, that prints what it receives."""

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers.process import free_port, listening, missing, require, running, scratch, wait_until


@dataclass(frozen=True)
class Collector:
    port: int
    grpc_port: int
    log: Path

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def prints(self, *words: str, since: int = 0) -> str:
        """Wait until all of `words` stand in the output after its first `since` characters, and return that."""
        wait_until(lambda: all(word in self.said()[since:] for word in words), 10, f"the collector printed {words}")
        return self.said()[since:]


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    """It takes traces, logs and metrics, without TLS and from everybody."""
    package = importlib.util.find_spec("rotel")
    if package is None or package.origin is None:
        missing("The package “rotel” is not installed.")
    program = require("rotel-agent", str(Path(package.origin).parent))
    port, grpc = free_port(), free_port()
    signals = [option for name in ("traces", "logs", "metrics") for option in ("--debug-log", name)]
    with scratch("otlp") as folder:
        command = [
            program, "start", "--otlp-http-endpoint", f"127.0.0.1:{port}", "--otlp-grpc-endpoint", f"127.0.0.1:{grpc}",
            *signals, "--debug-log-verbosity", "detailed", "--exporter", "blackhole",
            "--pid-file", str(folder / "pid"),
        ]  # fmt: skip
        with running(command, lambda: listening(port), folder=folder):
            yield Collector(port, grpc, folder / "rotel-agent.log")
