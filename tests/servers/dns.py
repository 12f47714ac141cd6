"""A name server on loopback that answers as the test says."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address

A, AAAA = 1, 28
TTL = 300
NO_SUCH_NAME = 3


@dataclass
class NameServer:
    """`answers` are, by name, the addresses of one answer after the other; the last one stays."""

    address: str
    answers: dict[str, list[list[str]]]
    asked: list[tuple[str, int]] = field(default_factory=list)

    def reply(self, query: bytes) -> bytes:
        name, end = _name(query)
        (kind,) = struct.unpack_from("!H", query, end)
        times = self.asked.count((name, kind))
        self.asked.append((name, kind))
        rounds = self.answers.get(name)
        found = [ip_address(text) for text in rounds[min(times, len(rounds) - 1)]] if rounds else []
        records = b"".join(
            struct.pack("!HHHIH", 0xC00C, kind, 1, TTL, len(address.packed)) + address.packed
            for address in found
            if kind == (A if address.version == 4 else AAAA)
        )
        count = sum(kind == (A if address.version == 4 else AAAA) for address in found)
        flags = 0x8180 | (0 if rounds else NO_SUCH_NAME)
        head = query[:2] + struct.pack("!HHHHH", flags, 1, count, 0, 0)
        return head + query[12 : end + 4] + records


def _name(query: bytes) -> tuple[str, int]:
    labels, at = [], 12
    while length := query[at]:
        labels.append(query[at + 1 : at + 1 + length].decode().lower())
        at += length + 1
    return ".".join(labels), at + 1


@contextmanager
def name_server(answers: dict[str, list[list[str]]], *, silent: bool = False) -> Iterator[NameServer]:
    """`silent` ones take questions and never answer."""
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        server = NameServer(f"127.0.0.1:{sock.getsockname()[1]}", answers)
        ended = threading.Event()
        thread = threading.Thread(target=_serve, args=(sock, server, silent, ended), daemon=True)
        sock.settimeout(0.05)
        thread.start()
        try:
            yield server
        finally:
            ended.set()
            thread.join()


def _serve(sock: socket.socket, server: NameServer, silent: bool, ended: threading.Event) -> None:
    while not ended.is_set():
        try:
            query, client = sock.recvfrom(4096)
        except TimeoutError:
            continue
        if not silent:
            sock.sendto(server.reply(query), client)
