"""The check of a schema and a warehouse: sign in, look for both, make a table, remove it."""

from connectors.probes.finishing import to_the_end
from connectors.probes.snowflake import faults
from connectors.probes.snowflake.faults import FIND, SIGN_IN, USE
from connectors.probes.snowflake.place import Place, exact, literal, quoted
from connectors.probes.snowflake.sessions import Session, session, table_name
from connectors.probes.trial import CREATE, REMOVE, Trial
from connectors.steps import Steps

STEPS = ("resolve", "connect", "tls", SIGN_IN, FIND, USE, CREATE, REMOVE)
EFFECT = (
    "Creates an empty transient table in the schema, named LANDFALL_CHECK_ and a random number, and drops it again. "
    "The warehouse is not started."
)


async def check(place: Place, steps: Steps) -> None:
    """Raises `CheckFailed`."""
    opened = session(place)
    with steps(SIGN_IN):
        await opened.open(steps)
    try:
        await _visit(place, opened, steps)
    finally:
        await to_the_end(opened.close())


async def _visit(place: Place, opened: Session, steps: Steps) -> None:
    with steps(FIND):
        # In the order of their names: the schema itself comes before all whose names only begin like its own.
        statement = f"SHOW SCHEMAS IN DATABASE {quoted(place.database)} STARTS WITH {literal(place.schema)} LIMIT 1"
        if [row[1] for row in await opened.run(FIND, statement) if len(row) > 1] != [exact(place.schema)]:
            raise faults.NO_SCHEMA.failure(place)
    with steps(USE):
        if not await opened.use_warehouse(USE):
            raise faults.NO_WAREHOUSE.failure(place)
    table = f"{place.full_schema}.{quoted(table_name())}"
    await Trial(
        table,
        lambda: opened.run(CREATE, f"CREATE TRANSIENT TABLE {table} (ID INTEGER) DATA_RETENTION_TIME_IN_DAYS = 0"),
        lambda: opened.run(REMOVE, f"DROP TABLE IF EXISTS {table}"),
    ).run(steps)
