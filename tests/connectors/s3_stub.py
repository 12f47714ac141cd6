"""A stand-in for S3 services, for answers that the real one of the tests cannot be made to give."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from connectors.running import Report
from connectors.types.aws_s3 import AwsS3
from tests.connectors.checks import check
from tests.servers.s3 import ADMIN

AWS = AwsS3()
LIST = b"<ListBucketResult><Name>data</Name></ListBucketResult>"


def answer(status: int, body: bytes = b"", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def error(status: int, code: str, inner: str = "", **headers: str) -> bytes:
    return answer(status, f"<Error><Code>{code}</Code>{inner}</Error>".encode(), **headers)


FOUND = answer(200, LIST)
WRITTEN = answer(200, ETag='"1"')
REMOVED = answer(204)
HANG = b""


@dataclass
class Stub:
    """Stands in for a service where the real one cannot be made to answer so; the `script` has one answer a method."""

    script: Mapping[str, bytes | Callable[[str], Awaitable[bytes]]]
    port: int = 0
    requests: list[str] = field(default_factory=list)
    tasks: list[asyncio.Task[Any]] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def methods(self) -> list[str]:
        return [request.split()[0] for request in self.requests]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self.tasks.append(task)
        with suppress(ConnectionError):
            await self._answer(reader, writer)
            writer.close()
            await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.requests.append(head)
        planned = self.script[head.split()[0]]
        reply = planned if isinstance(planned, bytes) else await planned(head)
        if reply is HANG:
            await reader.read()  # until the other side hangs up
        writer.write(reply)


@asynccontextmanager
async def stubbed(**script: bytes | Callable[[str], Awaitable[bytes]]) -> AsyncIterator[Stub]:
    stub = Stub({"GET": FOUND, "PUT": WRITTEN, "DELETE": REMOVED, **script})
    server = await asyncio.start_server(stub.serve, "127.0.0.1", 0)
    stub.port = server.sockets[0].getsockname()[1]
    try:
        yield stub
    finally:
        server.close()
        await asyncio.gather(*stub.tasks)


def against(limit: float = 10, config: Mapping[str, Any] | None = None, **script: bytes) -> tuple[Report, Stub]:
    """The report of checking a stub as if it were Amazon, and the stub."""

    async def visit() -> tuple[Report, Stub]:
        async with stubbed(**script) as stub:
            where = {"bucket": "data", "region": "us-east-1", "endpoint": stub.endpoint}
            return await check(AWS, {**where, **(config or {})}, ADMIN.credentials, limit), stub

    return asyncio.run(visit())
