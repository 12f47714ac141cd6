"""The organisation's default destination, of which there is one or none."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from destinations import services
from destinations.dialects.planet import writing
from destinations.dialects.planet.failures import Refused
from destinations.dialects.planet.reading import shown
from destinations.dialects.planet.views.base import PlanetViewSet, require_writable


class DefaultViewSet(PlanetViewSet):
    def retrieve(self, request: Request) -> Response:
        return Response(shown(self.the_default(), self.root))

    def update(self, request: Request) -> Response:
        row = self._named(writing.target(self.body()))
        require_writable(row)
        return self.one(services.set_default(row))

    def destroy(self, request: Request) -> Response:
        row = self.the_default()
        require_writable(row)
        services.set_default(row, on=False)
        return Response(status=204)

    def _named(self, ref: str) -> Any:
        """What the body names and is not there is a fault of the body."""
        try:
            row = self.found(ref)
        except Refused:
            raise Refused(400, "destination_id: The organisation has no such destination.") from None
        if row.archived_at is not None:
            raise Refused(400, "destination_id: This destination is archived. Unarchive it first.")
        return row
