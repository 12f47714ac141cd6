"""The check of an exchange: sign in, find it, publish without anybody receiving anything.

It uses aiormq, the ground floor of aio-pika, because that takes a connection which is there already.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiormq
from aiormq.exceptions import AMQPError, PublishError
from pamqp.common import FieldTable
from yarl import URL

from connectors.probes.amqp import failures
from connectors.probes.amqp.broker import Broker
from connectors.probes.amqp.hearing import Hearing
from connectors.probes.streams import open_streams
from connectors.steps import Steps

PUBLISH = "publish a test message"
STEPS = ("resolve", "connect", "tls", "sign in", "find exchange", PUBLISH)
EFFECT = (
    "Publishes a message that reaches no queue: to the default exchange with a key that no queue has, and to any other "
    "within a transaction that is rolled back."
)
SIGN_IN_LIMIT = 8.0  # seconds
PUBLISH_LIMIT = 5.0  # seconds
# What the driver raises when the line breaks depends on when that happens, and on the event loop.
DRIVER_ERRORS = (AMQPError, OSError, RuntimeError, StopAsyncIteration)
BODY = b"A connection check of Landfall. Nobody should ever receive this."


async def check(broker: Broker, steps: Steps) -> None:
    """Raises `CheckFailed`."""
    hearing = Hearing(broker)
    streams = await open_streams(broker.host, broker.port, steps, tls=broker.tls, reader=hearing)
    if broker.tls is None:
        steps.skip("tls", "The connection is not encrypted, because tls is off.")
    async with _session(streams, hearing, broker, steps) as connection:
        if broker.exchange:
            with steps("find exchange"):
                await _find(connection, hearing, broker)
        else:
            steps.skip("find exchange", "The default exchange is always there.")
        with steps(PUBLISH):
            await _publish(connection, hearing, broker, steps)


class _Opened(aiormq.TransportFactory):
    """Gives the driver the vetted connection instead of one that it would make by itself."""

    def __init__(self, streams: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
        self._streams = streams

    async def create(self, url: URL, **kwargs: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return self._streams


@asynccontextmanager
async def _session(
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], hearing: Hearing, broker: Broker, steps: Steps
) -> AsyncIterator[aiormq.Connection]:
    url = URL.build(scheme="amqp", host="broker", user=broker.username, password=broker.password)
    connection = aiormq.Connection(url, transport_factory=_Opened(streams), client_properties=_WHO)
    connection.vhost = broker.virtual_host  # within the URL it could not hold every character
    try:
        with steps("sign in"):
            try:
                async with asyncio.timeout(SIGN_IN_LIMIT):
                    await connection.connect()
            except TimeoutError:
                raise failures.sign_in_unanswered(broker) from None
            except DRIVER_ERRORS as error:
                raise failures.sign_in_failed(error, hearing, broker) from None
        yield connection
    finally:
        await connection.close()


_WHO: FieldTable = {"product": "Landfall", "connection_name": "landfall"}


async def _find(connection: aiormq.Connection, hearing: Hearing, broker: Broker) -> None:
    try:
        channel = await connection.channel(publisher_confirms=False)
        await channel.exchange_declare(broker.exchange, passive=True)
    except DRIVER_ERRORS:
        raise failures.exchange_failed(hearing, broker) from None


async def _publish(connection: aiormq.Connection, hearing: Hearing, broker: Broker, steps: Steps) -> None:
    key = f"landfall-check-{secrets.token_hex(8)}"
    publish = _rolled_back if broker.exchange else _returned
    try:
        async with asyncio.timeout(PUBLISH_LIMIT):
            await publish(connection, broker, key)
    except TimeoutError:
        raise failures.publish_unanswered(hearing, broker) from None
    except DRIVER_ERRORS:
        if not failures.other_keys_only(hearing):
            raise failures.publish_failed(hearing, broker) from None
        steps.skip(PUBLISH, "The user may publish with certain routing keys only, and the test has one of its own.")


async def _returned(connection: aiormq.Connection, broker: Broker, key: str) -> None:
    """Through the default exchange, which returns what is for no queue, and nobody has a queue of this name."""
    channel = await connection.channel(publisher_confirms=True)
    try:
        await channel.basic_publish(BODY, routing_key=key, mandatory=True)
    except PublishError:
        return
    raise failures.not_returned(broker)


async def _rolled_back(connection: aiormq.Connection, broker: Broker, key: str) -> None:
    """To an exchange that may have queues for every key, as a fanout has: a transaction that is never committed.

    The broker looks for the exchange and decides about the right to publish when the message arrives, not later.
    """
    channel = await connection.channel(publisher_confirms=False)
    await channel.tx_select()
    await channel.basic_publish(BODY, exchange=broker.exchange, routing_key=key)
    await channel.tx_rollback()
