"""The first words between client and server, and TLS, which this protocol begins within its own connection.

The driver does the same once more, but says what goes wrong only in OpenSSL's words, or the server's language.
"""

import asyncio
import ssl
import struct
from contextlib import suppress

from connectors.egress import Endpoint, reach, server_name
from connectors.probes.postgres.place import Place
from connectors.probes.streams import hang_up, open_streams
from connectors.problems import CheckFailed
from connectors.steps import Steps
from connectors.tls import LIMIT, explained, limited

TLS_PLEASE = struct.pack("!II", 8, 80877103)
NO_TLS = (
    "Let the server speak TLS (ssl = on). Or set sslmode to disable; then everything, also the password, travels "
    "where others may read it."
)
REMEDY_OTHER = "Check the host and the port: PostgreSQL listens on 5432, Redshift on 5439, unless set otherwise."


async def greet(place: Place, steps: Steps) -> Endpoint:
    """The steps "resolve", "connect" and "tls", on a connection of their own."""
    context = place.tls
    if context is None:
        endpoint = await reach(place.host, place.port, steps, via=place.via)
        steps.skip("tls", "The connection is not encrypted, because sslmode is disable.")
        return endpoint
    reader, writer = await open_streams(place.host, place.port, steps, via=place.via)
    try:
        with steps("tls"):
            await _ask_for_tls(reader, writer, place)
            await _handshake(writer, context, place)
        address = "" if place.via else writer.get_extra_info("peername")[0]
        return Endpoint(place.host, place.port, address)
    finally:
        await hang_up(writer)


async def _ask_for_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, place: Place) -> None:
    answer = b""
    with suppress(ConnectionError, RuntimeError):  # uvloop raises RuntimeError when the line has gone already
        writer.write(TLS_PLEASE)
        answer = await _first_byte(reader, place)
    match answer:
        case b"S":
            return
        case b"N":
            raise CheckFailed("tls", f"The server at {place.where} does not offer TLS.", NO_TLS)
        case b"":
            message = f"{place.where} closed the connection without an answer."
            raise CheckFailed("remote", message, f"Check that the server is running and lets {place.caller} in.")
        case _:
            raise CheckFailed("protocol", f"{place.where} does not answer as a PostgreSQL server.", REMEDY_OTHER)


async def _first_byte(reader: asyncio.StreamReader, place: Place) -> bytes:
    try:
        async with limited():
            return await reader.read(1)
    except TimeoutError:
        message = f"{place.where} accepted the connection but said nothing for {LIMIT:.0f} seconds."
        raise CheckFailed("timeout", message, REMEDY_OTHER) from None


async def _handshake(writer: asyncio.StreamWriter, context: ssl.SSLContext, place: Place) -> None:
    with explained(place.host, place.port):
        async with limited():
            await writer.start_tls(context, server_hostname=server_name(place.host))
