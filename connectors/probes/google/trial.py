"""Make something at Google and remove it, whatever happens in between."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from connectors.probes.http import Answer
from connectors.probes.undoing import Attempt
from connectors.problems import CheckFailed
from connectors.steps import Steps


@dataclass
class Trial(Attempt):
    #: What is made, such as: test object.
    thing: str
    name: str
    #: Where it is, for the log.
    left: str
    #: Sends the one request that makes it.
    make: Callable[[], Awaitable[Answer]]
    #: Sends the request that removes it.
    unmake: Callable[[], Awaitable[Answer]]
    #: Raises `CheckFailed` if the answer to `make` says no.
    made: Callable[[Answer], None]
    #: What an answer to `unmake` other than 2xx and 404 means.
    kept: Callable[[Answer], CheckFailed]

    async def run(self, step: str, steps: Steps) -> None:
        """Raises `CheckFailed`."""
        undo = self.undo(self.thing, self.name, "Google", "google_trial_left", {"left": self.left})
        await undo.after(self._make, step, steps)

    async def _make(self) -> None:
        self.made(await self.answer_to(self.make()))

    async def remove(self) -> None:
        answer = await self.unmake()
        if not (200 <= answer.status < 300 or answer.status == 404):
            raise self.kept(answer)
