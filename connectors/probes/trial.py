"""A table that a check makes in a warehouse and removes, whatever happens in between."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from connectors.probes.undoing import REMOVE, Undo
from connectors.problems import CheckFailed
from connectors.steps import Steps

__all__ = ["CREATE", "REMOVE", "Trial"]

CREATE = "create a table"
#: Seconds that tidying up may take. A check that is cancelled before that lasts so much longer.
PATIENCE = 2.0
REMOVE_LIMIT = 4.0


@dataclass(frozen=True, slots=True)
class Trial:
    """`create` and `drop` run one statement each; `drop` must not mind that there is no such table."""

    table: str
    create: Callable[[], Coroutine[Any, Any, Any]]
    drop: Callable[[], Awaitable[Any]]
    #: Whether `create` runs several statements, so that what was made is there although a later one was refused.
    several: bool = False

    async def run(self, steps: Steps) -> None:
        """Raises `CheckFailed`."""
        creating = asyncio.create_task(self.create())

        async def drop() -> None:
            # Removing first and making afterwards would leave the table, so the answer is awaited, if not for long.
            await asyncio.wait({creating}, timeout=PATIENCE)
            creating.cancel()
            async with asyncio.timeout(REMOVE_LIMIT):
                await self.drop()

        await Undo(
            drop,
            PATIENCE + REMOVE_LIMIT,
            lambda error: self.several or _perhaps_made(error),
            what=f"table {self.table}",
            unknown="the table was made",
            late="There was no answer in time when the table was to be removed.",
            by_hand="Drop the table by hand.",
            event="table_left",
            about={"table": self.table},
        ).after(lambda: asyncio.shield(creating), CREATE, steps)


def _perhaps_made(error: BaseException) -> bool:
    """Whether the table may be there: not when it was refused, nor when nobody was asked."""
    return not isinstance(error, CheckFailed) or error.code in {"timeout", "protocol", "remote"}
