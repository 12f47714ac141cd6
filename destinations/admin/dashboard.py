"""The first page: how the destinations are, and what to look at."""

from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest

from destinations.admin.checks import recent
from destinations.admin.presenting import CheckView, find, icon_of, label_of, target_of
from destinations.models import Destination, Health
from tenants.admin.access import may_somewhere, principal_of
from tenants.models import Role

SHOWN = 8


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Three queries, however many destinations there are."""
    principal = principal_of(request)
    live = Destination.objects.visible_to(principal).filter(archived_at=None)
    return context | {
        "title": "Dashboard",
        "counts": live.aggregate(
            every=Count("pk"),
            disabled=Count("pk", filter=~Q(disabled_at=None)),
            **{health: Count("pk", filter=Q(state__health=health)) for health in Health.values},
        ),
        "failing": [_row(destination) for destination in _failing(live)],
        "checks": [CheckView(check) for check in recent(request)[:SHOWN]],
        "may_add": may_somewhere(principal, Role.EDITOR),
        "is_member": principal.tenants != frozenset(),
    }


def _failing(live: Any) -> Any:
    return live.readable().filter(state__health=Health.FAILING).order_by("-state__last_failed_at")[:SHOWN]


def _row(destination: Destination) -> dict[str, Any]:
    last = destination.state.last_check
    return {
        "destination": destination,
        "icon": icon_of(find(destination.type)),
        "label": label_of(destination.type),
        "target": target_of(destination),
        "last": CheckView(last) if last else None,
    }
