"""The check of a database: sign in, make a table, remove it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from connectors.egress import step
from connectors.probes.finishing import to_the_end
from connectors.probes.mysql import failures
from connectors.probes.mysql.driver import ERRORS, Session
from connectors.probes.mysql.greeting import REMEDY_OTHER, Hearing
from connectors.probes.mysql.place import Place, Scratch, quoted
from connectors.probes.streams import hang_up, open_streams
from connectors.problems import CheckFailed
from connectors.steps import Steps
from connectors.tls import LIMIT, limited

STEPS = ("resolve", "connect", "tls", "sign in", "find database", "create a table", "remove it")
EFFECT = (
    "Creates a table with one row in the database, or in a new database of its own where none is named, and drops it "
    "again, also when the check breaks off. Its name is landfall_check_ and a random part. It stays only if the "
    "connection is lost in between and a second one cannot be made."
)
SIGN_IN_LIMIT = 8.0  # seconds
STATEMENT_LIMIT = 8.0  # seconds
SWEEP_LIMIT = 3.0  # seconds for each of two attempts to remove what a broken check has made


async def check(place: Place, steps: Steps) -> None:
    """Raises `CheckFailed`. What is made is removed, also when the check breaks off in between."""
    async with _session(place, steps) as session:
        with steps("find database"):
            if place.database:
                await _run(session, f"USE {quoted(place.database)}")
            else:
                steps.skip("find database", "None is named: the check makes one of its own.")
        scratch = Scratch.of(place)
        made = False
        try:
            with steps("create a table"):
                await _run(session, scratch.remove)  # to learn now whether it will be allowed
                made = True
                for statement in scratch.make:
                    await _run(session, statement)
            with steps("remove it"):
                await _run(session, scratch.remove)
                made = False
        finally:
            if made:
                await to_the_end(_sweep(session, scratch))


@asynccontextmanager
async def _session(place: Place, steps: Steps | None = None) -> AsyncIterator["_Busy"]:
    hearing = Hearing(place)
    _, writer = await open_streams(place.host, place.port, steps, reader=hearing, via=place.via)
    try:
        session = _Busy(place, hearing, writer)
    except BaseException:
        await hang_up(writer)
        raise
    try:
        await _begin(session, hearing, place, steps)
        yield session
    finally:
        await session.end()


async def _begin(session: "_Busy", hearing: Hearing, place: Place, steps: Steps | None) -> None:
    context = place.tls
    if context is None:
        if steps:
            steps.skip("tls", "The connection is not encrypted, because sslmode is disable.")
    else:
        with step(steps, "tls"):
            await _greet(session, hearing, place)
            await session.encrypt(context)
    with step(steps, "sign in"):
        if context is None:
            await _greet(session, hearing, place)
        try:
            async with asyncio.timeout(SIGN_IN_LIMIT):
                await session.sign_in()
        except TimeoutError:
            raise failures.sign_in_unanswered(place) from None
        except ERRORS as error:
            raise failures.sign_in_failed(error, place) from None


async def _greet(session: Session, hearing: Hearing, place: Place) -> None:
    try:
        async with limited():
            await session.greet()
    except TimeoutError:
        message = f"{place.where} accepted the connection but said nothing for {LIMIT:.0f} seconds."
        raise CheckFailed("timeout", message, REMEDY_OTHER) from None
    except ERRORS as error:
        raise failures.greeting_failed(error, hearing, place) from None


class _Busy(Session):
    """A session that lets go of a statement at once when it is cancelled, and knows that it still runs."""

    running: "asyncio.Task[str] | None" = None

    async def execute(self, statement: str) -> str:
        self.running = asyncio.ensure_future(self.ask(statement))
        return await asyncio.shield(self.running)

    async def settle(self) -> None:
        """Wait for what still runs: the server does one thing after the other."""
        if self.running and not self.running.done():
            await asyncio.wait([self.running])

    async def end(self) -> None:
        try:
            if self.running and not self.running.done():
                self.running.cancel()
                await asyncio.wait([self.running])
            if self.running and not self.running.cancelled():
                self.running.exception()  # whoever asked has gone, and nobody else needs to know
        finally:
            await super().end()


async def _run(session: _Busy, statement: str) -> None:
    place = session.place
    try:
        async with asyncio.timeout(STATEMENT_LIMIT):
            await session.execute(statement)
    except TimeoutError:
        raise failures.statement_unanswered(place) from None
    except ERRORS as error:
        raise failures.statement_failed(error, place, await _account(session, error)) from None


async def _account(session: _Busy, error: Exception) -> str:
    """The host part of the account that the server took the user for, which a GRANT has to name."""
    if failures.number(error) not in failures.NAMES_ACCOUNT:
        return ""
    with suppress(TimeoutError, *ERRORS):
        async with asyncio.timeout(SWEEP_LIMIT):
            return (await session.execute("SELECT CURRENT_USER()")).rpartition("@")[2]
    return ""


async def _sweep(session: _Busy, scratch: Scratch) -> None:
    """Remove what may be there: within the session if it still answers, else in another one."""
    with suppress(TimeoutError, CheckFailed, *ERRORS):
        async with asyncio.timeout(SWEEP_LIMIT):
            await session.settle()
            await session.execute(scratch.remove)
            return
    with suppress(TimeoutError, CheckFailed, *ERRORS):
        async with asyncio.timeout(SWEEP_LIMIT), _session(session.place) as another:
            await another.execute(scratch.remove)
