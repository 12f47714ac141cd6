"""The OpenAPI document of this face."""

from rest_framework.request import Request
from rest_framework.response import Response

from destinations.dialects.planet.spec import document
from destinations.dialects.planet.views.base import PlanetViewSet


class SpecViewSet(PlanetViewSet):
    def retrieve(self, request: Request) -> Response:
        return Response(document(self.root))
