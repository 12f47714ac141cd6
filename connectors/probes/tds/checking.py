"""The check of a schema: sign in, make a table, remove it."""

from connectors.probes.tds.failures import NO_SCHEMA
from connectors.probes.tds.place import Place, Scratch, literal
from connectors.probes.tds.session import SIGN_IN, Session, signed_in
from connectors.probes.trial import CREATE, REMOVE, Trial
from connectors.steps import Steps

FIND = "find schema"
STEPS: tuple[str, ...] = ("resolve", "connect", "tls", SIGN_IN, FIND, CREATE, REMOVE)
EFFECT = (
    "Creates a table with one row in the schema, or in a new schema of its own where none is named, and drops it "
    "again, also when the check breaks off. Its name is landfall_check_ and a random part. It stays only if the "
    "connection is lost in between and a second one cannot be made."
)


async def check(place: Place, steps: Steps) -> None:
    """Raises `CheckFailed`. What is made is removed, also when the check breaks off in between."""
    async with signed_in(place, steps) as session:
        await visit(session, steps)


async def visit(session: Session, steps: Steps) -> None:
    """The steps from "find schema" on."""
    place = session.place
    with steps(FIND):
        if place.schema:
            if not await session.holds(f"SCHEMA_ID({literal(place.schema)}) IS NOT NULL"):
                raise NO_SCHEMA.failure(place)
        else:
            steps.skip(FIND, "None is named: the check makes one of its own.")
    scratch = Scratch.of(place)
    await Trial(scratch.table, lambda: _make(session, scratch), lambda: _remove(session, scratch), several=True).run(
        steps
    )


async def _make(session: Session, scratch: Scratch) -> None:
    for statement in scratch.make:
        await session.run(statement)


async def _remove(session: Session, scratch: Scratch) -> None:
    """Within the session if it still answers, else in another one."""
    if session.idle:
        await session.run(scratch.remove)
        return
    await session.end()  # which also makes the server give up what it is at, and its locks
    async with signed_in(session.place) as another:
        await another.run(scratch.remove)
