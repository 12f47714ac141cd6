"""What is checked: an exchange of a broker, and how to get there."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field

from rest_framework.exceptions import ValidationError

from connectors.base import Values
from connectors.egress import tls_context
from connectors.fields import TextField
from connectors.names import place
from connectors.problems import Problem

PORT, TLS_PORT = 5672, 5671


class NameField(TextField):
    """A name within the broker, which the protocol limits to 255 bytes."""

    def check_text(self, text: str) -> None:
        super().check_text(text)
        if len(text.encode()) > 255:
            raise ValidationError("This may be 255 bytes long at most.", code="max_length")


@dataclass(frozen=True, slots=True)
class Broker:
    """`exchange` is empty for the default one, which hands each message to the queue that its key names."""

    host: str
    port: int
    virtual_host: str
    exchange: str
    username: str
    password: str = field(repr=False)
    tls: ssl.SSLContext | None

    @classmethod
    def of(cls, config: Values, credentials: Values) -> "Broker":
        return cls(
            host=config["host"],
            port=port(config),
            virtual_host=config["virtual_host"],
            exchange=config["exchange"],
            username=credentials["username"],
            password=credentials["password"],
            tls=tls_context(config.get("ca_certificate", "")) if config["tls"] else None,
        )

    @property
    def where(self) -> str:
        return place(self.host, self.port)


def port(config: Values) -> int:
    return int(config.get("port") or (TLS_PORT if config["tls"] else PORT))


def where(config: Values) -> str:
    return place(config["host"], port(config))


def unused_certificate(config: Values) -> Iterator[Problem]:
    if config.get("ca_certificate") and not config["tls"]:
        message = "This is used only with TLS. Switch tls on, or leave this out."
        yield Problem("config.ca_certificate", "invalid", message)
