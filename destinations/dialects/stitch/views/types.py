"""The types, as the report cards that a new destination would begin with."""

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from destinations.dialects.stitch import cards
from destinations.dialects.stitch.types import TYPES
from destinations.dialects.stitch.views.base import StitchViewSet


class TypeViewSet(StitchViewSet):
    def list(self, request: Request) -> Response:
        return Response([cards.of_type(type_) for type_ in TYPES.values()])

    def retrieve(self, request: Request, type: str) -> Response:
        if type not in TYPES:
            raise Http404
        return Response(cards.of_type(TYPES[type]))
