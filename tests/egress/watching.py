"""Who notices that something was connected to that must not be: ports to connect to, and an ear at the interpreter."""

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

#: What leads here, whichever way it is written.
HERE = ("127.0.0.1", "127.1.2.3", "::1")
#: The one address that checks may connect to while the decoys listen.
ALLOWED = "127.0.0.9"


class Decoy:
    """Ports with one number on several addresses of this machine, which nobody answers at.

    The system itself accepts whoever comes, so that counting them misses nobody, also who has gone again.
    """

    def __init__(self, sockets: list[socket.socket]) -> None:
        self._sockets = sockets
        self.port: int = sockets[0].getsockname()[1]

    def visits(self) -> int:
        """How many have come since the last time that this was asked."""
        return sum(1 for listener in self._sockets for _ in _waiting(listener))


def _waiting(listener: socket.socket) -> Iterator[None]:
    with suppress(BlockingIOError):
        while True:
            listener.accept()[0].close()
            yield


@contextmanager
def decoy(*hosts: str, port: int = 0) -> Iterator[Decoy]:
    while True:
        sockets: list[socket.socket] = []
        try:
            for host in hosts or HERE:
                sockets.append(_listening(host, sockets[0].getsockname()[1] if sockets else port))
            break
        except OSError:  # the number is taken on one of them
            if port:
                raise
            for one in sockets:
                one.close()
    try:
        yield Decoy(sockets)
    finally:
        for one in sockets:
            one.close()


def _listening(host: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        sock.bind((host, port))
        sock.listen(128)
    except OSError:
        sock.close()
        raise
    sock.setblocking(False)
    return sock


class Heard:
    """Where Python's own sockets were connected to, and what names were given to the system to look up."""

    def __init__(self) -> None:
        self.connected: list[str] = []
        self.looked_up: list[str] = []

    def beyond(self, *allowed: str) -> list[str]:
        """All that went elsewhere than to the `allowed` addresses, since the last time that this was asked."""
        found = [host for host in self.connected if host not in allowed] + self.looked_up
        self.connected, self.looked_up = [], []
        return found


_ears: list[Heard] = []
_LOOK_UPS = ("socket.getaddrinfo", "socket.gethostbyname")


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if _ears and "process_request_thread" in threading.current_thread().name:
        return  # one of the servers of the tests
    for heard in _ears:
        if event == "socket.connect":
            address = arguments[1]
            heard.connected.append(str(address[0] if isinstance(address, tuple) else address))
        elif event in _LOOK_UPS and arguments[0]:
            heard.looked_up.append(str(arguments[0]))


sys.addaudithook(_hear)


@contextmanager
def hearing() -> Iterator[Heard]:
    heard = Heard()
    _ears.append(heard)
    try:
        yield heard
    finally:
        _ears.remove(heard)
