"""The destination types there are."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from connectors import registry
from destinations.api import outputs
from destinations.api.base import ApiViewSet


class DestinationTypeViewSet(ApiViewSet):
    lookup_field = "type"
    lookup_value_converter = "str"
    pagination_class = None

    @extend_schema(responses=outputs.DestinationTypes)
    def list(self, request: Request) -> Response:
        """Every type, in the order people read them."""
        items = [outputs.destination_type(connector) for connector in registry.every()]
        return Response({"items": items, "next": None})

    @extend_schema(responses=outputs.DestinationType)
    def retrieve(self, request: Request, **_kwargs: Any) -> Response:
        """One type."""
        try:
            connector = registry.get(self.kwargs["type"])
        except registry.UnknownType:
            raise Http404 from None
        return Response(outputs.destination_type(connector))
