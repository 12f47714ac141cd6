"""Run a check as a worker does, hold its report to what every report promises, and play peers that misbehave."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from ssl import SSLContext
from typing import Any, cast

import pytest

from connectors import perloop
from connectors.base import Connector
from connectors.identity import Identity
from connectors.problems import CHECK_CODES
from connectors.running import Report, run


def checked(
    connector: Connector,
    config: Mapping[str, Any],
    credentials: Mapping[str, Any],
    limit: float = 15,
    identity: Identity | None = None,
) -> Report:
    return asyncio.run(check(connector, config, credentials, limit, identity))


async def check(
    connector: Connector,
    config: Mapping[str, Any],
    credentials: Mapping[str, Any],
    limit: float = 15,
    identity: Identity | None = None,
) -> Report:
    """Validate and check; no secret may be in the report, neither as it is nor as Python would write it."""
    try:
        report = await run(connector, *connector.clean(config, credentials), limit=limit, identity=identity)
    finally:
        await perloop.close()
    if identity:
        assert not any(line in repr(report) for line in identity.private.splitlines())
    for name in connector.secrets & set(credentials):
        value = credentials[name]
        for secret in value.values() if isinstance(value, Mapping) else [value]:
            assert repr(secret)[1:-1] not in repr(report)
            assert all(secret not in text for text in (report.message, report.remedy, *_texts(report.steps)))
    return report


def _texts(steps: list[dict[str, Any]]) -> Iterator[str]:
    return (str(value) for step in steps for value in step.values())


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """Everything that was logged while the test ran, with what formatters might add to it."""
    return caplog.text + "".join(str(vars(record)) for record in caplog.get_records("call"))


def passed(report: Report) -> list[str]:
    """Assert that a check passed, and return the steps that were not skipped."""
    assert report.status == "passed", report
    return [step["name"] for step in report.steps if step["status"] == "passed"]


def failed(report: Report, code: str, step: str) -> str:
    """Assert how and where a check failed and that it says so in sentences, and return them."""
    first = next((one for one in report.steps if one["status"] == "failed"), None)
    assert (report.status, report.code) == ("failed", code), report
    assert code in CHECK_CODES
    assert first is not None
    assert (first["name"], first["code"]) == (step, code), report
    for text in (report.message, report.remedy):
        assert text.endswith(".")
        assert " " in text
        assert "{" not in text
    return f"{report.message} {report.remedy}"


class Peer(asyncio.Protocol):
    """Whoever connects is sent `answer`, at once or after the first words, and perhaps hung up on."""

    transport: asyncio.Transport | None = None  # none before a handshake has succeeded

    def __init__(self, answer: bytes = b"", *, after: bool = True, hang_up: bool = False) -> None:
        self.answer, self.after, self.hang_up = answer, after, hang_up

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        if not self.after:
            self.speak(self.transport)

    def data_received(self, data: bytes) -> None:
        if self.after and self.transport:
            self.speak(self.transport)

    def speak(self, transport: asyncio.Transport) -> None:
        if self.answer:
            transport.write(self.answer)
        if self.hang_up:
            transport.close()


@asynccontextmanager
async def listening(make: Callable[[], Peer], ssl: SSLContext | None = None) -> AsyncIterator[int]:
    peers: list[Peer] = []

    def meet() -> Peer:
        peers.append(make())
        return peers[-1]

    server = await asyncio.get_running_loop().create_server(meet, "127.0.0.1", 0, ssl=ssl)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for peer in peers:
            if peer.transport:
                peer.transport.abort()
        await asyncio.sleep(0)  # the loop closes them in its next turn


def against(peer: Callable[[], Peer], visit: Callable[[int], Awaitable[Report]]) -> Report:
    """The report of `visit(port)` while `peer` listens on that port."""

    async def both() -> Report:
        async with listening(peer) as port:
            return await visit(port)

    return asyncio.run(both())


class Muffler:
    """Stands between a client and a server; once either has said `word`, nothing passes any more.

    With `hang_up` it then closes both connections, else it leaves them open.
    """

    def __init__(self, port: int, word: bytes, *, hang_up: bool = False) -> None:
        self.port, self.word, self.hang_up, self.silent = port, word, hang_up, False

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        self._tasks: list[asyncio.Task[None]] = []
        server = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.port)
        self._tasks.append(asyncio.create_task(self._pass_on(reader, far_writer)))
        self._tasks.append(asyncio.create_task(self._pass_on(far_reader, writer)))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                self.silent = self.silent or self.word in data
                if self.silent and self.hang_up:
                    return
                if not self.silent:
                    writer.write(data)
        finally:
            writer.close()


class Once(Muffler):
    """Muffles only the first connection."""

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.silent:
            self.word, self.silent = b"\0no such word\0", False
        await super()._meet(reader, writer)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        muffled = False
        try:
            while data := await reader.read(65536):
                if self.word in data:
                    self.silent = muffled = True
                    self.word = b"\0no such word\0"
                if muffled and self.hang_up:
                    return
                if not muffled:
                    writer.write(data)
        finally:
            writer.close()
