"""The part of AMQP 1.0's encoding of values that a check needs: writing some types, reading all of them."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NULL, TRUE, FALSE, EMPTY_LIST = b"\x40", b"\x41", b"\x42", b"\x45"


class Malformed(Exception):
    """These bytes are no value."""


@dataclass(frozen=True, slots=True)
class Described:
    """A value with the number of the type that it stands for."""

    code: Any
    value: Any


def ubyte(number: int) -> bytes:
    return b"\x50" + number.to_bytes(1)


def uint(number: int) -> bytes:
    return b"\x70" + number.to_bytes(4)


def ushort(number: int) -> bytes:
    return b"\x60" + number.to_bytes(2)


def integer(number: int) -> bytes:
    return b"\x71" + number.to_bytes(4, signed=True)


def boolean(value: bool) -> bytes:
    return TRUE if value else FALSE


def binary(value: bytes) -> bytes:
    return b"\xb0" + len(value).to_bytes(4) + value


def string(value: str) -> bytes:
    data = value.encode()
    return b"\xb1" + len(data).to_bytes(4) + data


def symbol(value: str) -> bytes:
    data = value.encode("ascii")
    return b"\xb3" + len(data).to_bytes(4) + data


def listed(*items: bytes) -> bytes:
    return b"\xd0" + _counted(items)


def mapped(pairs: Mapping[str, bytes]) -> bytes:
    """The values are encoded already."""
    return b"\xd1" + _counted([part for name, value in pairs.items() for part in (string(name), value)])


def described(code: int, value: bytes) -> bytes:
    return b"\x00\x53" + code.to_bytes(1) + value


def _counted(items: tuple[bytes, ...] | list[bytes]) -> bytes:
    body = len(items).to_bytes(4) + b"".join(items)
    return len(body).to_bytes(4) + body


def first(data: bytes) -> tuple[Any, int]:
    """The value that `data` begins with, and its length. Raises `Malformed`."""
    reader = _Reader(data)
    try:
        return reader.value(), reader.at
    except (struct.error, UnicodeDecodeError, RecursionError, TypeError, ValueError) as error:
        raise Malformed from error


def values(data: bytes) -> list[Any]:
    """Every value in `data`, one after the other. Raises `Malformed`."""
    found = []
    while data:
        value, length = first(data)
        found.append(value)
        data = data[length:]
    return found


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    @property
    def rest(self) -> int:
        return len(self.data) - self.at

    def value(self) -> Any:
        kind = self._take(1)[0]
        if kind == 0:
            return Described(self.value(), self.value())
        return self._of(kind)

    def _of(self, kind: int) -> Any:
        if kind in _FIXED:
            return _FIXED[kind]
        if kind in _NUMBERS:
            form = _NUMBERS[kind]
            return struct.unpack(form, self._take(struct.calcsize(form)))[0]
        if kind in _PLAIN:
            return self._take(_PLAIN[kind])
        width = 1 if kind >> 4 in {0xA, 0xC, 0xE} else 4
        match kind & 0x8F:
            case 0x80 | 0x81 | 0x83 if kind >> 4 in {0xA, 0xB}:
                data = self._take(self._number(width))
                return data if kind & 0xF == 0 else data.decode()
            case 0x80 | 0x81 if kind >> 4 in {0xC, 0xD}:
                return self._compound(width, pairs=bool(kind & 1))
            case 0x80 if kind >> 4 in {0xE, 0xF}:
                return self._array(width)
        raise Malformed

    def _compound(self, width: int, *, pairs: bool) -> Any:
        self._number(width)
        items = [self.value() for _ in range(self._count(width))]
        return dict(zip(items[::2], items[1::2], strict=True)) if pairs else items

    def _array(self, width: int) -> list[Any]:
        self._number(width)
        count, kind, code = self._count(width), self._take(1)[0], None
        if kind == 0:
            code, kind = self.value(), self._take(1)[0]
        if kind in _FIXED:  # these have no length, so there could be as many as somebody likes
            raise Malformed
        items = [self._of(kind) for _ in range(count)]
        return items if code is None else [Described(code, item) for item in items]

    def _count(self, width: int) -> int:
        count = self._number(width)
        if count > self.rest:
            raise Malformed
        return count

    def _number(self, width: int) -> int:
        return int.from_bytes(self._take(width))

    def _take(self, length: int) -> bytes:
        if length > self.rest:
            raise Malformed
        self.at += length
        return self.data[self.at - length : self.at]


_FIXED: dict[int, Any] = {0x40: None, 0x41: True, 0x42: False, 0x43: 0, 0x44: 0, 0x45: []}
_NUMBERS = {
    0x50: ">B", 0x51: ">b", 0x52: ">B", 0x53: ">B", 0x54: ">b", 0x55: ">b", 0x56: ">?", 0x60: ">H", 0x61: ">h",
    0x70: ">I", 0x71: ">i", 0x72: ">f", 0x73: ">I", 0x80: ">Q", 0x81: ">q", 0x82: ">d", 0x83: ">q",
}  # fmt: skip
_PLAIN = {0x74: 4, 0x84: 8, 0x94: 16, 0x98: 16}
