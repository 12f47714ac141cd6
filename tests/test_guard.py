import asyncio
import socket

import pytest

ELSEWHERE = ("192.0.2.1", 80)


def test_a_socket_beyond_this_machine_is_refused():
    with socket.socket() as sock, pytest.raises(pytest.fail.Exception, match=r"192\.0\.2\.1"):
        sock.connect(ELSEWHERE)


def test_a_datagram_beyond_this_machine_is_refused():
    with socket.socket(type=socket.SOCK_DGRAM) as sock, pytest.raises(pytest.fail.Exception):
        sock.sendto(b"", ELSEWHERE)


def test_code_that_handles_failed_connections_cannot_hide_it():
    async def lenient():
        try:
            await asyncio.open_connection(*ELSEWHERE)
        except Exception:
            return "swallowed"

    with pytest.raises(pytest.fail.Exception):
        asyncio.run(lenient())


def test_a_loopback_socket_is_fine():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()
