"""The encoding of values in AMQP 1.0: examples by the standard's tables, and bytes that are no value."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.probes.servicebus import codec
from connectors.probes.servicebus.codec import Described, Malformed


@pytest.mark.parametrize(
    ("data", "value"),
    [
        ("40", None),
        ("41", True),
        ("42", False),
        ("5600", False),
        ("5601", True),
        ("50ff", 255),
        ("6001f4", 500),
        ("43", 0),
        ("52ff", 255),
        ("7000010000", 65536),
        ("44", 0),
        ("5310", 16),
        ("800000000100000000", 1 << 32),
        ("51ff", -1),
        ("61fffe", -2),
        ("54ff", -1),
        ("71000000ca", 202),
        ("55fe", -2),
        ("81ffffffffffffffff", -1),
        ("820000000000000000", 0.0),
        ("7200000000", 0.0),
        ("8300000000000003e8", 1000),
        ("9800112233445566778899aabbccddeeff", bytes.fromhex("00112233445566778899aabbccddeeff")),
        ("a002beef", b"\xbe\xef"),
        ("b000000001ff", b"\xff"),
        ("a1036f6e65", "one"),
        ("b100000002c3bc", "ü"),
        ("a30424636273", "$cbs"),
        ("b30000000424636273", "$cbs"),
        ("45", []),
        ("c00302" + "4142", [True, False]),
        ("d00000000600000002" + "4142", [True, False]),
        ("c10502" + "a10161" + "41", {"a": True}),
        ("d10000000800000002a1016141", {"a": True}),
        ("e00603a3" + "0161" + "0162" + "0163", ["a", "b", "c"]),
        ("f0000000070000000254" + "0102", [1, 2]),
        ("00532445", Described(0x24, [])),
    ],
)
def test_what_is_read(data, value):
    assert codec.values(bytes.fromhex(data)) == [value]


def test_what_is_written_is_read():
    written = [
        (codec.ubyte(2), 2),
        (codec.ushort(4999), 4999),
        (codec.uint(65536), 65536),
        (codec.integer(-1), -1),
        (codec.boolean(True), True),
        (codec.boolean(False), False),
        (codec.binary(b"x"), b"x"),
        (codec.string("ü" * 200), "ü" * 200),
        (codec.symbol("ANONYMOUS"), "ANONYMOUS"),
        (codec.mapped({"a": codec.uint(1), "b": codec.NULL}), {"a": 1, "b": None}),
        (codec.described(0x28, codec.listed(codec.string("x"), codec.NULL)), Described(0x28, ["x", None])),
    ]
    for data, value in written:
        assert codec.values(data) == [value]
    assert codec.values(b"".join(data for data, _ in written)) == [value for _, value in written]
    assert codec.first(written[0][0] + b"more") == (2, 2)


@pytest.mark.parametrize(
    "data",
    [
        "",
        "ff",
        "70000000",
        "a105616263",
        "a102c328",
        "c0ff02",
        "d0ffffffffffffffff",
        "f00000000affffffff40",
        "e00301" + "40",
        "c10301" + "41",
        "00" * 5000,
        "c10602c0024041" + "41",
    ],
)
def test_what_is_no_value(data):
    with pytest.raises(Malformed):
        codec.first(bytes.fromhex(data))


@given(st.binary(max_size=200))
def test_whatever_comes_ends_as_a_value_or_as_malformed(data):
    with contextlib.suppress(Malformed):
        codec.values(data)
