"""Ways to name a place that nobody may connect to, each with how a check of it may end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.servers.dns import Answer, Odd

#: At least one address of every range that is not public, and its borders.
FORBIDDEN = (
    "0.0.0.0",  # noqa: S104
    "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255",
    "127.0.0.1", "127.1.2.3", "168.63.129.16", "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255",
    "192.0.0.1", "192.0.0.192", "192.0.0.255", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1",
    "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1", "64:ff9b::1", "64:ff9b::8.8.8.8", "64:ff9b::169.254.169.254", "64:ff9b:1::1", "100::1",
    "2001::1", "2001:0:808:808::5601:5601", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002::1",
    "2002:7f00:1::", "2002:a9fe:a9fe::", "3ffe::1", "3fff::1", "4000::1", "5f00::1", "fc00::1", "fd00:ec2::254",
    "fe80::1", "fec0::1", "ff02::1", "ff0e::1", "2606:4700::5efe:10.0.0.1", "2606:4700::200:5efe:127.0.0.1",
)  # fmt: skip
PUBLIC = ("1.1.1.1", "2606:4700::1111")
BLOCKED = frozenset({"blocked"})
NO_ANSWER = frozenset({"dns"})
#: By the fields of a type (`refused`), or by whoever reads the host next; which of them depends on the field.
REFUSED = frozenset({"blocked", "dns", "config", "refused"})


@dataclass(frozen=True)
class Vector:
    """`host` is what a person types; `answers` are what a name server says about whatever it is asked."""

    name: str
    host: str
    codes: frozenset[str]
    answers: Sequence[Answer] | None = None

    @property
    def odd(self) -> bool:
        """Whether it is no host at all, or one in a notation that is not taken."""
        return self.codes >= REFUSED

    @property
    def silent(self) -> bool:
        return self.answers is not None and Odd.NOTHING in self.answers


def _typed() -> Iterator[Vector]:
    for address in FORBIDDEN:
        yield Vector(address, f"[{address}]" if ":" in address else address, BLOCKED)


def _resolved() -> Iterator[Vector]:
    for number, address in enumerate(FORBIDDEN):
        yield Vector(f"a name of {address}", f"name-{number}.example", BLOCKED, [[address]])


def _answered() -> Iterator[Vector]:
    """Names with more to them than one bad address."""
    four, six = PUBLIC
    answers: dict[str, tuple[frozenset[str], Answer]] = {
        "good first, bad last": (BLOCKED, [four, "8.8.8.8", "10.0.0.1"]),
        "bad first, good last": (BLOCKED, ["169.254.169.254", four]),
        "good IPv4, bad IPv6": (BLOCKED, [four, "fd00:ec2::254"]),
        "good IPv6, bad IPv4": (BLOCKED, [six, "127.0.0.1"]),
        "good IPv6, bad mapped": (BLOCKED, [six, "::ffff:127.0.0.1"]),
        "bad after more than are tried": (BLOCKED, [*(f"8.8.8.{last}" for last in range(20)), "127.0.0.1"]),
        "an alias of a bad one": (BLOCKED, ["good.example", "127.0.0.1"]),
        "a chain of aliases": (BLOCKED, ["a.example", "b.example", "metadata.google.internal", "169.254.169.254"]),
        "an alias of localhost": (BLOCKED | NO_ANSWER, ["localhost"]),
        "IPv6 only": (BLOCKED, ["::1"]),
        "no address": (NO_ANSWER, []),
        **{f"a server that says {odd.name.lower()}": (NO_ANSWER, odd) for odd in Odd},
    }
    for number, (name, (codes, answer)) in enumerate(answers.items()):
        yield Vector(name, f"answer-{number}.example", codes, [answer])
    yield Vector("a name that is not there", "nowhere.invalid", NO_ANSWER)


_LOCAL = {
    "the name of this machine": "localhost",
    "the name of this machine in capitals, with a dot": "LOCALHOST.",
    "circled letters": "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "wide digits": "１２７.0.0.1",  # noqa: RUF001
    "circled digits": "①②⑦.0.0.1",
    "ideographic dots": "127。0．0｡1",  # noqa: RUF001
    "a dot at the end": "127.0.0.1.",
    "capitals and zeros": "[0:0:0:0:0:FFFF:7F00:0001]",
}
_ODD = {
    "decimal": "2130706433",
    "hexadecimal": "0x7f000001",
    "hexadecimal parts": "0x7f.0x0.0x0.0x1",
    "octal": "017700000001",
    "octal parts": "0177.0.0.01",
    "short": "127.1",
    "short and hexadecimal": "0x7f.1",
    "zero": "0",
    "beyond 32 bits": "4294967296",
    "zeros before": "127.0.0.001",
    "two dots at the end": "127.0.0.1..",
    "a zone": "[fe80::1%eth0]",
    "a zone of a URL": "[fe80::1%25eth0]",
    "a zone of loopback": "[::1%lo]",
    "half a bracket": "[::1",
    "user-info": "public.example@127.0.0.1",
    "user-info and a password": "public.example:443@127.0.0.1",
    "user-info after": "127.0.0.1@public.example@127.0.0.1",
    "a fragment before": "public.example#@127.0.0.1",
    "a query before": "public.example?@127.0.0.1",
    "a path before": "public.example/@127.0.0.1",
    "a backslash": "public.example\\@127.0.0.1",
    "a slash that only looks like one": "public.example\u2215@127.0.0.1",
    "percent signs": "%31%32%37.0.0.1",
    "a percent sign": "127.0.0.1%2epublic.example",
    "a blank": "127.0.0.1 public.example",
    "a line break": "127.0.0.1\r\npublic.example",
    "a tab": "127.0.0.1\tpublic.example",
    "a null": "127.0.0.1\0.public.example",
    "a letter that is joined": "local\u200dhost",
    "two hosts": "127.0.0.1,public.example",
    "a socket of this machine": "/var/run/postgresql",
    "an abstract socket": "@landfall",
    "a URL": "unix:/var/run/docker.sock",
    "a URL of a file": "file:///etc/passwd",
}

VECTORS = (
    *_typed(),
    *(Vector(name, host, BLOCKED) for name, host in _LOCAL.items()),
    *(Vector(name, host, REFUSED) for name, host in _ODD.items()),
    Vector("nothing", "", REFUSED | {"protocol"}),  # of a server that says it
    *_resolved(),
    *_answered(),
)
