"""Connections through an SSH server, for the time of one check."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncssh

from connectors import egress
from connectors.egress import Endpoint
from connectors.probes.ssh import faults
from connectors.probes.ssh.carrying import Channel, carry
from connectors.probes.ssh.server import OPEN, Server
from connectors.steps import Steps

GOODBYE = 0.5  # seconds for last words: those of the connections, then those of the tunnel


class Tunnel:
    """A `Way`. Hosts are looked up by the SSH server, whose owner decides where it may connect to."""

    def __init__(self, server: Server, connection: asyncssh.SSHClientConnection) -> None:
        self._server, self._connection = server, connection
        self._carried: set[asyncio.Task[None]] = set()

    async def open(self, host: str, port: int, steps: Steps | None) -> socket.socket:
        """One end of a connection whose other end is at the service. Raises `CheckFailed`."""
        with egress.step(steps, OPEN):
            far = await self._channel(host, port)
        if steps is not None:
            steps.skip("resolve", "The SSH server looks the host up.")
            steps.skip("connect", "The SSH server has connected to it when the tunnel was opened.")
        near, ours = socket.socketpair()
        near.setblocking(False)
        self._carry(ours, far)
        return near

    @asynccontextmanager
    async def entrance(self, endpoint: Endpoint) -> AsyncIterator[Endpoint]:
        """A loopback port, for drivers that connect by themselves. It takes the first connection and no other.

        Whoever else on this machine comes first is before the service and its sign-in, no further; the check fails.
        """
        far = await self._channel(endpoint.host, endpoint.port)
        listener = socket.create_server(("127.0.0.1", 0), backlog=1)
        listener.setblocking(False)
        address, port = listener.getsockname()
        accepting = asyncio.ensure_future(asyncio.get_running_loop().sock_accept(listener))

        def accepted(_: object) -> None:
            listener.close()
            if not accepting.cancelled() and not accepting.exception():
                self._carry(accepting.result()[0], far)

        accepting.add_done_callback(accepted)
        try:
            yield Endpoint(endpoint.host, port, address)
        finally:
            accepting.cancel()
            await asyncio.wait({accepting})

    async def close(self) -> None:
        """Nothing is left of the tunnel after this. It takes a second at most."""
        if self._carried:
            await asyncio.wait(self._carried, timeout=GOODBYE)
        carried = list(self._carried)
        for task in carried:
            task.cancel()
        await asyncio.gather(*carried, return_exceptions=True)
        self._connection.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE):
                await self._connection.wait_closed()

    async def _channel(self, host: str, port: int) -> Channel:
        name = egress.server_name(host)
        try:
            async with asyncio.timeout(egress.CONNECT_LIMIT):
                return await self._connection.open_connection(name, port)
        except TimeoutError:
            raise faults.unanswered(self._server, name, port) from None
        except asyncssh.ChannelOpenError as error:
            if self._connection.is_closed():
                raise faults.gone(self._server) from None
            raise faults.not_let_through(error, self._server, name, port) from None
        except (asyncssh.Error, OSError):
            raise faults.gone(self._server) from None

    def _carry(self, near: socket.socket, far: Channel) -> None:
        near.setblocking(False)
        task = asyncio.ensure_future(carry(near, far))
        self._carried.add(task)
        task.add_done_callback(self._carried.discard)
        task.add_done_callback(lambda _: near.close())  # also of one that was cancelled before it began
