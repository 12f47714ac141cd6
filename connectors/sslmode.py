"""How far a session with a database is protected, in the words that libpq made usual."""

import ssl
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from connectors.base import Values
from connectors.fields import ChoiceField
from connectors.places import Place
from connectors.problems import Problem
from connectors.tls import tls_context

# The safest first. Drivers have more, which all mean "perhaps not encrypted".
SSL_MODES = ("verify-full", "verify-ca", "require", "disable")
VERIFIED = frozenset({"verify-full", "verify-ca"})


class SslModeField(Place, ChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            choices=SSL_MODES,
            default="verify-full",
            label="TLS",
            help_text="verify-full checks the server's certificate and its name, verify-ca only who issued it; require "
            "encrypts without any check; disable does not even encrypt.",
            **kwargs,
        )

    def moves(self, before: Any, after: Any) -> bool:
        """With less protection somebody in between could be sent it."""
        return SSL_MODES.index(after) > SSL_MODES.index(before)

    def believes_all(self, value: Any) -> bool:
        return value not in VERIFIED


def context(
    sslmode: str, ca_certificate: str = "", newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED
) -> ssl.SSLContext | None:
    """How the server's certificate is verified; None when the connection is not encrypted at all."""
    match sslmode:
        case "disable":
            return None
        case "require":
            return _unverified(newest)
        case "verify-ca":
            return _unnamed(ca_certificate, newest)
        case _:
            return tls_context(ca_certificate, newest)


def unused_certificate(config: Values) -> Iterator[Problem]:
    if config.get("ca_certificate") and config["sslmode"] not in VERIFIED:
        message = "Used only when TLS (sslmode) is verify-full or verify-ca: choose one of them, or leave this out."
        yield Problem("config.ca_certificate", "invalid", message)


@lru_cache(maxsize=64)
def _unnamed(ca: str, newest: ssl.TLSVersion) -> ssl.SSLContext:
    """Trusts as the verified context does, whatever name the certificate is for."""
    unnamed = ssl.create_default_context(cadata=ca or None)
    unnamed.check_hostname = False
    unnamed.minimum_version, unnamed.maximum_version = ssl.TLSVersion.TLSv1_2, newest
    return unnamed


@lru_cache(maxsize=2)
def _unverified(newest: ssl.TLSVersion) -> ssl.SSLContext:
    """Only encrypts: what its owner chose, knowing that anyone in between could answer in the server's place."""
    unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unverified.maximum_version = newest
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE
    return unverified
