"""What a client says, as [MS-TDS] has it for version 7.4. Numbers are little-endian, but not in the greeting."""

import struct

from connectors.probes.tds.line import PACKET, Stranger
from connectors.probes.tds.place import Place

VERSION = 0x74000004
ENCRYPT_ON, ENCRYPT_NOT_SUPPORTED, ENCRYPT_REQUIRED = 1, 2, 3
_OF_VERSION, _OF_ENCRYPTION, _OF_INSTANCE, _OF_THREAD, _OF_MARS, _END = 0, 1, 2, 3, 4, 0xFF
_CLIENT = "landfall"
_FIXED = 94  # bytes of a login before its texts
_US_ENGLISH = 0x0409


def greeting(encryption: int) -> bytes:
    values = {
        _OF_VERSION: bytes(6),
        _OF_ENCRYPTION: bytes([encryption]),
        _OF_INSTANCE: bytes(1),
        _OF_THREAD: bytes(4),
        _OF_MARS: bytes(1),
    }
    table, data = b"", b""
    for option, value in values.items():
        table += struct.pack(">BHH", option, 5 * len(values) + 1 + len(data), len(value))
        data += value
    return table + bytes([_END]) + data


def encryption_of(greeting: bytes) -> int:
    """What a server says about encryption in its greeting. Raises `Stranger`."""
    try:
        for at in range(0, len(greeting), 5):
            if greeting[at] == _END:
                break
            option, offset, length = struct.unpack_from(">BHH", greeting, at)
            if option == _OF_ENCRYPTION and length == 1:
                return int(greeting[offset])
    except (struct.error, IndexError):
        pass
    raise Stranger


def login(place: Place) -> bytes:
    server = place.server or place.host
    # Empty are an extension, of which there is none, and the language, which is that of the login.
    texts = (_CLIENT, place.username, place.password, _CLIENT, server, "", _CLIENT, "", place.database)
    encoded = [text.encode("utf-16-le") for text in texts]
    encoded[2] = bytes((byte << 4 & 0xF0 | byte >> 4) ^ 0xA5 for byte in encoded[2])  # what TDS does with passwords
    table, at = b"", _FIXED
    for text in encoded:
        table += struct.pack("<HH", at, len(text) // 2)
        at += len(text)
    nothing = struct.pack("<HH", at, 0)
    table += bytes(6) + nothing * 3 + bytes(4)  # the client's number; no SSPI, file or new password
    # That a language or database which is not there ends the session; else as ODBC drivers have it.
    options = struct.pack("<BBBBiI", 0xE0, 0x03, 0, 0, 0, _US_ENGLISH)
    return struct.pack("<IIIIII", at, VERSION, PACKET, 0, 0, 0) + options + table + b"".join(encoded)


def batch(statement: str) -> bytes:
    """Outside of any transaction but that of the statement itself."""
    transaction = struct.pack("<IHQI", 18, 2, 0, 1)
    return struct.pack("<I", 22) + transaction + statement.encode("utf-16-le")
