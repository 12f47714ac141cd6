"""From what a person typed as a host to the IP addresses it stands for."""

import asyncio
import ipaddress
import re
import time
from functools import lru_cache

import aiodns
import idna
from django.conf import settings

from connectors.addresses import Address, plain
from connectors.perloop import PerLoop
from connectors.problems import CheckFailed

LIMIT = 4.0  # seconds for one name, whatever the name servers do
KEEP = 5.0  # seconds an answer is used again, more than LIMIT

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


@lru_cache(maxsize=4096)
def canonical(host: str) -> str | Address:
    """An address if `host` is one in its usual notation, else a lower-case ASCII name.

    Other notations of addresses (decimal, octal, short, with a zone) raise `CheckFailed`: programs disagree about
    what they mean.
    """
    text = _ascii(host).lower().removesuffix(".")
    inner = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if "%" not in inner:
        try:
            return plain(ipaddress.ip_address(inner))
        except ValueError:
            pass
    labels = text.split(".")
    if _NUMBER.fullmatch(labels[-1]) or ":" in text:
        raise CheckFailed("blocked", "The host is an IP address in an unusual notation.", _REMEDY_NOTATION)
    if len(text) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise CheckFailed("dns", "The host is not a valid name.", _REMEDY_NAME)
    return text


def place(host: str, port: int) -> str:
    """`host` and `port` as people write them together."""
    return f"[{host}]:{port}" if ":" in host and not host.startswith("[") else f"{host}:{port}"


async def addresses(host: str) -> tuple[Address, ...]:
    """Every address of `host`, at least one, unvetted. Raises `CheckFailed` when there is none."""
    name = canonical(host)
    if not isinstance(name, str):
        return (name,)
    return await _resolvers.get().resolve(name)


class Resolver:
    """Asks the hosts file and the name servers. Answers are kept as long as they say, but no longer than `KEEP`."""

    def __init__(self) -> None:
        self._asked = self._spent = _open_channel()
        self._until = time.monotonic() + KEEP

    async def resolve(self, name: str) -> tuple[Address, ...]:
        try:
            async with asyncio.timeout(LIMIT):
                answer = await self._channel().getaddrinfo(name)
        except (TimeoutError, aiodns.error.DNSError) as error:
            raise _failure(name, error) from None
        found = dict.fromkeys(plain(ipaddress.ip_address(node.addr[0].decode())) for node in answer.nodes)
        if not found:
            raise CheckFailed("dns", f"The host “{name}” has no address.", _REMEDY_NAME)
        return tuple(found)

    async def close(self) -> None:
        await self._asked.close()
        await self._spent.close()

    def _channel(self) -> aiodns.DNSResolver:
        """The library would keep an answer for up to an hour; a new channel begins without any.

        The one before stays until the next change, because questions may be under way in it.
        """
        if time.monotonic() >= self._until:
            self._spent, self._asked = self._asked, _open_channel()
            self._until = time.monotonic() + KEEP
        return self._asked


def _open_channel() -> aiodns.DNSResolver:
    return aiodns.DNSResolver(nameservers=list(settings.EGRESS_NAMESERVERS) or None, timeout=1.0, tries=2)


_resolvers = PerLoop(Resolver, Resolver.close)

_REMEDY_NAME = "Check the spelling of the host, and that its DNS record is published."
_REMEDY_SERVER = "Try again; if it stays so, check the name servers that Landfall uses (LANDFALL_EGRESS_NAMESERVERS)."
_REMEDY_NOTATION = "Write it as four decimal numbers like 198.51.100.7, as an IPv6 address, or use a name."
_MISSING = frozenset({aiodns.error.ARES_ENOTFOUND, aiodns.error.ARES_ENODATA, aiodns.error.ARES_EBADNAME})


def _failure(name: str, error: Exception) -> CheckFailed:
    if isinstance(error, aiodns.error.DNSError) and error.args and error.args[0] in _MISSING:
        return CheckFailed("dns", f"The host “{name}” does not exist or has no address.", _REMEDY_NAME)
    return CheckFailed("dns", f"The name servers gave no answer for the host “{name}”.", _REMEDY_SERVER)


def _ascii(host: str) -> str:
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except UnicodeError:
        raise CheckFailed("dns", "The host is not a valid name.", _REMEDY_NAME) from None
