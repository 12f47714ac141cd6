"""Connection checks: of every destination, of one, and the asking for them."""

import time
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from destinations import services
from destinations.api import inputs, outputs
from destinations.api.base import ApiViewSet
from destinations.api.parameters import taking, whole_number
from destinations.filters import CheckFilter, EveryCheckFilter
from destinations.models import ConnectionCheck, Destination
from destinations.querysets import CIPHERTEXT
from tenants.models import Role
from tenants.permissions import require

MAX_WAIT = 30  # seconds; whoever waits holds a thread of the web server
POLL = 0.1
WAIT = whole_number("wait", "Wait up to this many seconds for the check to end.", 0, MAX_WAIT, 0)


class CheckViewSet(ApiViewSet):
    shape = outputs.Check()
    filterset_class = EveryCheckFilter

    def get_queryset(self) -> QuerySet[ConnectionCheck]:
        return ConnectionCheck.objects.visible_to(self.principal)

    @extend_schema(responses=outputs.Check(many=True))
    def list(self, request: Request, **_kwargs: Any) -> Response:
        """The checks of all destinations you may see. How long they are kept is a setting of the installation."""
        return self.page()

    @extend_schema(responses=outputs.Check)
    def retrieve(self, request: Request, **_kwargs: Any) -> Response:
        """One check."""
        return self.one()


class DestinationCheckViewSet(ApiViewSet):
    shape = outputs.Check()
    filterset_class = CheckFilter

    def get_queryset(self) -> QuerySet[ConnectionCheck]:
        return ConnectionCheck.objects.filter(destination=self.destination())

    def destination(self) -> Destination:
        rows = Destination.objects.visible_to(self.principal).defer(*CIPHERTEXT)
        found: Destination = get_object_or_404(rows, **self.kwargs)
        return found

    @extend_schema(responses=outputs.Check(many=True))
    def list(self, request: Request, **_kwargs: Any) -> Response:
        """The checks of this destination."""
        return self.page()

    @extend_schema(request=None, responses={200: outputs.Check, 202: outputs.Check})
    @taking(WAIT)
    def create(self, request: Request, **_kwargs: Any) -> Response:
        """Ask for a check: 202 while it is to come or under way, 200 once it has ended. Needs the role editor.

        While one is queued already, that one is answered.
        """
        inputs.Nothing().run_validation(request.data)
        seconds = WAIT.read(request.query_params)
        destination = self.destination()
        require(self.principal, Role.EDITOR, destination.tenant_id, destination.environment_id)
        check = services.request_check(destination)
        body = self._after(check, seconds)
        headers = {"Location": reverse("api:check-detail", args=(check.pk,))}
        return Response(body, status=200 if body["completed_at"] else 202, headers=headers)

    def _after(self, check: ConnectionCheck, seconds: float) -> dict[str, Any]:
        """The check as soon as it has ended, or as it is when the time is up."""
        deadline = time.monotonic() + seconds
        rows = ConnectionCheck.objects.filter(pk=check.pk)
        while (body := self.shown(rows))["completed_at"] is None and time.monotonic() < deadline:
            time.sleep(POLL)
        return body
