"""Attempts: nothing is delivered here, but connection checks are attempts to use a destination all the same."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import QueryDict
from rest_framework.request import Request
from rest_framework.response import Response

from connectors.signing import rfc3339
from destinations.dialects.outpost.bodies import parsed_moment
from destinations.dialects.outpost.failures import Refused, bad_query
from destinations.dialects.outpost.listing import ATTEMPTS, Page, wanted
from destinations.dialects.outpost.reading import shown
from destinations.dialects.outpost.types import TYPES
from destinations.dialects.outpost.views.base import OutpostViewSet
from destinations.models import ConnectionCheck

Status = ConnectionCheck.Status
STATUSES = {"success": (Status.PASSED,), "failed": (Status.FAILED, Status.ERROR)}
BOUNDS = ("gte", "gt", "lte", "lt")


class AttemptViewSet(OutpostViewSet):
    """Those of one destination, of one tenant, or of all that the caller may see: as far as the path says."""

    def list(self, request: Request, **_kwargs: Any) -> Response:
        query = request.query_params
        if query.get("order_by", "time") != "time":
            raise bad_query("order_by", "must be one of: [time]")
        page = Page.asked(query, ATTEMPTS)
        checks, pagination = page.of(_narrowed(self._rows(), query))
        models = [self._shown(check) for check in checks]
        return Response({"models": models, "pagination": pagination})

    def retrieve(self, request: Request, **_kwargs: Any) -> Response:
        uuid = _uuid(self.kwargs["attempt"])
        found = self._rows().filter(pk=uuid).first() if uuid else None
        if found is None:
            raise Refused(404, "attempt not found")
        return Response(self._shown(found))

    def _rows(self) -> QuerySet[ConnectionCheck]:
        known = TYPES.keys() & set(self.client.types)
        ended = [status for among in STATUSES.values() for status in among]
        rows = ConnectionCheck.objects.visible_to(self.principal).filter(status__in=ended)
        rows = rows.filter(destination__type__in=known, destination__archived_at=None)
        if self.found is not None:
            rows = rows.filter(destination__tenant=self.found)
        if "destination" in self.kwargs:
            rows = rows.filter(destination__uid=self.kwargs["destination"])
        return rows.select_related("destination__state__last_check")

    def _shown(self, check: ConnectionCheck) -> dict[str, Any]:
        include = wanted(self.request.query_params, "include")
        body = {
            "id": str(check.pk),
            "tenant_id": check.destination.tenant_id,
            "status": "success" if check.status == Status.PASSED else "failed",
            "time": check.completed_at and rfc3339(check.completed_at),
            "code": check.code or "ok",
            "attempt_number": 1,
            "manual": check.trigger == ConnectionCheck.Trigger.MANUAL,
            "latency_ms": round(sum(step["duration_ms"] for step in check.steps)),
            "event_id": "",
            "destination_id": check.destination.uid,
            "destination_type": check.destination.type,
        }
        if "response_data" in include:
            body["response_data"] = {"message": check.message, "remedy": check.remedy, "steps": check.steps}
        if "destination" in include:
            body["destination"] = shown(check.destination, self.principal)
        return body


def _narrowed(rows: QuerySet[ConnectionCheck], query: QueryDict) -> QuerySet[ConnectionCheck]:
    """What the parameters ask for. A check belongs to no event, so none is of one that is named."""
    if wanted(query, "event_id"):
        return rows.none()
    for name, column in (("destination_type", "type"), ("destination_id", "uid"), ("tenant_id", "tenant")):
        if values := wanted(query, name):
            rows = rows.filter(**{f"destination__{column}__in": values})
    if status := query.get("status"):
        if status not in STATUSES:
            raise bad_query("status", "must be one of: [success failed]")
        rows = rows.filter(status__in=STATUSES[status])
    for bound in BOUNDS:
        if given := query.get(f"time[{bound}]"):
            when = parsed_moment(given)
            if when is None:
                raise bad_query(f"time[{bound}]", "must be a date and time in RFC 3339")
            rows = rows.filter(**{f"completed_at__{bound}": when})
    return rows


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
