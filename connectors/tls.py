"""TLS as a client: always verified, one context for each set of trusted certificates, faults in plain words."""

import asyncio
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from rest_framework.exceptions import ValidationError

from connectors.fields import FlagField, TextField
from connectors.names import place
from connectors.places import Place
from connectors.problems import CheckFailed

LIMIT = 5.0  # seconds for a handshake
OF_THE_SERVER = "PEM text of the CA that issued the server's certificate, if no public CA did."


@lru_cache(maxsize=256)
def tls_context(ca: str = "", newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED) -> ssl.SSLContext:
    """A verifying client context that trusts the PEM certificates `ca`, or the system's when there are none.

    `newest` is for protocols that cannot carry every version of TLS. Made once for each text: reading the system's
    certificates costs 20 ms. Raises `CheckFailed` when `ca` is not PEM.
    """
    try:
        context = ssl.create_default_context(cadata=ca or None)
    except (ssl.SSLError, ValueError, TypeError):  # TypeError: not ASCII
        raise CheckFailed("config", "The CA certificate cannot be read.", "Paste it as PEM text.") from None
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1_2, newest
    return context


def limited() -> asyncio.Timeout:
    """The time that one handshake may take; use it inside `explained`."""
    return asyncio.timeout(LIMIT)


class TlsField(Place, FlagField):
    """Whether connections are encrypted, and whoever answers is verified."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default=True, label="TLS", **kwargs)

    def moves(self, before: Any, after: Any) -> bool:
        return bool(before and not after)

    def believes_all(self, value: Any) -> bool:
        return not value


class CertificateField(Place, TextField):
    """Certificates to trust, as PEM text, which may end with a line break as files do.

    They are a part of the place: whoever may choose them could stand in between.
    """

    multiline = proof = True

    def __init__(self, help_text: str = OF_THE_SERVER, **kwargs: Any) -> None:
        super().__init__(required=False, label="CA certificate", help_text=help_text, **kwargs)

    def check_text(self, text: str) -> None:
        if "PRIVATE KEY" in text:
            raise ValidationError("This must hold certificates only, not a private key.", code="invalid")
        try:
            tls_context(text)
        except CheckFailed as failure:
            raise ValidationError(f"{failure.message} {failure.remedy}", code="pattern") from None

    def moves(self, before: Any, after: Any) -> bool:
        return (before or "").split() != (after or "").split()


@contextmanager
def explained(host: str, port: int) -> Iterator[None]:
    """Turn what a TLS handshake raises into `CheckFailed`; wrap nothing but the handshake with it."""
    at = place(host, port)
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise _certificate(error, host, at) from None
    except ssl.SSLError as error:
        raise failure(error, at) from None
    except TimeoutError:
        message = f"{at} accepted the connection but did not answer the TLS greeting in {LIMIT:.0f} seconds."
        raise CheckFailed("timeout", message, _REMEDY_PLAIN) from None
    except OSError:
        message = f"{at} closed the connection during the TLS handshake."
        raise CheckFailed("tls", message, _REMEDY_PLAIN) from None


def failure(error: ssl.SSLError, at: str) -> CheckFailed:
    """What an SSL error other than a certificate's means, also one that comes after the handshake."""
    reason = error.reason or ""
    if reason in _NOT_TLS:
        return CheckFailed("tls", f"{at} does not speak TLS.", _REMEDY_PLAIN)
    if "CERTIFICATE_REQUIRED" in reason:
        message = f"{at} asks for a client certificate, which this destination type cannot give."
        return CheckFailed("tls", message, "Let the server accept clients without a certificate.")
    if "PROTOCOL_VERSION" in reason or reason == "UNSUPPORTED_PROTOCOL":
        message = f"{at} speaks only versions of TLS that are no longer safe."
        return CheckFailed("tls", message, "Enable TLS 1.2 or later on the server.")
    name = f" ({reason.lower().replace('_', ' ')})" if re.fullmatch(r"[A-Z0-9_]{1,80}", reason) else ""
    message = f"The TLS connection to {at} failed{name}."
    return CheckFailed("tls", message, "Check the TLS settings and the certificate of the server.")


_NOT_TLS = frozenset({
    "WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE",
})  # fmt: skip
_REMEDY_PLAIN = "Check that the port is the one that speaks TLS, or use the address without TLS if that is intended."
_REMEDY_ISSUER = (
    "Install the complete certificate chain on the server, or give Landfall the certificate of the CA that issued it."
)
_REMEDY_NAME = "Use the name that the certificate was issued for, or issue one for this host."


def _certificate(error: ssl.SSLCertVerificationError, host: str, at: str) -> CheckFailed:
    # The numbers are OpenSSL's X509_V_ERR codes.
    match error.verify_code:
        case 9:
            what, remedy = "is not valid yet", "Check the clocks, or wait until the certificate becomes valid."
        case 10:
            what, remedy = "has expired", "Renew the certificate on the server."
        case 18:
            what, remedy = "is self-signed and not trusted", _REMEDY_ISSUER
        case 2 | 19 | 20 | 21:
            what, remedy = "was issued by a CA that is not trusted", _REMEDY_ISSUER
        case 62 | 64:
            what, remedy = f"is not for the host “{host}”", _REMEDY_NAME
        case _:
            what = f"was not accepted ({error.verify_message})"
            remedy = "Install a valid certificate on the server."
    return CheckFailed("tls", f"The certificate of {at} {what}.", remedy)
