"""Vetted connections as asyncio streams, for what is read and written by hand."""

import asyncio
import socket
import ssl

from connectors.egress import Way, adopted, open_connection
from connectors.steps import Steps


async def open_streams(
    host: str,
    port: int,
    steps: Steps | None,
    *,
    tls: ssl.SSLContext | None = None,
    reader: asyncio.StreamReader | None = None,
    via: Way | None = None,
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """As `egress.open_connection`; what arrives is fed into `reader` when one is given."""
    feed = reader or asyncio.StreamReader()
    transport, protocol = await open_connection(
        lambda: asyncio.StreamReaderProtocol(feed), host, port, steps, tls=tls, via=via
    )
    return feed, asyncio.StreamWriter(transport, protocol, feed, asyncio.get_running_loop())


async def adopt(sock: socket.socket) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """The streams of a connection that is there already."""
    reader = asyncio.StreamReader()
    transport, protocol = await adopted(lambda: asyncio.StreamReaderProtocol(reader), sock)
    return reader, asyncio.StreamWriter(transport, protocol, reader, asyncio.get_running_loop())


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """In the polite way, which leaves no complaint in the server's log, but not for long."""
    writer.close()
    try:
        async with asyncio.timeout(1):
            await writer.wait_closed()
    except (OSError, RuntimeError):  # TimeoutError is one; uvloop raises RuntimeError when the line has gone already
        writer.transport.abort()
    except asyncio.CancelledError:
        writer.transport.abort()
        raise
