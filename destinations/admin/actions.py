"""What can be done to destinations from outside their form, one at a time or many."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest

from destinations import services
from destinations.exceptions import Conflict, InvalidDestination
from destinations.models import Destination
from tenants.limits import TooMany


@dataclass(frozen=True, slots=True)
class Verb:
    """`done` is said of the result."""

    do: Callable[[Destination], Any]
    done: str


VERBS = {
    "check": Verb(services.request_check, "Checks asked for"),
    "enable": Verb(services.enable, "Enabled"),
    "disable": Verb(services.disable, "Disabled"),
    "archive": Verb(services.archive, "Archived"),
    "restore": Verb(services.restore, "Restored"),
    "rotate": Verb(services.rotate_secret, "Given a new signing secret"),
}


class Actions:
    actions = ("check_selected", "enable_selected", "disable_selected", "archive_selected", "restore_selected")

    @admin.action(description="Check now", permissions=["change"])
    def check_selected(self, request: HttpRequest, chosen: Iterable[Destination]) -> None:
        self._to_each(request, chosen, VERBS["check"])

    @admin.action(description="Enable", permissions=["change"])
    def enable_selected(self, request: HttpRequest, chosen: Iterable[Destination]) -> None:
        self._to_each(request, chosen, VERBS["enable"])

    @admin.action(description="Disable", permissions=["change"])
    def disable_selected(self, request: HttpRequest, chosen: Iterable[Destination]) -> None:
        self._to_each(request, chosen, VERBS["disable"])

    @admin.action(description="Archive", permissions=["change"])
    def archive_selected(self, request: HttpRequest, chosen: Iterable[Destination]) -> None:
        self._to_each(request, chosen, VERBS["archive"])

    @admin.action(description="Restore from the archive", permissions=["change"])
    def restore_selected(self, request: HttpRequest, chosen: Iterable[Destination]) -> None:
        self._to_each(request, chosen, VERBS["restore"])

    def _to_each(self, request: HttpRequest, chosen: Iterable[Destination], verb: Verb) -> None:
        done, refused = 0, []
        for destination in chosen:
            if not self.has_change_permission(request, destination):  # type: ignore[attr-defined]
                refused.append(f"{destination.name}: you may only look at it.")
                continue
            try:
                verb.do(destination)
            except (Conflict, InvalidDestination, TooMany) as error:
                refused.append(f"{destination.name}: {error}")
            else:
                done += 1
        if done:
            messages.success(request, f"{verb.done}: {done}.")
        if refused:
            more = f" And {len(refused) - 5} more." if len(refused) > 5 else ""
            messages.warning(request, f"Left as they are: {len(refused)}. {' '.join(refused[:5])}{more}")
