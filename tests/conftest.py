"""What holds for every test."""

import ipaddress
import socket
import sys
from typing import Any

import pytest
from django.db import connection

from tenants import guards

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


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup):
    """Tests that commit are followed by emptying every table, which that of the audit trail refuses."""
    operations, vendor = type(connection.ops), connection.vendor
    flush = operations.sql_flush

    def sql_flush(*args: Any, **kwargs: Any) -> list[str]:
        return [*guards.no_guards(vendor), *flush(*args, **kwargs), *guards.guards(vendor)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operations, "sql_flush", sql_flush)
        yield
