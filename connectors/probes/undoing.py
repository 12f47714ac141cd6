"""What a check makes it removes, whatever happens in between; and where it could not, it says so."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from connectors.probes.finishing import to_the_end
from connectors.probes.http import Answer
from connectors.problems import CheckFailed
from connectors.steps import Steps

logger = logging.getLogger(__name__)

REMOVE = "remove it"
#: Seconds that one request has to remove something. A check that is cancelled before that lasts so much longer.
LIMIT = 5.0


@dataclass(frozen=True, slots=True)
class Undo:
    """How to remove what a check makes, and what to say of it."""

    #: Raises `CheckFailed`; does not mind that nothing is there.
    remove: Callable[[], Awaitable[object]]
    #: Seconds that removing may take. A check that is cancelled before that lasts so much longer.
    limit: float
    #: Whether it may be there although making it raised this.
    perhaps: Callable[[BaseException], bool]
    #: What is made, with its name, such as: test object “x”.
    what: str
    #: What nobody knows then, such as: the object arrived.
    unknown: str
    #: Whole sentences: that there was no answer in time, and what the user is to do about what is left.
    late: str
    by_hand: str
    #: The name of the log's event about what is left, and what belongs to it.
    event: str
    about: Mapping[str, str]

    async def after(self, make: Callable[[], Awaitable[object]], step: str, steps: Steps) -> None:
        """Make it, as `step`, and remove it again. Raises `CheckFailed`."""
        try:
            with steps(step):
                await make()
        except BaseException as error:
            if self.perhaps(error):
                failure = await to_the_end(self._removed())
                done = f"It is not known whether {self.unknown}; it was removed to be safe."
                steps.skip(REMOVE, failure.message if failure else done)
            raise
        with steps(REMOVE):
            if failure := await to_the_end(self._removed()):
                raise failure

    async def _removed(self) -> CheckFailed | None:
        """Returns what went wrong instead of raising it, since the check may be gone when this ends."""
        try:
            async with asyncio.timeout(self.limit):
                await self.remove()
        except TimeoutError:
            return self._left(CheckFailed("timeout", self.late))
        except CheckFailed as failure:
            return self._left(failure)
        return None

    def _left(self, cause: CheckFailed) -> CheckFailed:
        logger.warning(self.event, extra={**self.about, "code": cause.code})
        message = f"{cause.message} The {self.what} may still be there."
        return CheckFailed(cause.code, message, f"{cause.remedy} {self.by_hand}".strip())


class Attempt:
    """Something that one request over HTTP makes, and `remove` removes with another."""

    #: Whether it may be there although its step did not succeed.
    unsure = False

    async def answer_to(self, making: Awaitable[Answer]) -> Answer:
        """Await the answer to the request that makes it. Nothing but a refusal says that it is not there."""
        self.unsure = True
        answer = await making
        self.unsure = not 300 <= answer.status < 500
        return answer

    async def remove(self) -> None:
        """Raises `CheckFailed`; does not mind that it is not there."""
        raise NotImplementedError

    def undo(self, thing: str, name: str, service: str, event: str, about: Mapping[str, str]) -> Undo:
        """`thing` is what it is, such as: test blob; `service` is who has it."""
        return Undo(
            self.remove,
            LIMIT,
            lambda _: self.unsure,
            what=f"{thing} “{name}”",
            unknown=f"the {thing} was stored",
            late=f"{service} did not answer in time when asked to remove the {thing}.",
            by_hand=f"Remove the {thing} by hand.",
            event=event,
            about=about,
        )
