"""A table that a check makes in a warehouse and removes, whatever happens in between."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from connectors.probes.finishing import to_the_end
from connectors.problems import CheckFailed
from connectors.steps import Steps

logger = logging.getLogger(__name__)

CREATE, REMOVE = "create a table", "remove it"
#: Seconds that tidying up may take. A check that is cancelled before that lasts so much longer.
PATIENCE = 2.0
REMOVE_LIMIT = 4.0


@dataclass(frozen=True, slots=True)
class Trial:
    """`create` and `drop` run one statement each; `drop` must not mind that there is no such table."""

    table: str
    create: Callable[[], Coroutine[Any, Any, Any]]
    drop: Callable[[], Awaitable[Any]]

    async def run(self, steps: Steps) -> None:
        """Raises `CheckFailed`."""
        creating = asyncio.create_task(self.create())
        try:
            with steps(CREATE):
                await asyncio.shield(creating)
        except BaseException as error:
            if _perhaps_made(error):
                failure = await to_the_end(self._tidy(creating))
                done = "It is not known whether the table was made; it was removed to be safe."
                steps.skip(REMOVE, failure.message if failure else done)
            raise
        with steps(REMOVE):
            if failure := await to_the_end(self._remove()):
                raise failure

    async def _tidy(self, creating: asyncio.Task[Any]) -> CheckFailed | None:
        """Removing first and making afterwards would leave the table, so the answer is awaited, if not for long."""
        await asyncio.wait({creating}, timeout=PATIENCE)
        creating.cancel()
        return await self._remove()

    async def _remove(self) -> CheckFailed | None:
        """Returns what went wrong instead of raising it, since the check may be gone when this ends."""
        try:
            async with asyncio.timeout(REMOVE_LIMIT):
                await self.drop()
        except TimeoutError:
            return self._left(CheckFailed("timeout", "There was no answer in time when the table was to be removed."))
        except CheckFailed as failure:
            return self._left(failure)
        return None

    def _left(self, cause: CheckFailed) -> CheckFailed:
        logger.warning("table_left", extra={"table": self.table, "code": cause.code})
        message = f"{cause.message} The table {self.table} may still be there."
        return CheckFailed(cause.code, message, f"{cause.remedy} Drop the table by hand.".strip())


def _perhaps_made(error: BaseException) -> bool:
    """Whether the table may be there: not when it was refused, nor when nobody was asked."""
    return not isinstance(error, CheckFailed) or error.code in {"timeout", "protocol", "remote"}
