import argparse
import math
import time
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from django.core.management.base import CommandError, CommandParser

from destinations.management.batch import Batch
from destinations.management.presenting import line, outcome
from destinations.management.progress import Progress
from destinations.management.selecting import add_filters, given, named, select
from destinations.management.tables import room, table
from destinations.models import ConnectionCheck, Destination
from tenants.management.polite import PoliteCommand

TITLES = ("NAME", "TYPE", "TARGET", "STATUS", "TIME", "STEP", "RESULT")
PASSED = ConnectionCheck.Status.PASSED

Pairs = Sequence[tuple[Destination, ConnectionCheck]]


class Command(PoliteCommand):
    uses_secrets = True
    help = (
        "Check destinations for real and wait for the outcome. Running workers share the work; without any, this "
        "command does all of it. Exit status: 0 if every check passed, 1 if one did not, 2 if there was nothing to "
        "check or the command was not understood, 130 after Ctrl-C."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("destinations", nargs="*", metavar="DESTINATION", help="A uid, a UUID or a slug.")
        parser.add_argument("--all", action="store_true", help="Every destination that is not archived.")
        add_filters(parser)
        parser.add_argument(
            "--timeout",
            type=_seconds,
            default=math.inf,
            metavar="SECONDS",
            help="Wait no longer for all of them together; what is unfinished then stays queued (default: no limit).",
        )
        parser.add_argument(
            "--json", action="store_true", help="One JSON object a line for each check, in the words of the API."
        )

    def handle(self, *, destinations: list[str], timeout: float, json: bool, **options: Any) -> None:
        chosen = _chosen(destinations, options)
        checks = self.run_checks(chosen, timeout, options["verbosity"])
        pairs = [(destination, checks[destination.pk]) for destination in chosen]
        (self.write_json if json else self.write_table)(pairs)
        bad = sum(check.status != PASSED for _, check in pairs)
        if bad:
            raise CommandError(f"{bad} of {len(pairs)} checks did not pass.", returncode=1)

    def run_checks(self, chosen: Sequence[Destination], timeout: float, verbosity: int) -> dict[int, ConnectionCheck]:
        """The check of each destination by its id: finished, or as it was when the time was up."""
        names = {destination.pk: destination.name for destination in chosen}
        batch, done = Batch(chosen), {}
        try:
            with (
                Progress(self.stderr, len(chosen) if verbosity else 0) as progress,
                closing(batch.run(until=time.monotonic() + timeout)) as finished,
            ):
                for check in finished:
                    done[check.destination_id] = check
                    progress.tell(names[check.destination_id], check)
        except KeyboardInterrupt:
            raise CommandError(_interrupted(len(done), len(chosen)), returncode=130) from None
        return done | {check.destination_id: check for check in batch.unfinished()}

    def write_json(self, pairs: Pairs) -> None:
        for destination, check in pairs:
            whose = {"destination": destination.uuid, "tenant": destination.tenant_id}
            what = {name: getattr(destination, name) for name in ("uid", "name", "type", "target")}
            self.stdout.write(line(whose | what | outcome(check)))

    def write_table(self, pairs: Pairs) -> None:
        statuses = {"passed": self.style.SUCCESS, "failed": self.style.ERROR, "error": self.style.ERROR}
        for text in table(TITLES, [_row(*pair) for pair in pairs], room(self.stdout), {"STATUS": statuses}):
            self.stdout.write(text)
        for destination, check in pairs:
            if check.status != PASSED:
                self.stdout.write(f"\n{destination.name}: {check.message} {check.remedy}".rstrip())


def _chosen(names: Sequence[str], options: dict[str, Any]) -> list[Destination]:
    filters = given(options)
    if names and options["all"]:
        raise CommandError("Name destinations or give --all, not both.", returncode=2)
    if not (names or options["all"] or filters):
        raise CommandError("Say which destinations: name them, or give filters or --all.", returncode=2)
    chosen = named(names, filters) if names else list(select(filters).order_by("name", "pk"))
    if not chosen and filters:
        raise CommandError("No destination matches.", returncode=2)
    for destination in chosen:
        if destination.archived_at:
            raise CommandError(f"The destination “{destination.name}” is archived. Restore it first.", returncode=2)
    return chosen


def _row(destination: Destination, check: ConnectionCheck) -> list[str]:
    took = check.completed_at and check.started_at and (check.completed_at - check.started_at).total_seconds()
    step = next((step["name"] for step in check.steps if step["status"] == "failed"), "")
    result = f"{check.code}: {check.message}" if check.code else check.message
    what = (destination.name, destination.type, destination.target, check.status)
    return [*what, "" if took is None else f"{took:.2f} s", step, result]


def _interrupted(done: int, total: int) -> str:
    return f"Interrupted: {done} of {total} checks have ended. What was begun stays queued for the next worker."


def _seconds(text: str) -> float:
    seconds = float(text)
    if not seconds > 0:
        raise argparse.ArgumentTypeError("must be more than 0 seconds.")
    return seconds
