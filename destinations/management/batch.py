"""Check several stored destinations and wait for all of them."""

import math
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from itertools import islice

from destinations import checking, services
from destinations.exceptions import Conflict
from destinations.models import ConnectionCheck, Destination

PORTION = 100  # how many checks are asked for between two rounds of the sweep
AT_ONCE = 1000  # how many are asked for before earlier ones have finished
POLL = 0.1  # seconds between two looks at what other workers are doing
GONE = "The destination was deleted before its check ended."


class Batch:
    """Asks for a check of each destination and runs those that no other worker takes.

    Stopping early leaves those in `pending` queued, for any worker to finish.
    """

    def __init__(self, destinations: Iterable[Destination]) -> None:
        self._ahead = iter(destinations)
        self.pending: dict[int, ConnectionCheck] = {}

    def run(self, until: float = math.inf) -> Generator[ConnectionCheck, None, None]:
        """Yield checks as they finish, until all have or `time.monotonic()` has come to `until`.

        A destination that went away meanwhile has a check that is cancelled and says so.
        """
        yield from self._ask()
        with closing(self._rounds()) as rounds:
            while self.pending and time.monotonic() < until:
                next(rounds)
                yield from self._finished()
                yield from self._ask()

    def unfinished(self) -> Iterator[ConnectionCheck]:
        """What `run` left, as it is now."""
        found = ConnectionCheck.objects.in_bulk([check.pk for check in self.pending.values()])
        for pk, asked in self.pending.items():
            check = found.get(asked.pk) or _cancelled(pk, GONE)
            if not check.is_finished:
                check.message = "The time was up before it ended. The next worker goes on with it."
            yield check
        for destination in self._ahead:
            yield _cancelled(destination.pk, "The time was up before it was asked for.")

    def _rounds(self) -> Generator[int, None, None]:
        """Run what is due, and where other workers have taken all of it, wait."""
        while True:
            yield from checking.rounds(math.inf, self.pending.keys())
            time.sleep(POLL)

    def _ask(self) -> Iterator[ConnectionCheck]:
        if len(self.pending) >= AT_ONCE:
            return
        for destination in islice(self._ahead, PORTION):
            try:
                self.pending[destination.pk] = services.request_check(destination, wake=False)
            except Conflict as refusal:
                yield _cancelled(destination.pk, str(refusal))

    def _finished(self) -> Iterator[ConnectionCheck]:
        asked = {check.pk: destination for destination, check in self.pending.items()}
        unfinished = ConnectionCheck.objects.unfinished().filter(pk__in=asked).values_list("pk", flat=True)
        over = asked.keys() - set(unfinished)
        found = ConnectionCheck.objects.in_bulk(over)
        for uuid in over:
            destination = asked[uuid]
            del self.pending[destination]
            yield found.get(uuid) or _cancelled(destination, GONE)


def _cancelled(destination: int, message: str) -> ConnectionCheck:
    """Stands for a check that is not in the database; it is never saved."""
    return ConnectionCheck(destination_id=destination, status=ConnectionCheck.Status.CANCELLED, message=message)
