"""The bytes of TDS 7.4 as a server reads and writes them, and reads them strictly."""

import ssl
import struct
from typing import Any

PRELOGIN, LOGIN, BATCH, ANSWER = 0x12, 0x10, 0x01, 0x04
NOT_SUPPORTED, ON, REQUIRED = 2, 1, 3
PACKET = 4096
SAID = "a text that belongs in no message"


class Wire:
    """Packets over a connection in clear or, once wrapped, in TLS."""

    def __init__(self, handler: Any) -> None:
        self.handler = handler
        self.tls: ssl.SSLObject | None = None
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.plain = b""

    def read(self, count: int) -> bytes:
        while len(self.plain) < count:
            try:
                data = self.tls.read(65536) if self.tls else self.handler.rfile.read1(65536)
            except ssl.SSLWantReadError:
                self.incoming.write(self.handler.rfile.read1(65536) or hung_up())
                continue
            self.plain += data or hung_up()
        data, self.plain = self.plain[:count], self.plain[count:]
        return data

    def message(self) -> tuple[int, bytes]:
        body, last = b"", False
        while not last:
            kind, status, length, process, _, window = struct.unpack(">BBHHBB", self.read(8))
            assert (process, window) == (0, 0)
            assert 8 < length <= PACKET
            assert status in {0, 1}
            last = status == 1
            body += self.read(length - 8)
        return kind, body

    def send(self, body: bytes, kind: int = ANSWER, size: int = 60, more: bytes = b"") -> None:
        """In small packets, so that clients have something to put together; `more` in one piece with the last."""
        for at in range(0, len(body), size):
            piece = body[at : at + size]
            data = struct.pack(">BBHHBB", kind, at + size >= len(body), len(piece) + 8, 51, at // size % 256, 0) + piece
            if self.tls:
                self.tls.write(data)
                data = self.outgoing.read()
            self.handler.wfile.write(data + more if at + size >= len(body) else data)

    def encrypt(self, context: ssl.SSLContext, smuggled: bytes) -> None:
        tls = context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        while True:
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                self.flush()
                kind, body = self.message()
                assert kind == PRELOGIN
                self.incoming.write(body)
            except ssl.SSLError:
                self.flush()
                raise ConnectionError from None
            else:
                break
        self.flush(smuggled)
        self.tls = tls

    def flush(self, more: bytes = b"") -> None:
        if words := self.outgoing.read():
            self.send(words, PRELOGIN, 1000, more)


def hung_up() -> bytes:
    raise ConnectionError


def greeting(options: dict[int, bytes]) -> bytes:
    table, data = b"", b""
    for number, value in options.items():
        table += struct.pack(">BHH", number, 5 * len(options) + 1 + len(data), len(value))
        data += value
    return table + b"\xff" + data


def table_of(body: bytes) -> dict[int, bytes]:
    options, at = {}, 0
    while body[at] != 0xFF:
        number, offset, length = struct.unpack_from(">BHH", body, at)
        assert offset + length <= len(body)
        options[number] = body[offset : offset + length]
        at += 5
    return options


def login_of(body: bytes) -> dict[str, str]:
    length, version, size = struct.unpack_from("<III", body)
    assert (length, version, size) == (len(body), 0x74000004, PACKET)
    names = ["client", "user", "password", "program", "server", "extension", "library", "language", "database"]
    said = {}
    for number, name in enumerate(names):
        offset, count = struct.unpack_from("<HH", body, 36 + 4 * number)
        raw = body[offset : offset + 2 * count]
        assert offset >= 94 or not count
        assert len(raw) == 2 * count
        if name == "password":
            raw = bytes(((byte ^ 0xA5) << 4 & 0xFF) | ((byte ^ 0xA5) >> 4) for byte in raw)
        said[name] = raw.decode("utf-16-le") if name != "extension" else ""
    return said


def statement_of(body: bytes) -> str:
    total, length, kind, transaction, outstanding = struct.unpack_from("<IIHQI", body)
    assert (total, length, kind, transaction, outstanding) == (22, 18, 2, 0, 1)
    return body[total:].decode("utf-16-le")


def token(kind: int, body: bytes) -> bytes:
    return struct.pack("<BH", kind, len(body)) + body


def changed(kind: int, values: bytes) -> bytes:
    return token(0xE3, bytes([kind]) + values)


def error(number: int, severity: int = 14, kind: int = 0xAA) -> bytes:
    text, name = SAID.encode("utf-16-le"), "server".encode("utf-16-le")
    head = struct.pack("<iBBH", number, 1, severity, len(SAID)) + text
    return token(kind, head + bytes([6]) + name + bytes([0]) + struct.pack("<i", 1))


def done(status: int) -> bytes:
    return struct.pack("<BHHQ", 0xFD, status, 0, 0)
