"""Make something at Google and remove it, whatever happens in between."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from connectors.probes.http import Answer
from connectors.probes.undoing import Undo
from connectors.problems import CheckFailed
from connectors.steps import Steps

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
    _unsure: bool = field(default=True, init=False)

    async def run(self, step: str, steps: Steps) -> None:
        """Raises `CheckFailed`."""
        await Undo(
            self._remove,
            REMOVE_LIMIT,
            lambda _: self._unsure,
            what=self.what,
            unknown="it was made",
            late="There was no answer in time to the request to remove it.",
            by_hand="Remove it by hand.",
            event="google_trial_left",
            about={"left": self.name},
        ).after(self._make, step, steps)

    async def _make(self) -> None:
        answer = await self.make()
        self._unsure = not 300 <= answer.status < 500
        self.made(answer)

    async def _remove(self) -> None:
        answer = await self.remove()
        if not (200 <= answer.status < 300 or answer.status == 404):
            raise self.kept(answer)
