"""The check of a pool: what a database proves, the right to load, and the storage in between."""

from connectors.probes import tds
from connectors.probes.synapse import staging
from connectors.probes.synapse.storage import Storage
from connectors.problems import CheckFailed
from connectors.steps import Steps

POOL, RIGHT = "find SQL pool", "find the right to load"
KEY, BLOB = "sign in to the storage", "write a test blob and remove it"
_SIGNED_IN = tds.STEPS.index(tds.SIGN_IN) + 1
STEPS = (*tds.STEPS[:_SIGNED_IN], POOL, RIGHT, *tds.STEPS[_SIGNED_IN:], KEY, BLOB)
EFFECT = (
    f"{tds.EFFECT} Writes a blob of a few bytes to the storage and removes it again, within the container that the SAS "
    "URL names, or else within a new one named landfall-check- and a random part, which is removed, too. "
    "The storage is reached directly, also where an SSH tunnel leads to the pool."
)

_IS_POOL = "CAST(SERVERPROPERTY('EngineEdition') AS int) = 6"
_NO_POOL = tds.Fault(
    "config",
    "“{database}” at {where} is no dedicated SQL pool of Azure Synapse.",
    "Name a dedicated SQL pool. For a database of SQL Server or Azure SQL, use the destination type mssql.",
)
# Pools have neither HAS_PERMS_BY_NAME nor fn_my_permissions.
_MAY_LOAD = (
    "USER_NAME() = 'dbo' OR IS_MEMBER('db_owner') = 1 OR EXISTS (SELECT 1 FROM sys.database_permissions "
    "WHERE class = 0 AND permission_name = 'CONTROL' AND state IN ('G', 'W') "
    "AND (USER_NAME(grantee_principal_id) = USER_NAME() OR IS_MEMBER(USER_NAME(grantee_principal_id)) = 1))"
)
_MAY_NOT_LOAD = tds.Fault(
    "forbidden",
    "“{user}” has not the right to load data into the database “{database}” from a storage account.",
    "Run GRANT CONTROL ON DATABASE::{quoted_database} TO {quoted_user}; in the database as its owner.",
)


async def check(place: tds.Place, storage: Storage, steps: Steps) -> None:
    """Raises `CheckFailed`. What is made is removed, also when the check breaks off in between."""
    async with tds.signed_in(place, steps) as session:
        with steps(POOL):
            if not await session.holds(_IS_POOL):
                raise _NO_POOL.failure(place)
        with steps(RIGHT):
            await _find_right(session, steps)
        await tds.visit(session, steps)
    with steps(KEY):
        await staging.sign_in(storage)
    with steps(BLOB):
        await staging.write_and_remove(storage)


async def _find_right(session: tds.Session, steps: Steps) -> None:
    try:
        given = await session.holds(_MAY_LOAD)
    except CheckFailed:
        if not session.idle:  # there was no answer at all
            raise
        steps.skip(RIGHT, "The pool does not let this user look for it.")
        return
    if not given:
        raise _MAY_NOT_LOAD.failure(session.place)
