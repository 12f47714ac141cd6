"""What is checked: a topic of a cluster, how to get there, and as whom."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rest_framework.exceptions import ValidationError

from connectors.base import Values
from connectors.egress import tls_context
from connectors.fields import ChoiceField, HostField, PatternField, TextField
from connectors.names import place
from connectors.places import Place, folded
from connectors.problems import Problem

MOST = 20  # bootstrap servers
#: What the protocol calls each way to sign in.
PLAIN = "plain"
MECHANISMS = {"none": "", PLAIN: "PLAIN", "scram-sha-256": "SCRAM-SHA-256", "scram-sha-512": "SCRAM-SHA-512"}
_HOST = HostField()


@dataclass(frozen=True, slots=True)
class Server:
    host: str
    port: int

    def __str__(self) -> str:
        return place(self.host, self.port)

    @classmethod
    def parse(cls, text: str) -> "Server":
        """Raises `ValidationError` for what is not host:port."""
        host, _, port = text.rpartition(":")
        bare = ":" in host and not host.startswith("[")
        if bare or not (port.isascii() and port.isdecimal() and 1 <= int(port[:6]) <= 65535) or not host:
            raise ValidationError("Each server must be written as host:port, with commas between.", code="pattern")
        _HOST.check_text(host)
        return cls(host, int(port))


class ServersField(Place, TextField):
    """Servers as Kafka's own tools have them: host:port, with commas between and no blanks."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=6000, **kwargs)

    def check_text(self, text: str) -> None:
        super().check_text(text)
        if len(servers(text)) > MOST:
            raise ValidationError(f"These may be {MOST} servers at most.", code="limit")

    def moves(self, before: Any, after: Any) -> bool:
        """To leave one out tells nobody else anything."""
        known, named = ({(folded(one.host), one.port) for one in servers(text)} for text in (before, after))
        return not named <= known


class MechanismField(Place, ChoiceField):
    def __init__(self) -> None:
        super().__init__(
            choices=tuple(MECHANISMS),
            label="SASL mechanism",
            help_text="How to sign in; none, if the brokers let in everybody.",
        )

    def moves(self, before: Any, after: Any) -> bool:
        """PLAIN alone tells the broker the password itself."""
        return bool(after == PLAIN and before != PLAIN)


class TopicField(PatternField):
    def __init__(self, **kwargs: Any) -> None:
        explain = "This must be 1 to 249 letters, digits, dots, hyphens and underscores, and not only one or two dots."
        super().__init__(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}", explain, **kwargs)


def servers(text: str) -> tuple[Server, ...]:
    return tuple(Server.parse(piece) for piece in text.split(","))


@dataclass(frozen=True, slots=True)
class Cluster:
    """`mechanism` is as the protocol calls it, empty where nobody signs in."""

    servers: tuple[Server, ...]
    topic: str
    mechanism: str
    username: str
    password: str = field(repr=False)
    tls: ssl.SSLContext | None

    @classmethod
    def of(cls, config: Values, credentials: Values) -> "Cluster":
        return cls(
            servers=servers(config["bootstrap_servers"]),
            topic=config["topic"],
            mechanism=MECHANISMS[config["sasl_mechanism"]],
            username=credentials.get("username", ""),
            password=credentials.get("password", ""),
            tls=tls_context(config.get("ca_certificate", "")) if config["tls"] else None,
        )


def across(config: Values, credentials: Values) -> Iterator[Problem]:
    """What does not fit together."""
    if config.get("ca_certificate") and not config["tls"]:
        message = "This is used only with TLS. Switch tls on, or leave this out."
        yield Problem("config.ca_certificate", "invalid", message)
    signing_in = config["sasl_mechanism"] != "none"
    for name in ("username", "password"):
        if signing_in and name not in credentials:
            yield Problem(f"credentials.{name}", "required", "This is needed to sign in.")
        elif name in credentials and not signing_in:
            message = "This is used only to sign in. Choose a mechanism, or leave this out."
            yield Problem(f"credentials.{name}", "invalid", message)
