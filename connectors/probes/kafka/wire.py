"""One vetted connection to a broker, and the requests of a check upon it.

aiokafka's messages, but not its connections: those look up and connect to whatever a broker names, and log what is
sent, passwords too.
"""

import asyncio
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from io import BytesIO
from typing import Any

from aiokafka.errors import KafkaError
from aiokafka.protocol.admin import ApiVersionRequest
from aiokafka.protocol.api import Request

from connectors import egress
from connectors.probes.kafka import failures
from connectors.probes.kafka.cluster import Cluster, Server
from connectors.probes.streams import open_streams
from connectors.steps import Steps

ANSWER_LIMIT = 5.0  # seconds for one answer
MOST = 1024 * 1024  # bytes of an answer; the description of a topic with thousands of partitions is smaller
FIRST_MOST = 16 * 1024  # bytes of the first answer, which lists fewer than a hundred kinds of request
TLS_ALERT = b"\x15\x03"
CLIENT = "landfall"
# What reading and writing raise when the line breaks depends on when that happens, and on the event loop.
BROKEN = (OSError, EOFError, RuntimeError)
# What the messages raise for bytes that are none of them.
UNREADABLE = (ValueError, TypeError, IndexError, struct.error)


class Session:
    """`failures` are told with `server`; every question raises `CheckFailed` (timeout, remote, protocol, tls)."""

    def __init__(
        self, server: Server, encrypted: bool, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.server, self.encrypted = server, encrypted
        self._reader, self._writer = reader, writer
        self._versions: dict[int, tuple[int, int]] = {}
        self._asked = 0

    async def greet(self) -> None:
        """Learn which requests the broker knows."""
        answer = await self.ask(ApiVersionRequest(), most=FIRST_MOST)
        if answer["error_code"]:
            raise failures.answered(self.server, answer["error_code"])
        self._versions = {
            kind["api_key"]: (kind["min_version"], kind["max_version"]) for kind in answer["api_versions"]
        }

    async def ask(self, request: Request[Any], most: int = MOST) -> dict[str, Any]:
        try:
            asked = request.prepare(self._versions)
        except (KafkaError, NotImplementedError):
            raise failures.too_different(self.server) from None
        self._asked += 1
        message = asked.build_request_header(self._asked, CLIENT).encode() + asked.encode()
        try:
            async with asyncio.timeout(ANSWER_LIMIT):
                self._writer.write(struct.pack(">i", len(message)) + message)
                answer = BytesIO(await self._read(most))
        except TimeoutError:
            raise failures.silent(self.server, first=self._asked == 1) from None
        except ssl.SSLError as error:  # a server may refuse a client only after the handshake
            raise failures.tls_broken(self.server, error) from None
        except BROKEN:
            raise failures.closed(self.server, first=self._asked == 1, encrypted=self.encrypted) from None
        try:
            header = asked.parse_response_header(answer)
            if header.correlation_id != self._asked:
                raise ValueError
            found: dict[str, Any] = asked.RESPONSE_TYPE.decode(answer).to_object()
        except UNREADABLE:
            raise failures.stranger(self.server) from None
        return found

    async def _read(self, most: int) -> bytes:
        head = await self._reader.readexactly(4)
        size = int.from_bytes(head, signed=True)
        if head.startswith(TLS_ALERT) and not self.encrypted:
            raise failures.wants_tls(self.server)
        if not 4 <= size <= most:
            raise failures.stranger(self.server)
        return await self._reader.readexactly(size)


@asynccontextmanager
async def connected(cluster: Cluster, server: Server, steps: Steps) -> AsyncIterator[Session]:
    reader, writer = await open_streams(server.host, server.port, steps, tls=cluster.tls)
    try:
        yield Session(server, cluster.tls is not None, reader, writer)
    finally:
        writer.close()
        with suppress(*BROKEN, TimeoutError):
            async with asyncio.timeout(2 * egress.GOODBYE):
                await writer.wait_closed()
        writer.transport.abort()
