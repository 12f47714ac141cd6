"""The connection: messages in packets, and TLS, whose handshake this protocol hides in packets of its own."""

import asyncio
import ssl
import struct

from connectors.probes.streams import hang_up

PRELOGIN, LOGIN, BATCH, ANSWER = 0x12, 0x10, 0x01, 0x04
PACKET = 4096  # bytes, what every server takes before another size is agreed upon
LONGEST = 65536  # bytes of an answer, many times what the statements of a check are answered with
_HEADER = struct.Struct(">BBHxxBx")  # kind, status, length with this header, number
_KINDS = {PRELOGIN, ANSWER}  # of what servers say; handshakes are of the first
_LAST = 1  # the status of the last packet of a message


class Stranger(Exception):
    """Whoever answers does not speak TDS as it is written."""


class Line:
    """Raises `OSError` whenever the connection is lost, `Stranger` for what cannot be a packet."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls: ssl.SSLObject | None = None
        self._plain = b""  # what has arrived, as it is after decryption
        #: Whether anything has arrived.
        self.heard = False

    async def ask(self, kind: int, message: bytes) -> bytes:
        """Send one message and read the answer to it."""
        self._send(kind, message)
        answer, last = b"", False
        while not last:
            answered, last, body = await self._packet()
            answer += body
            if answered != ANSWER or len(answer) > LONGEST:
                raise Stranger
        return answer

    async def encrypt(self, context: ssl.SSLContext, name: str) -> None:
        """Everything from here on is protected; `name` is what the certificate must be for."""
        tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        while not self._shake_hands(tls):
            _, _, body = await self._packet()
            self._incoming.write(body)
        # What has arrived behind the handshake came in clear: TLS will not take it for the server's.
        self._incoming.write(self._plain)
        self._tls, self._plain = tls, b""

    async def end(self) -> None:
        await hang_up(self._writer)

    def _shake_hands(self, tls: ssl.SSLObject) -> bool:
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        finally:  # also to say why not
            if words := self._outgoing.read():
                self._send(PRELOGIN, words)
        return True

    def _send(self, kind: int, message: bytes) -> None:
        size = PACKET - _HEADER.size
        pieces = [message[at : at + size] for at in range(0, len(message), size)]
        for number, piece in enumerate(pieces, 1):
            status = _LAST if number == len(pieces) else 0
            self._write(_HEADER.pack(kind, status, _HEADER.size + len(piece), number % 256) + piece)

    def _write(self, data: bytes) -> None:
        if self._tls:
            self._tls.write(data)
            data = self._outgoing.read()
        try:
            self._writer.write(data)
        except RuntimeError:  # uvloop's, when the line has gone already
            raise ConnectionResetError from None

    async def _packet(self) -> tuple[int, bool, bytes]:
        first = await self._read(1)
        if first[0] not in _KINDS:  # told at once: other protocols may say less than a header
            raise Stranger
        kind, status, length, _ = _HEADER.unpack(first + await self._read(_HEADER.size - 1))
        if length < _HEADER.size:
            raise Stranger
        return kind, bool(status & _LAST), await self._read(length - _HEADER.size)

    async def _read(self, count: int) -> bytes:
        while len(self._plain) < count:
            self._plain += await self._more()
        data, self._plain = self._plain[:count], self._plain[count:]
        return data

    async def _more(self) -> bytes:
        while True:
            try:
                data = self._tls.read(PACKET) if self._tls else await self._reader.read(PACKET)
                break
            except ssl.SSLWantReadError:
                self._incoming.write(await self._reader.read(PACKET) or _lost())
        self.heard = self.heard or bool(data)
        return data or _lost()


def _lost() -> bytes:
    raise ConnectionResetError
