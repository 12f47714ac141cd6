"""Open a tunnel for the time of one check."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from connectors.base import Values
from connectors.egress import Way
from connectors.probes.finishing import to_the_end
from connectors.probes.ssh.server import REACH, Server
from connectors.problems import CheckFailed
from connectors.steps import Steps


@asynccontextmanager
async def tunnel(config: Values, steps: Steps) -> AsyncIterator[Way]:
    """The way through the SSH server that `config` names. Nothing of it outlives the block. Raises `CheckFailed`."""
    if steps.identity is None:
        with steps(REACH):
            raise CheckFailed("config", "There is no SSH key to sign in with.", "Save the destination to make one.")
    # The library takes longer to load than a check to run, and few checks need it.
    from connectors.probes.ssh.client import enter

    way = await enter(Server.of(config), steps.identity, steps)
    try:
        yield way
    finally:
        await to_the_end(way.close())
