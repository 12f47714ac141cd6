"""A name server on loopback that answers as the test says."""

import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from ipaddress import ip_address

A, CNAME, AAAA = 1, 5, 28
TTL = 300
NO_SUCH_NAME = 3
ANY = "*"  # what stands for every name that has no answers of its own
POINTER = 0xC000  # to where in a message a name stands
ASKED = POINTER | 12


class Odd(Enum):
    """Answers that are none."""

    SERVER_FAILURE = 2
    REFUSED = 5
    TRUNCATED = "the flag that says so, and no server for the rest"
    GARBAGE = "no message at all"
    LOOP = "a name that stands for itself"
    SHORT_ADDRESS = "an address of three bytes"
    NOTHING = "silence"


Answer = Sequence[str] | Odd


@dataclass
class NameServer:
    """`answers` are, by name, one answer after the other; the last one stays.

    An answer is a list of addresses, and of names that the name is an alias of, one of the next.
    """

    address: str
    answers: dict[str, Sequence[Answer]]
    asked: list[tuple[str, int]] = field(default_factory=list)

    def reply(self, query: bytes) -> bytes:
        name, end = _name(query)
        (kind,) = struct.unpack_from("!H", query, end)
        times = self.asked.count((name, kind))
        self.asked.append((name, kind))
        question = query[12 : end + 4]
        rounds = self.answers.get(name, self.answers.get(ANY))
        if rounds is None:
            return _message(query, NO_SUCH_NAME, question)
        answer = rounds[min(times, len(rounds) - 1)]
        if isinstance(answer, Odd):
            return _odd(answer, query, question, kind)
        return _message(query, 0, question, _records(answer, 12 + len(question), kind))


def _records(texts: Sequence[str], start: int, kind: int) -> list[bytes]:
    """Those of an answer that begins so many bytes after the message."""
    aliases = [text for text in texts if not _is_address(text)]
    addresses = [ip_address(text) for text in texts if _is_address(text)]
    records: list[bytes] = []
    owner = ASKED
    for alias in aliases:
        target = _encoded(alias)
        records.append(_record(owner, CNAME, target))
        owner = POINTER | (start + sum(map(len, records)) - len(target))
    wanted = 4 if kind == A else 6
    return records + [_record(owner, kind, address.packed) for address in addresses if address.version == wanted]


def _odd(odd: Odd, query: bytes, question: bytes, kind: int) -> bytes:
    match odd:
        case Odd.NOTHING:
            return b""
        case Odd.GARBAGE:
            return query[:2] + b"\xff" * 40
        case Odd.TRUNCATED:
            return _message(query, 0x0200, question, [_record(ASKED, A, bytes([8, 8, 8, 8]))])
        case Odd.LOOP:
            return _message(query, 0, question, [_record(ASKED, CNAME, struct.pack("!H", ASKED))])
        case Odd.SHORT_ADDRESS:
            return _message(query, 0, question, [_record(ASKED, kind, b"\x08\x08\x08")])
    return _message(query, int(odd.value), question)


def _message(query: bytes, flags: int, question: bytes, records: Sequence[bytes] = ()) -> bytes:
    return query[:2] + struct.pack("!HHHHH", 0x8180 | flags, 1, len(records), 0, 0) + question + b"".join(records)


def _record(owner: int, kind: int, data: bytes) -> bytes:
    return struct.pack("!HHHIH", owner, kind, 1, TTL, len(data)) + data


def _encoded(name: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def _is_address(text: str) -> bool:
    try:
        return bool(ip_address(text))
    except ValueError:
        return False


def _name(query: bytes) -> tuple[str, int]:
    labels, at = [], 12
    while length := query[at]:
        labels.append(query[at + 1 : at + 1 + length].decode().lower())
        at += length + 1
    return ".".join(labels), at + 1


@contextmanager
def name_server(answers: dict[str, Sequence[Answer]], *, silent: bool = False) -> Iterator[NameServer]:
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
        if not silent and (reply := server.reply(query)):
            sock.sendto(reply, client)
