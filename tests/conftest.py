"""What holds for every test."""

import ipaddress
import socket
import sys
from typing import Any

import pytest

REFUSABLE = ("socket.connect", "socket.sendto", "socket.sendmsg")


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refuse_the_network(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook, so that no library's own way of opening a socket goes around it."""
    if event not in REFUSABLE:
        return
    sock, address = arguments
    if sock.family in (socket.AF_INET, socket.AF_INET6) and address and not _is_here(address[0]):
        # No subclass of Exception: code under test that handles failed connections must not swallow it.
        pytest.fail(f"A test tried to reach {address[0]}; tests use servers on loopback only.")


sys.addaudithook(_refuse_the_network)
