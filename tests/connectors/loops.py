"""Run coroutines of the connectors as a worker does."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from connectors import perloop

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """In an event loop of its own, closed as a worker closes it: what is left open warns, and fails the test."""

    async def main() -> T:
        try:
            return await work
        finally:
            await perloop.close()

    return asyncio.run(main())
