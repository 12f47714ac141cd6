"""The sign-in to an SSH server with one key, and with nothing of whoever runs Landfall."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncssh

from connectors import egress
from connectors.identity import Identity
from connectors.probes.finishing import to_the_end
from connectors.probes.ssh import faults
from connectors.probes.ssh.channels import Tunnel
from connectors.probes.ssh.server import ENTER, REACH, Server
from connectors.steps import Steps

GREETING_LIMIT = 5.0  # seconds for the key exchange
SIGN_IN_LIMIT = 8.0  # seconds

# No agent, no files of ~/.ssh, no Kerberos, no password, and no method but the key.
_NOTHING_ELSE = {
    "config": None, "agent_path": None, "client_keys": None, "client_certs": (), "pkcs11_provider": None,
    "x509_trusted_certs": None, "gss_host": None, "gss_kex": False, "gss_auth": False, "host_based_auth": False,
    "kbdint_auth": False, "password_auth": False, "preferred_auth": ("publickey",), "compression_algs": None,
    "client_version": "Landfall",
}  # fmt: skip


class Guest(asyncssh.SSHClient):
    """Offers one key, once; by then the server has proved to be who it should be, and `met` is set."""

    connection: asyncssh.SSHClientConnection | None = None

    def __init__(self, identity: Identity, host_key: str) -> None:
        self._keys = [asyncssh.import_private_key(identity.private)]
        self._expected = asyncssh.import_public_key(host_key) if host_key else None
        self.met = asyncio.Event()

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        self.connection = conn

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        return self._expected is None or key == self._expected

    def public_key_auth_requested(self) -> asyncssh.SSHKey | None:
        self.met.set()
        return self._keys.pop() if self._keys else None

    @property
    def heard(self) -> bool:
        """Whether the other side has said that it is an SSH server."""
        return bool(self.connection and self.connection.get_extra_info("server_version"))


async def enter(server: Server, identity: Identity, steps: Steps) -> Tunnel:
    """Raises `CheckFailed`."""
    guest = Guest(identity, server.host_key)
    with steps(REACH):
        sock = await egress.open_socket(server.host, server.port)
        connecting = asyncio.ensure_future(_connect(server, guest, sock))
        try:
            with _explained(server, identity, guest):
                await _meet(connecting, guest)
        except BaseException:
            await to_the_end(_give_up(connecting, sock))
            raise
    with steps(ENTER):
        try:
            with _explained(server, identity, guest):
                async with asyncio.timeout(SIGN_IN_LIMIT):
                    return Tunnel(server, await asyncio.shield(connecting))
        except BaseException:
            await to_the_end(_give_up(connecting, sock))
            raise


async def _connect(server: Server, guest: Guest, sock: socket.socket) -> asyncssh.SSHClientConnection:
    return await asyncssh.connect(
        egress.server_name(server.host),
        server.port,
        username=server.user,
        sock=sock,
        # Nobody is known but by `Guest`; a server is asked for the expected kind of key first, if it has several.
        known_hosts=([], [], []),
        server_host_key_algs=_kinds(server.host_key),
        client_factory=lambda: guest,
        **_NOTHING_ELSE,
    )


def _kinds(host_key: str) -> str:
    """Which of its keys a server may prove to have, as the library takes it: any, but by no certificate."""
    first = host_key.partition(" ")[0]
    return f"^{'rsa-sha2-*' if first == 'ssh-rsa' else first}" if first else "-*-cert-*"


async def _meet(connecting: asyncio.Future[asyncssh.SSHClientConnection], guest: Guest) -> None:
    """Wait until the key is asked for, or not even that. Why nobody got in is told by the step that follows."""
    met = asyncio.ensure_future(guest.met.wait())
    either: set[asyncio.Future[Any]] = {connecting, met}
    try:
        async with asyncio.timeout(GREETING_LIMIT):
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    finally:
        met.cancel()
    if connecting.done() and not isinstance(connecting.exception(), asyncssh.PermissionDenied):
        connecting.result()


async def _give_up(connecting: asyncio.Future[asyncssh.SSHClientConnection], sock: socket.socket) -> None:
    """The library lets go of a connection that it is told to stop making; one that is just made must be ended."""
    connecting.cancel()
    await asyncio.wait({connecting})
    if not connecting.cancelled() and connecting.exception() is None:
        connecting.result().abort()
        await connecting.result().wait_closed()
    sock.close()


@contextmanager
def _explained(server: Server, identity: Identity, guest: Guest) -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise faults.silent(server, heard=guest.heard) from None
    except (asyncssh.Error, OSError, ValueError) as error:  # ValueError: what is no key or no text
        raise faults.not_let_in(error, server, identity, heard=guest.heard) from None
