"""The check of a schema: sign in, make a table, remove it."""

import asyncio
import os
import secrets
import socket
import ssl
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext, suppress
from typing import Any

import psycopg
from psycopg import sql

from connectors.egress import Endpoint, server_name
from connectors.probes.postgres.failures import schema_missing, sign_in_failed, statement_failed
from connectors.probes.postgres.greeting import greet
from connectors.probes.postgres.place import Place
from connectors.sslmode import VERIFIED
from connectors.steps import Steps

STEPS = ("resolve", "connect", "tls", "sign in", "find schema", "create a table", "remove it")
EFFECT = (
    "Creates a table with one row in the schema, named landfall_check_ and a random part, and drops it within the same "
    "transaction."
)
SIGN_IN_LIMIT = 8  # seconds
STATEMENT_LIMIT = 8  # seconds

Connection = psycopg.AsyncConnection[tuple[Any, ...]]


async def check(place: Place, steps: Steps) -> None:
    """Raises `CheckFailed`. One transaction holds it all, so that breaking off anywhere leaves nothing behind."""
    endpoint = await greet(place, steps)
    entrance = place.via.entrance(endpoint) if place.via else nullcontext(endpoint)
    async with entrance as door, _session(place, door, steps) as connection:
        with steps("find schema"), _explained(place):
            await _run(connection, sql.SQL("SET LOCAL statement_timeout = {}").format(STATEMENT_LIMIT * 1000))
            found = await _run(connection, _FIND_SCHEMA, [place.schema])
            if await found.fetchone() is None:
                raise schema_missing(place)
        table = sql.Identifier(place.schema, f"landfall_check_{secrets.token_hex(8)}")
        with steps("create a table"), _explained(place):
            await _run(connection, sql.SQL("CREATE TABLE {} (id integer)").format(table))
            await _run(connection, sql.SQL("INSERT INTO {} VALUES (1)").format(table))
        with steps("remove it"), _explained(place):
            await _run(connection, sql.SQL("DROP TABLE {}").format(table))
            await _run(connection, sql.SQL("COMMIT"))


_FIND_SCHEMA = sql.SQL("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = %s")


@asynccontextmanager
async def _session(place: Place, endpoint: Endpoint, steps: Steps) -> AsyncIterator[Connection]:
    with steps("sign in"), _trusted(place) as trusted:
        try:
            connection = await psycopg.AsyncConnection.connect(
                **_parameters(place, endpoint, trusted),
                # Redshift and PgBouncer do not keep prepared statements as the driver expects.
                prepare_threshold=None,
            )
        except psycopg.Error as error:
            raise sign_in_failed(error, place) from None
    try:
        yield connection
    finally:
        await connection.close()  # what is not committed by now is rolled back by the server


def _parameters(place: Place, endpoint: Endpoint, trusted: str) -> dict[str, Any]:
    return _built_in() | {
        "host": server_name(place.host),
        "hostaddr": endpoint.address,
        "port": endpoint.port,
        "dbname": place.database,
        "user": place.username,
        "password": place.password,
        "sslmode": place.sslmode,
        "sslrootcert": trusted,
        # Nothing of whoever runs Landfall: no certificate of his, no Kerberos ticket, and no server asked for one.
        "sslcertmode": "disable",
        "gssencmode": "disable",
        "require_auth": "!gss,!sspi",
        "client_encoding": "UTF8",  # Redshift calls it by a name that the driver does not know
        "application_name": "landfall",
        "connect_timeout": SIGN_IN_LIMIT,
    }


def _built_in() -> dict[str, Any]:
    """Every parameter that the environment may hold for the installation's own database, as it is without that."""
    options = psycopg.pq.Conninfo.get_defaults()
    named = {option.keyword.decode(): option for option in options if option.envvar}
    return {name: (option.compiled or b"").decode() for name, option in named.items() if name not in _NEVER_EMPTY}


_NEVER_EMPTY = frozenset({"service", "min_protocol_version", "max_protocol_version"})


@contextmanager
def _trusted(place: Place) -> Iterator[str]:
    """The driver reads trusted certificates from a file, and has no idea where the system keeps its own."""
    if place.sslmode not in VERIFIED or place.tls is None:
        yield ""
        return
    with tempfile.NamedTemporaryFile("w", prefix="landfall-", suffix=".pem", encoding="ascii") as file:
        file.write(place.ca_certificate or _loaded(place.tls))
        file.flush()
        yield file.name


def _loaded(context: ssl.SSLContext) -> str:
    """The CAs that a context has loaded; those of the server are among them after the handshake of `greet`."""
    return "".join(ssl.DER_cert_to_PEM_cert(certificate) for certificate in context.get_ca_certs(binary_form=True))


async def _run(
    connection: Connection, statement: sql.Composed | sql.SQL, values: Sequence[Any] | None = None
) -> psycopg.AsyncCursor[tuple[Any, ...]]:
    """Execute a statement, so that cancelling ends at once: the driver itself would ask the server first, for 10 s."""
    running = asyncio.ensure_future(connection.execute(statement, values))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        with suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(connection.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)
        await asyncio.wait([running])
        running.exception()
        raise


@contextmanager
def _explained(place: Place) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise statement_failed(error, place) from None
