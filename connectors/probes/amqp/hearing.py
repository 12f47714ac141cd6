"""Hear what a broker says beside the driver, which keeps the reasons of some refusals to itself."""

import asyncio
from collections.abc import Iterable, Iterator
from typing import SupportsIndex

from pamqp import commands, frame
from pamqp.exceptions import PAMQPException

from connectors.probes.amqp.broker import Broker
from connectors.problems import CheckFailed

KEPT = 65536  # bytes: many times what a check hears
FIRST_FRAME = b"\x01\x00\x00"  # a method on channel 0 is how every broker begins
OTHER_VERSION = b"AMQP"
TLS_ALERT = b"\x15\x03"
REMEDY_OTHER = (
    "Check the host and the port: RabbitMQ listens on 5671 with TLS and on 5672 without, unless set otherwise."
)


class Hearing(asyncio.StreamReader):
    """Passes on and keeps what arrives; a peer that does not begin as a broker is cut short with `CheckFailed`."""

    def __init__(self, broker: Broker) -> None:
        super().__init__()
        self._broker = broker
        self._heard = b""

    def feed_data(self, data: Iterable[SupportsIndex]) -> None:
        self._heard = (self._heard + bytes(data))[:KEPT]
        if stranger := _stranger(self._heard, self._broker):
            self.set_exception(stranger)
        else:
            super().feed_data(data)

    @property
    def nothing(self) -> bool:
        return not self._heard

    @property
    def refusal(self) -> tuple[int, str]:
        """The code and text with which the broker closed the channel or the connection; 0 when it did not."""
        for said in self._frames():
            if isinstance(said, commands.Connection.Close | commands.Channel.Close):
                return said.reply_code or 0, said.reply_text or ""
        return 0, ""

    @property
    def blocked(self) -> bool:
        """Whether the broker said that it takes no messages at the moment."""
        return any(isinstance(said, commands.Connection.Blocked) for said in self._frames())

    def _frames(self) -> Iterator[object]:
        rest = self._heard
        while rest:
            try:
                length, _, said = frame.unmarshal(rest)
            except PAMQPException:  # the rest has not arrived yet
                return
            yield said
            rest = rest[length:]


def _stranger(heard: bytes, broker: Broker) -> CheckFailed | None:
    """Why it cannot be a broker that we understand, as early as that is certain."""
    if heard.startswith(FIRST_FRAME[: len(heard)]):
        return None
    if heard.startswith(OTHER_VERSION[: len(heard)]):
        message = f"{broker.where} does not speak the version of AMQP that RabbitMQ does, which is 0-9-1."
        return CheckFailed("protocol", message, "Check that it is RabbitMQ, or another broker for AMQP 0-9-1.")
    if heard.startswith(TLS_ALERT[: len(heard)]) and broker.tls is None:
        return CheckFailed("tls", f"{broker.where} wants TLS, but tls is off.", "Switch tls on, or use the other port.")
    return CheckFailed("protocol", f"{broker.where} does not answer as an AMQP broker.", REMEDY_OTHER)
