"""Make something at Google and remove it, whatever happens in between."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from connectors.probes.finishing import to_the_end
from connectors.probes.http import Answer
from connectors.problems import CheckFailed
from connectors.steps import Steps

logger = logging.getLogger(__name__)

REMOVE = "remove it"
#: Seconds for removing what was made. A check that is cancelled before that lasts so much longer.
REMOVE_LIMIT = 5.0


@dataclass(slots=True)
class Trial:
    #: What is made, with its name, such as: test object “x”.
    what: str
    #: What it is for the log, which has no quotation marks.
    name: str
    #: Sends the one request that makes it.
    make: Callable[[], Awaitable[Answer]]
    #: Sends the request that removes it.
    remove: Callable[[], Awaitable[Answer]]
    #: Raises `CheckFailed` if the answer to `make` says no.
    made: Callable[[Answer], None]
    #: What an answer to `remove` other than 2xx and 404 means.
    kept: Callable[[Answer], CheckFailed]

    async def run(self, step: str, steps: Steps) -> None:
        """Raises `CheckFailed`."""
        unsure = True
        try:
            with steps(step):
                answer = await self.make()
                unsure = not 300 <= answer.status < 500
                self.made(answer)
        except BaseException:
            if unsure:
                await self._tidy(steps)
            raise
        with steps(REMOVE):
            if failure := await to_the_end(self._remove()):
                raise failure

    async def _tidy(self, steps: Steps) -> None:
        failure = await to_the_end(self._remove())
        done = "It is not known whether it was made; it was removed to be safe."
        steps.skip(REMOVE, failure.message if failure else done)

    async def _remove(self) -> CheckFailed | None:
        """Returns what went wrong instead of raising it, since the check may be gone when this ends."""
        try:
            async with asyncio.timeout(REMOVE_LIMIT):
                answer = await self.remove()
        except TimeoutError:
            return self._left(CheckFailed("timeout", "There was no answer in time to the request to remove it."))
        except CheckFailed as failure:
            return self._left(failure)
        if 200 <= answer.status < 300 or answer.status == 404:
            return None
        return self._left(self.kept(answer))

    def _left(self, cause: CheckFailed) -> CheckFailed:
        logger.warning("google_trial_left", extra={"left": self.name, "code": cause.code})
        message = f"{cause.message} The {self.what} may still be there."
        return CheckFailed(cause.code, message, f"{cause.remedy} Remove it by hand.".strip())
