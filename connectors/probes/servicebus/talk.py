"""A conversation in AMQP 1.0, as far as opening links goes: sign in, ask a node something, attach as a sender."""

import asyncio
from collections.abc import Mapping
from typing import Any, Self

from connectors.probes.servicebus import codec
from connectors.probes.servicebus.codec import NULL, Described, boolean, described, listed, string, symbol, ubyte, uint

SASL, AMQP = b"AMQP\x03\x01\x00\x00", b"AMQP\x00\x01\x00\x00"
OPEN, BEGIN, ATTACH, FLOW, TRANSFER, DISPOSITION, DETACH, END, CLOSE = range(0x10, 0x19)
ERROR, SOURCE, TARGET = 0x1D, 0x28, 0x29
MECHANISMS, INIT, OUTCOME = 0x40, 0x41, 0x44
PROPERTIES, APPLICATION_PROPERTIES, VALUE = 0x73, 0x74, 0x77
LARGEST = 65536  # bytes of a frame
WINDOW = 2048  # frames

Frame = tuple[int, list[Any], bytes]


class Stranger(Exception):
    """Whoever answers does not speak AMQP 1.0 as it is written."""


class Refused(Exception):
    """The broker ended a link, the session or the connection: `condition` is its name for the reason."""

    def __init__(self, condition: str) -> None:
        self.condition = condition
        super().__init__(condition)


class Talk:
    """One connection with one session. `host` is what the broker is called."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str) -> None:
        self._reader, self._writer, self._host = reader, writer, host
        self._links: dict[int, str] = {}  # by the broker's number
        self._theirs = 0  # the number of the broker's next transfer

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._send(described(CLOSE, codec.EMPTY_LIST))
        self._writer.close()

    async def begin(self) -> None:
        """Say nobody's name, as Service Bus wants it: a token says the rest."""
        self._writer.write(SASL)
        await self._expect_header(SASL)
        await self._expect(MECHANISMS, sasl=True)
        self._send(described(INIT, listed(symbol("ANONYMOUS"), codec.binary(b""), string(self._host))), sasl=True)
        outcome = await self._expect(OUTCOME, sasl=True)
        if outcome[:1] != [0]:
            raise Refused("amqp:unauthorized-access")
        self._writer.write(AMQP)
        await self._expect_header(AMQP)
        self._send(described(OPEN, listed(string("landfall"), string(self._host), uint(LARGEST))))
        self._send(described(BEGIN, listed(NULL, uint(0), uint(WINDOW), uint(WINDOW))))
        await self._expect(OPEN)
        self._theirs = _at(await self._expect(BEGIN), 1) or 0

    async def ask(self, node: str, properties: Mapping[str, str], value: str) -> dict[str, Any]:
        """Send a request to `node` and return the application properties of its answer."""
        reply_to = "landfall-answers"
        self._attach("answers", 1, receives=True, source=node, target=reply_to)
        self._send(
            described(FLOW, listed(uint(self._theirs), uint(WINDOW), uint(0), uint(WINDOW), uint(1), NULL, uint(10)))
        )
        self._attach("requests", 0, receives=False, source=reply_to, target=node)
        await self._credit("requests")
        message = described(PROPERTIES, listed(string("1"), NULL, string(node), NULL, string(reply_to)))
        message += described(
            APPLICATION_PROPERTIES, codec.mapped({name: string(text) for name, text in properties.items()})
        )
        message += described(VALUE, string(value))
        transfer = listed(uint(0), uint(0), codec.binary(b"1"), uint(0), boolean(True))
        self._send(described(TRANSFER, transfer) + message)
        return await self._answer()

    async def attach_sender(self, node: str) -> None:
        """Open a link to send to `node`; returns when the broker is ready for messages."""
        self._attach("sender", 2, receives=False, source="landfall", target=node)
        await self._credit("sender")

    def _attach(self, name: str, handle: int, *, receives: bool, source: str, target: str) -> None:
        ends = described(SOURCE, listed(string(source))), described(TARGET, listed(string(target)))
        first = [] if receives else [NULL, NULL, uint(0)]
        settled = [ubyte(2), ubyte(0)]
        self._send(described(ATTACH, listed(string(name), uint(handle), boolean(receives), *settled, *ends, *first)))

    async def _credit(self, link: str) -> None:
        while True:
            code, fields, _ = await self._next()
            if code == FLOW and self._links.get(_at(fields, 4)) == link and _at(fields, 6):
                return

    async def _answer(self) -> dict[str, Any]:
        payload = b""
        while True:
            code, fields, rest = await self._next()
            if code != TRANSFER or self._links.get(_at(fields, 0)) != "answers":
                continue
            payload += rest
            if len(payload) > LARGEST:
                raise Stranger
            if not _at(fields, 5):
                break
        sections = _decoded(payload)
        found = [one.value for one in sections if isinstance(one, Described) and one.code == APPLICATION_PROPERTIES]
        return found[0] if found and isinstance(found[0], dict) else {}

    async def _next(self) -> Frame:
        """The next frame; what ends something raises `Refused`."""
        code, fields, rest = await self._frame()
        if code == ATTACH:
            self._links[_at(fields, 1)] = _at(fields, 0)
        if code in {DETACH, END, CLOSE}:
            error = _at(fields, {DETACH: 2}.get(code, 0))
            condition = _at(error.value, 0) if isinstance(error, Described) and isinstance(error.value, list) else ""
            raise Refused(str(condition or ""))
        return code, fields, rest

    async def _expect(self, wanted: int, *, sasl: bool = False) -> list[Any]:
        code, fields, _ = await (self._frame(sasl=True) if sasl else self._next())
        if code != wanted:
            raise Stranger
        return fields

    async def _expect_header(self, wanted: bytes) -> None:
        if await self._reader.readexactly(len(wanted)) != wanted:
            raise Stranger

    async def _frame(self, *, sasl: bool = False) -> Frame:
        while True:
            head = await self._reader.readexactly(8)
            size, offset, kind = int.from_bytes(head[:4]), head[4] * 4, head[5]
            if not 8 <= offset <= size <= LARGEST or kind != sasl:
                raise Stranger
            body = (await self._reader.readexactly(size - 8))[offset - 8 :]
            if body:  # else it only says that the broker is still there
                return _performative(body)

    def _send(self, body: bytes, *, sasl: bool = False) -> None:
        head = (len(body) + 8).to_bytes(4) + bytes([2, sasl, 0, 0])
        self._writer.write(head + body)


def _performative(body: bytes) -> Frame:
    try:
        first, length = codec.first(body)
    except codec.Malformed:
        raise Stranger from None
    if not isinstance(first, Described) or not isinstance(first.code, int) or not isinstance(first.value, list):
        raise Stranger
    return first.code, first.value, body[length:]


def _decoded(data: bytes) -> list[Any]:
    try:
        return codec.values(data)
    except codec.Malformed:
        raise Stranger from None


def _at(fields: list[Any], index: int) -> Any:
    """A field that may be left out at the end of its list."""
    return fields[index] if index < len(fields) else None
