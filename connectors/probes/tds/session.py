"""A session with a database: greeted, encrypted, signed in, wherever Azure's gateway sends its clients."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace

from connectors.egress import server_name, step
from connectors.probes.streams import open_streams
from connectors.probes.tds import failures, messages, tokens
from connectors.probes.tds.failures import Fault
from connectors.probes.tds.line import BATCH, LOGIN, PRELOGIN, Line, Stranger
from connectors.probes.tds.place import Place
from connectors.problems import CheckFailed
from connectors.steps import Steps
from connectors.tls import explained, failure, limited

SIGN_IN = "sign in"
SIGN_IN_LIMIT = 8.0  # seconds
STATEMENT_LIMIT = 8.0  # seconds
RAISED = 50000  # the number of an error that a statement raises with a text of its own
HOPS = 2  # times that a client lets itself be sent on; a gateway sends it straight to the right server


class Session:
    def __init__(self, place: Place, line: Line) -> None:
        self.place, self._line = place, line
        #: Whether the last statement was answered, so that the next one can be asked.
        self.idle = True

    async def greet(self) -> None:
        """Learn whether the server wants what sslmode says. Raises `CheckFailed`."""
        wanted = messages.ENCRYPT_NOT_SUPPORTED if self.place.tls is None else messages.ENCRYPT_ON
        with self._told(failures.SILENT, failures.LOST_SIGN_IN):
            async with limited():
                offered = messages.encryption_of(await self._line.ask(PRELOGIN, messages.greeting(wanted)))
        encrypts = offered in {messages.ENCRYPT_ON, messages.ENCRYPT_REQUIRED}
        if encrypts and self.place.tls is None:
            raise failures.WANTS_TLS.failure(self.place)
        if self.place.tls and not encrypts:
            raise failures.NO_TLS.failure(self.place)

    async def encrypt(self, context: ssl.SSLContext) -> None:
        """Raises `CheckFailed`."""
        name = server_name(self.place.host)
        try:
            with explained(name, self.place.port):
                async with limited():
                    await self._line.encrypt(context, name)
        except Stranger:
            raise failures.STRANGER.failure(self.place) from None

    async def sign_in(self) -> tokens.Route | None:
        """Where to sign in instead, if the server says so. Raises `CheckFailed`."""
        if self.place.tls is None:
            await self.greet()
        with self._told(failures.SLOW_SIGN_IN, failures.LOST_SIGN_IN):
            async with asyncio.timeout(SIGN_IN_LIMIT):
                answer = tokens.read(await self._line.ask(LOGIN, messages.login(self.place)))
        if answer.errors:
            raise failures.sign_in_failed(answer.errors, self.place)
        if not answer.welcome:
            raise failures.STRANGER.failure(self.place)
        return answer.route

    async def run(self, statement: str) -> None:
        """Execute a statement that gives no rows. Raises `CheckFailed`."""
        if errors := await self._execute(statement):
            raise failures.statement_failed(errors, self.place)

    async def holds(self, condition: str) -> bool:
        """Whether a condition of SQL is true there. Raises `CheckFailed`."""
        # As an error or none, since rows are not read here.
        errors = await self._execute(f"IF {condition} PRINT N'yes' ELSE RAISERROR (N'no', 16, 1)")
        if errors and errors[0] != RAISED:
            raise failures.statement_failed(errors, self.place)
        return not errors

    async def _execute(self, statement: str) -> list[int]:
        """The numbers of the errors."""
        self.idle = False
        with self._told(failures.SLOW, failures.LOST):
            async with asyncio.timeout(STATEMENT_LIMIT):
                answer = tokens.read(await self._line.ask(BATCH, messages.batch(statement)))
        self.idle = True
        return answer.errors

    async def end(self) -> None:
        await self._line.end()

    @contextmanager
    def _told(self, slow: Fault, lost: Fault) -> Iterator[None]:
        try:
            yield
        except TimeoutError:
            raise slow.failure(self.place) from None
        except ssl.SSLError as error:
            raise failure(error, self.place.where) from None
        except OSError:
            raise (lost if self._line.heard else failures.HUNG_UP).failure(self.place) from None
        except Stranger:
            raise failures.STRANGER.failure(self.place) from None


@asynccontextmanager
async def signed_in(place: Place, steps: Steps | None = None) -> AsyncIterator[Session]:
    """A session, opened as the steps "resolve", "connect", "tls" and "sign in". Raises `CheckFailed`."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(_opened(place, steps))
        with step(steps, SIGN_IN):
            hops = 0
            while route := await session.sign_in():
                hops += 1
                if hops > HOPS:
                    raise failures.TOO_MANY_ROUTES.failure(session.place)
                await session.end()
                session = await _follow(session.place, route, stack)
        yield session


async def _follow(place: Place, route: tokens.Route, stack: AsyncExitStack) -> Session:
    """Every address that a server names is looked up and vetted as the first one was."""
    there = replace(place, host=route.host, port=route.port, server=route.server)
    try:
        return await stack.enter_async_context(_opened(there))
    except CheckFailed as failed:
        failed.message = f"{place.where} sends its clients on to another server. {failed.message}"
        raise


@asynccontextmanager
async def _opened(place: Place, steps: Steps | None = None) -> AsyncIterator[Session]:
    reader, writer = await open_streams(place.host, place.port, steps, via=place.via)
    session = Session(place, Line(reader, writer))
    try:
        if context := place.tls:
            with step(steps, "tls"):
                await session.greet()
                await session.encrypt(context)
        elif steps:
            steps.skip("tls", "The connection is not encrypted, because sslmode is disable.")
        yield session
    finally:
        await session.end()
