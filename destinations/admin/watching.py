"""One destination as it is: what its checks say, and the buttons beside that."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from destinations.admin.actions import VERBS, Actions
from destinations.admin.pages import Pages
from destinations.admin.presenting import HEALTH, CheckView, ago, facts, find, icon_of, state_badge, target_of
from destinations.exceptions import Conflict, InvalidDestination
from destinations.models import Destination, Health
from destinations.sealing import SecretUnreadable
from tenants.admin.access import principal_of
from tenants.limits import TooMany

HISTORY = 10


class Watching(Actions, Pages):
    def overview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        destination = self.found(request, pk)
        watched = _watched(destination)
        return self.page(
            request,
            "admin/destinations/destination/overview.html",
            title=destination.name,
            original=destination,
            icon=icon_of(watched["connector"]),
            target=target_of(destination),
            state=state_badge(destination),
            rotates=watched["connector"] is not None and watched["connector"].rotates,
            facts=list(facts(destination, principal_of(request))),
            consumers=[(consumer, ago(consumer.last_seen)) for consumer in destination.consumers.all()],
            may_edit=self.has_change_permission(request, destination),
            may_delete=self.has_delete_permission(request, destination),
            **watched,
        )

    def status_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What the overview shows of the checks, for the page that waits for one to end."""
        return self._status(request, self.found(request, pk))

    def act_view(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        destination = self.found(request, pk)
        if verb not in VERBS:
            raise Http404
        if not self.has_change_permission(request, destination):
            raise PermissionDenied
        try:
            result = VERBS[verb].do(destination)
        except (Conflict, InvalidDestination, SecretUnreadable, TooMany) as error:
            if verb == "check":
                status = 429 if isinstance(error, TooMany) else 409
                return JsonResponse({"message": str(error)}, status=status)
            messages.error(request, str(error))
        else:
            if verb == "rotate":
                return self.show_once(request, result, "given a new signing secret")
        if verb == "check":
            return self._status(request, self.found(request, pk))
        return self.to_overview(destination)

    def _status(self, request: HttpRequest, destination: Destination) -> HttpResponse:
        watched = _watched(destination)
        parts = {
            name: render_to_string(f"landfall/{name}.html", watched, request) for name in ("health", "panel", "history")
        }
        running = watched["running"]
        return JsonResponse({"finished": running is None, "announcement": _announcement(watched), "parts": parts})


def _watched(destination: Destination) -> dict[str, Any]:
    checks = list(destination.checks.order_by("-queued_at")[: HISTORY + 1])
    last = destination.state.last_check
    return {
        "destination": destination,
        "connector": find(destination.type),
        "health": HEALTH[Health(destination.state.health)],
        "running": next((CheckView(check) for check in checks if not check.is_finished), None),
        "last": CheckView(last) if last else None,
        "history": [CheckView(check) for check in checks if check.is_finished][:HISTORY],
    }


def _announcement(watched: dict[str, Any]) -> str:
    """One sentence for those who hear the page."""
    running, last = watched["running"], watched["last"]
    if running:
        return f"{running.badge.word}…"
    return f"{last.badge.word}. {last.check.message} {last.check.remedy}".strip() if last else ""
