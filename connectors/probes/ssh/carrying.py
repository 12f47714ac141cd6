"""Pass on what is said at either end of a connection that is made of two."""

import asyncio
import socket
from contextlib import suppress

import asyncssh

from connectors.probes.streams import adopt

PIECE = 64 * 1024  # bytes

Channel = tuple["asyncssh.SSHReader[bytes]", "asyncssh.SSHWriter[bytes]"]


async def carry(near: socket.socket, far: Channel) -> None:
    """Until either end closes, or this is cancelled; both are closed then, with all that was said before."""
    reader, writer = await adopt(near)
    far_reader, far_writer = far
    ways = [
        asyncio.ensure_future(_pass_on(reader, far_writer)),
        asyncio.ensure_future(_pass_on(far_reader, writer)),
    ]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        far_writer.close()
        writer.close()
    with suppress(OSError, RuntimeError, asyncssh.Error):  # uvloop raises RuntimeError when the line has gone already
        await writer.wait_closed()
        await far_writer.wait_closed()


async def _pass_on(
    reader: "asyncio.StreamReader | asyncssh.SSHReader[bytes]",
    writer: "asyncio.StreamWriter | asyncssh.SSHWriter[bytes]",
) -> None:
    with suppress(OSError, RuntimeError, asyncssh.Error):
        while data := await reader.read(PIECE):
            writer.write(data)
            await writer.drain()
