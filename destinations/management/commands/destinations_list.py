from collections.abc import Iterable
from typing import Any

from django.core.management.base import CommandParser

from destinations.management.presenting import line, whole
from destinations.management.selecting import add_filters, given, select
from destinations.management.tables import room, table
from destinations.models import Destination
from tenants.management.polite import PoliteCommand

SORTS = ("created", "name", "type", "updated")
TITLES = ("SLUG", "NAME", "TYPE", "TENANT", "TARGET", "STATE", "CHECKED (UTC)")


class Command(PoliteCommand):
    help = (
        "List destinations, as a table or as JSON. The table is cut to the width of a terminal, and left whole in a "
        "file or a pipe."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_filters(parser)
        parser.add_argument(
            "--sort",
            choices=[sign + name for name in SORTS for sign in ("", "-")],
            default="-created",
            metavar="FIELD",
            help=f"By {', '.join(SORTS)}; with a minus downwards, as in --sort=-name (default: -created).",
        )
        parser.add_argument("--json", action="store_true", help="One JSON object a line, in the words of the API.")

    def handle(self, *, sort: str, json: bool, **options: Any) -> None:
        found = select(given(options)).order_by(sort, "-pk" if sort.startswith("-") else "pk").iterator()
        if json:
            for destination in found:
                self.stdout.write(line(whole(destination)))
        else:
            self.write_table(found)

    def write_table(self, destinations: Iterable[Destination]) -> None:
        odd = dict.fromkeys(("disabled", "incomplete"), self.style.WARNING)
        states = {"healthy": self.style.SUCCESS, "failing": self.style.ERROR, **odd}
        rows = [_row(destination) for destination in destinations]
        for text in table(TITLES, rows, room(self.stdout), {"STATE": states}):
            self.stdout.write(text)


def _row(destination: Destination) -> list[str]:
    last = destination.state.last_check
    checked = f"{last.completed_at:%Y-%m-%d %H:%M}" if last else "never"
    what = (destination.slug, destination.name, destination.type or "undecided", destination.tenant_id)
    return [*what, _target(destination), _state(destination), checked]


def _target(destination: Destination) -> str:
    """Of what is not complete, whatever of it there is: a target may need what is missing."""
    if not destination.incomplete:
        return destination.target
    return ", ".join(f"{name}={value}" for name, value in destination.config.items() if value not in (None, ""))


def _state(destination: Destination) -> str:
    """The health of what is put away, or cannot be checked yet, does not matter: the column says that it is."""
    put_away = "archived" if destination.archived_at else "disabled" if destination.disabled_at else ""
    health: str = destination.state.health
    return put_away or ("incomplete" if destination.incomplete else health)
