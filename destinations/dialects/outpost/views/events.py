"""What belongs to the delivery of events, which is not Landfall's: lists are empty, the rest says so."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from destinations.dialects.outpost.failures import Refused
from destinations.dialects.outpost.listing import ATTEMPTS, Page
from destinations.dialects.outpost.views.base import OutpostViewSet
from destinations.models import ConnectionCheck

NOT_HERE = (501, "this server registers and checks destinations; it does not deliver events")


class EventViewSet(OutpostViewSet):
    admin_actions = frozenset({"publish"})

    def list(self, request: Request, **_kwargs: Any) -> Response:
        """In the shapes of both generations of clients."""
        models, pagination = Page.asked(request.query_params, ATTEMPTS).of(ConnectionCheck.objects.none())
        older = {"data": models, "next": "", "prev": "", "count": 0}
        return Response({"models": models, "pagination": pagination, **older})

    def retrieve(self, request: Request, **_kwargs: Any) -> Response:
        raise Refused(404, "event not found")

    def deliveries(self, request: Request, **_kwargs: Any) -> Response:
        return Response([])

    def publish(self, request: Request, **_kwargs: Any) -> Response:
        raise Refused(*NOT_HERE)

    def retry(self, request: Request, **_kwargs: Any) -> Response:
        raise Refused(*NOT_HERE)

    def metrics(self, request: Request, **_kwargs: Any) -> Response:
        raise Refused(*NOT_HERE)
