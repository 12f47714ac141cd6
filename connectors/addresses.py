"""Which IP addresses may be connected to: public ones, and those that the installation allows by name."""

import ipaddress
from collections.abc import Iterable, Iterator
from functools import lru_cache

from django.conf import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@lru_cache(maxsize=32)
def networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


# Python's `is_private` and `is_global` leave out a good part of these, and say nothing about embedded addresses.
BLOCKED = networks((
    "0.0.0.0/8",  # this host
    "10.0.0.0/8",  # private
    "100.64.0.0/10",  # carrier NAT; some clouds' metadata service
    "127.0.0.0/8",  # loopback
    "168.63.129.16/32",  # a public address that is the host agent inside Azure
    "169.254.0.0/16",  # link-local; most clouds' metadata service
    "172.16.0.0/12",  # private
    "192.0.0.0/24",  # protocol assignments; one cloud's metadata service
    "192.0.2.0/24",  # documentation
    "192.88.99.0/24",  # former 6to4 relays
    "192.168.0.0/16",  # private
    "198.18.0.0/15",  # benchmarks
    "198.51.100.0/24",  # documentation
    "203.0.113.0/24",  # documentation
    "224.0.0.0/4",  # multicast
    "240.0.0.0/4",  # reserved, broadcast
    # Only 2000::/3 is handed out as public IPv6. Below it: unspecified, loopback, IPv4-compatible, IPv4-mapped,
    # NAT64, discard. Above it: segment routing, unique local, link-local, site-local, multicast.
    "::/3",
    "4000::/2",
    "8000::/1",
    "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
    "2001:db8::/32",  # documentation
    "2002::/16",  # 6to4
    "3ffe::/16",  # returned
    "3fff::/20",  # documentation
))  # fmt: skip


def plain(address: Address) -> Address:
    """The address a socket would really use: IPv4-mapped ones are IPv4."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def permitted(address: Address) -> bool:
    """Whether a connection to `address` is allowed, and to each address embedded in it."""
    return all(_permitted(form) for form in (plain(address), *_embedded(plain(address))))


def _permitted(address: Address) -> bool:
    if _within(address, networks(tuple(settings.EGRESS_DENY))):
        return False
    return _within(address, networks(tuple(settings.EGRESS_ALLOW))) or not _within(address, BLOCKED)


def _within(address: Address, ranges: Iterable[Network]) -> bool:
    return any(address in network for network in ranges)


# Where a relay takes the IPv4 destination from: the network and how far right its last bit is.
_TRANSLATED = tuple(
    (ipaddress.IPv6Network(network), shift)
    for network, shift in (
        ("::/96", 0),  # IPv4-compatible
        ("::ffff:0:0:0/96", 0),  # stateless translation
        ("64:ff9b::/96", 0),  # NAT64
        ("64:ff9b:1::/48", 0),  # NAT64 with a local prefix
        ("2002::/16", 80),  # 6to4
        ("2001::/32", 64),  # Teredo: the server
    )
)
_TEREDO = ipaddress.IPv6Network("2001::/32")


def _embedded(address: Address) -> Iterator[ipaddress.IPv4Address]:
    if not isinstance(address, ipaddress.IPv6Address) or address.is_loopback or address.is_unspecified:
        return
    bits = int(address)
    for network, shift in _TRANSLATED:
        if address in network:
            yield _ipv4(bits >> shift)
    if address in _TEREDO:
        yield _ipv4(~bits)  # the client, stored inverted
    if (bits >> 32) & 0xFDFFFFFF == 0x00005EFE:
        yield _ipv4(bits)  # ISATAP, under any prefix


def _ipv4(bits: int) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(bits & 0xFFFFFFFF)
