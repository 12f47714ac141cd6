"""Destinations of the caller's organisation. None is ever deleted: archiving is the end of one."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response

from connectors.problems import Invalid
from destinations import services
from destinations.dialects.planet import listing, writing
from destinations.dialects.planet.reading import listed, shown
from destinations.dialects.planet.types import NATIVE
from destinations.dialects.planet.views.base import PlanetViewSet, require_writable
from tenants.models import Role
from tenants.permissions import require


class DestinationViewSet(PlanetViewSet):
    def list(self, request: Request) -> Response:
        """All of them: there are no pages."""
        return Response(listed(listing.asked(self.rows(), request.query_params), self.root))

    def create(self, request: Request) -> Response:
        """Nothing is saved unless the storage check passes, and nothing is checked that could not be saved."""
        require(self.principal, Role.EDITOR, self.tenant.pk)
        draft = writing.creation(self.body(), owner=self.principal.user)
        with spelling(str(draft.type)):
            services.validate(self.tenant, draft)
            proof = services.prove(self.tenant, draft)
            made = services.create(self.tenant, draft, proof=proof)
        return self.one(made, status=201)

    def retrieve(self, request: Request, ref: str) -> Response:
        return Response(shown(self.found(ref), self.root))

    def partial_update(self, request: Request, ref: str) -> Response:
        """All of it or nothing; the storage is checked before anything is saved."""
        body = self.body()
        row = self.found(ref)
        require_writable(row)
        asked = writing.change(body, row)
        with spelling(row.type):
            proof = services.prove(self.tenant, asked.draft, stored=self.found(ref)) if asked.proves else None
            with transaction.atomic():
                revision = row.revision if proof else None  # what was proved is what is changed
                changed = services.update(row, asked.draft, proof=proof, revision=revision, allow_archived=True)
                if asked.archive is not None:
                    (services.archive if asked.archive else services.restore)(changed)
        return self.one(row)


@contextmanager
def spelling(native: str) -> Iterator[None]:
    """Refusals of the services in Planet's words."""
    try:
        yield
    except Invalid as error:
        raise writing.spelled(error, NATIVE[native]) from None
