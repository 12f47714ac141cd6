"""What is checked: a schema of a database, and how to get there."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from connectors.base import Values
from connectors.egress import tls_context
from connectors.fields import ChoiceField
from connectors.names import place
from connectors.problems import Problem

# The driver's own terms, the safest first. It has more, which all mean "perhaps not encrypted".
SSL_MODES = ("verify-full", "verify-ca", "require", "disable")
VERIFIED = frozenset({"verify-full", "verify-ca"})


class SslModeField(ChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            choices=SSL_MODES,
            default="verify-full",
            label="TLS",
            help_text="verify-full checks the server's certificate and its name, verify-ca only who issued it; require "
            "encrypts without any check; disable does not even encrypt.",
            **kwargs,
        )


@dataclass(frozen=True, slots=True)
class Place:
    host: str
    port: int
    database: str
    schema: str
    sslmode: str
    username: str
    password: str = field(repr=False)
    ca_certificate: str = ""

    @classmethod
    def of(cls, config: Values, credentials: Values) -> "Place":
        return cls(**config, **credentials)

    @property
    def where(self) -> str:
        return place(self.host, self.port)

    @property
    def tls(self) -> ssl.SSLContext | None:
        """How the server's certificate is verified; None when the connection is not encrypted at all."""
        match self.sslmode:
            case "disable":
                return None
            case "require":
                return _unverified()
            case "verify-ca":
                return _unnamed(self.ca_certificate)
            case _:
                return tls_context(self.ca_certificate)


def unused_certificate(config: Values) -> Iterator[Problem]:
    if config.get("ca_certificate") and config["sslmode"] not in VERIFIED:
        message = "This is used only when sslmode is verify-full or verify-ca. Choose one of them, or leave this out."
        yield Problem("config.ca_certificate", "invalid", message)


@lru_cache(maxsize=64)
def _unnamed(ca: str) -> ssl.SSLContext:
    """Trusts as the verified context does, whatever name the certificate is for."""
    context = ssl.create_default_context(cadata=ca or None)
    context.check_hostname = False
    return context


@lru_cache(maxsize=1)
def _unverified() -> ssl.SSLContext:
    """Only encrypts: what its owner chose, knowing that anyone in between could answer in the server's place."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
