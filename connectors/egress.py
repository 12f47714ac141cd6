"""The only door to the network: every connection of a check is resolved, vetted, pinned and timed here."""

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Protocol, TypeVar

import aiohappyeyeballs
from django.conf import settings

from connectors import names
from connectors.addresses import permitted
from connectors.names import place
from connectors.problems import CheckFailed
from connectors.steps import Steps
from connectors.tls import explained, limited, tls_context

__all__ = [
    "Endpoint", "Exhausted", "Way", "adopted", "look_up", "open_connection", "open_socket", "reach", "server_name",
    "step", "tls_context",
]  # fmt: skip

CONNECT_LIMIT = 5.0  # seconds, over all addresses of a host
ATTEMPTS = 8  # addresses of one host that are tried
GOODBYE = 0.5  # seconds a server has to end TLS in its turn
HEAD_START = 0.25  # seconds before the next address is tried beside one that does not answer

P = TypeVar("P", bound=asyncio.BaseProtocol)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to connect: the vetted `address`, and the name `host` for TLS and the protocol's own greeting."""

    host: str
    port: int
    address: str


class Way(Protocol):
    """Another way to a service than straight. It begins at a vetted address, and knows by itself what lies behind."""

    async def open(self, host: str, port: int, steps: Steps | None) -> socket.socket:
        """A connection that leads there, in place of the steps "resolve" and "connect"."""

    def entrance(self, endpoint: Endpoint) -> AbstractAsyncContextManager[Endpoint]:
        """Where a driver that makes its own connection has to connect to within the block."""


class Exhausted(Exception):
    """This machine cannot open a connection, whatever the destination does; no fault of the destination."""


async def look_up(host: str) -> tuple[str, ...]:
    """Every IP address of `host`. Raises `CheckFailed` (dns, blocked); one forbidden address refuses the host."""
    found = await names.addresses(host)
    if not all(permitted(address) for address in found):
        raise _blocked(server_name(host))
    return tuple(str(address) for address in found)


async def reach(
    host: str, port: int, steps: Steps, *, tls: ssl.SSLContext | None = None, via: Way | None = None
) -> Endpoint:
    """Connect once and hang up, as the steps "resolve", "connect" and, when `tls` is given, "tls".

    For drivers that make their own connection: let them connect to the `address` of the result, which was vetted, or
    `via` another way to what `entrance` of that way gives for the result.
    Raises `CheckFailed` (dns, blocked, refused, timeout, tls).
    """
    endpoint, transport, _ = await _open(asyncio.Protocol, host, port, steps, tls=tls, via=via)
    transport.abort()
    return endpoint


async def open_connection(
    protocol: Callable[[], P],
    host: str,
    port: int,
    steps: Steps | None = None,
    *,
    tls: ssl.SSLContext | None = None,
    via: Way | None = None,
) -> tuple[asyncio.Transport, P]:
    """A vetted connection that speaks `protocol`, opened within the same steps and errors as `reach`."""
    _, transport, spoken = await _open(protocol, host, port, steps, tls=tls, via=via)
    return transport, spoken


async def open_socket(host: str, port: int) -> socket.socket:
    """A vetted connection for a library that takes it over as it is. Raises `CheckFailed` as `reach` does."""
    name = server_name(host)
    sock, _ = await _connect(name, port, await look_up(name))
    return sock


async def adopted(protocol: Callable[[], P], sock: socket.socket, **tls: Any) -> tuple[asyncio.Transport, P]:
    """Let the running loop speak `protocol` over a connected socket; `tls` as the loop's own methods take it."""
    loop = asyncio.get_running_loop()
    if sock.family == getattr(socket, "AF_UNIX", None):
        return await loop.create_unix_connection(protocol, sock=sock, **tls)
    return await loop.create_connection(protocol, sock=sock, **tls)


def server_name(host: str) -> str:
    """`host` as it stands in certificates and greetings: ASCII, without brackets and without a final dot.

    Raises `CheckFailed` (dns, blocked) for what can be no host.
    """
    return str(names.canonical(host))


def step(steps: Steps | None, name: str) -> AbstractContextManager[None]:
    return nullcontext() if steps is None else steps(name)


async def _open(
    protocol: Callable[[], P], host: str, port: int, steps: Steps | None, *, tls: ssl.SSLContext | None, via: Way | None
) -> tuple[Endpoint, asyncio.Transport, P]:
    sock, endpoint = await _straight(host, port, steps) if via is None else await _by(via, host, port, steps)
    if tls is None:
        return endpoint, *await adopted(protocol, sock)
    with step(steps, "tls"), explained(endpoint.host, port):
        async with limited():
            return endpoint, *await adopted(
                protocol, sock, ssl=tls, server_hostname=endpoint.host, ssl_shutdown_timeout=GOODBYE
            )


async def _straight(host: str, port: int, steps: Steps | None) -> tuple[socket.socket, Endpoint]:
    with step(steps, "resolve"):
        name = server_name(host)
        addresses = await look_up(name)
    with step(steps, "connect"):
        return await _connect(name, port, addresses)


async def _by(via: Way, host: str, port: int, steps: Steps | None) -> tuple[socket.socket, Endpoint]:
    sock = await via.open(host, port, steps)
    return sock, Endpoint(server_name(host), port, "")


async def _connect(name: str, port: int, addresses: tuple[str, ...]) -> tuple[socket.socket, Endpoint]:
    if port in settings.EGRESS_DENY_PORTS:
        raise CheckFailed("blocked", f"Connections to port {port} are not allowed.", REMEDY_PORT)
    # The second look at the addresses, in the very call that connects to them.
    if not all(permitted(ip_address(address)) for address in addresses):
        raise _blocked(name)
    targets = [_target(address, port) for address in addresses[:ATTEMPTS]]
    try:
        async with asyncio.timeout(CONNECT_LIMIT):
            sock = await aiohappyeyeballs.start_connection(targets, happy_eyeballs_delay=HEAD_START)
        return sock, Endpoint(name, port, sock.getpeername()[0])
    except TimeoutError:
        message = f"{place(name, port)} did not accept a connection within {CONNECT_LIMIT:.0f} seconds."
        raise CheckFailed("timeout", message, REMEDY_SILENT) from None
    except (OSError, RuntimeError) as error:  # uvloop raises RuntimeError for some
        raise _refused(getattr(error, "errno", None), place(name, port)) from None


def _target(address: str, port: int) -> tuple[int, int, int, str, tuple[str, int]]:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port)


def _blocked(name: str) -> CheckFailed:
    # Which address it is stays unsaid: the answer would map our network for whoever asks.
    message = f"The host “{name}” is, or stands for, a private or reserved address; connections there are not allowed."
    return CheckFailed("blocked", message, REMEDY_BLOCKED)


def _refused(number: int | None, at: str) -> CheckFailed:
    if number in _OURS:
        raise Exhausted(errno.errorcode[number])
    if number == errno.ECONNREFUSED:
        return CheckFailed("refused", f"{at} refused the connection.", REMEDY_REFUSED)
    return CheckFailed("refused", f"{at} cannot be reached.", REMEDY_SILENT)


_OURS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
REMEDY_BLOCKED = "Use a public address, or let the operator of Landfall name the network in LANDFALL_EGRESS_ALLOW."
REMEDY_PORT = "Use another port, or let the operator of Landfall take this one out of LANDFALL_EGRESS_DENY_PORTS."
REMEDY_REFUSED = "Check the port, and that the service is running and listens on this address."
REMEDY_SILENT = "Check the host and the port, and that firewalls let Landfall through."
