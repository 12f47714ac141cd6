"""Things that belong to one event loop and live as long as it does: resolvers, HTTP sessions."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_every: list["PerLoop[Any]"] = []


class PerLoop(Generic[T]):
    """One value for each event loop, made by `make` on first use and ended by `end` when `close` is called."""

    def __init__(self, make: Callable[[], T], end: Callable[[T], Awaitable[None]]) -> None:
        self._make, self._end = make, end
        self._values: dict[asyncio.AbstractEventLoop, T] = {}
        _every.append(self)

    def get(self) -> T:
        loop = asyncio.get_running_loop()
        if loop not in self._values:
            # What was left behind in loops that ended without `close` cannot be closed any more.
            self._values = {other: value for other, value in self._values.items() if not other.is_closed()}
            self._values[loop] = self._make()
        return self._values[loop]

    async def close(self) -> None:
        if (value := self._values.pop(asyncio.get_running_loop(), None)) is not None:
            await self._end(value)


async def close() -> None:
    """Close whatever checks opened for the running loop; await it before a loop that ran checks ends."""
    for kept in reversed(_every):
        await kept.close()
