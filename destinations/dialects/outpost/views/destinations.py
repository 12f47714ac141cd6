"""Destinations of a tenant."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from connectors.running import Report
from destinations import services, topics
from destinations.dialects.outpost import patching, writing
from destinations.dialects.outpost.failures import DESTINATION_NOT_FOUND, Refused, invalid, item
from destinations.dialects.outpost.listing import wanted
from destinations.dialects.outpost.reading import shown
from destinations.dialects.outpost.types import TYPES, Type
from destinations.dialects.outpost.views.base import OutpostViewSet
from destinations.exceptions import InvalidDestination, Unproven
from destinations.models import ALL_TOPICS, Destination
from tenants.models import Role


class DestinationViewSet(OutpostViewSet):
    def rows(self) -> QuerySet[Destination]:
        """What the tenant has that Outpost has words for and this client can read, with what is shown of it."""
        known = TYPES.keys() & set(self.client.types)
        rows = Destination.objects.visible_to(self.principal).live().filter(tenant=self.tenant, type__in=known)
        return rows.select_related("state__last_check")

    def list(self, request: Request, **_kwargs: Any) -> Response:
        """All of them, oldest first: there are no pages."""
        rows = self.rows().order_by("created", "id")
        if types := wanted(request.query_params, "type"):
            rows = rows.filter(type__in=types)
        asked = wanted(request.query_params, "topics")
        return Response(
            [shown(row, self.principal) for row in rows if TYPES[row.type].fits(row.config) and _receives(row, asked)]
        )

    def create(self, request: Request, **_kwargs: Any) -> Response:
        asked = writing.creation(self.body(), is_admin=self.caller.is_admin, scheme=settings.OUTPOST_SIGNATURE)
        self.permit(Role.EDITOR)
        with spelling(asked.type):
            proof = self._proven(asked) if _needs_proof(asked) else None
            made = services.create(self.tenant, asked.draft, check=True, proof=proof)
        return self._answer(made, status=201)

    def retrieve(self, request: Request, **_kwargs: Any) -> Response:
        return Response(shown(self._found(), self.principal))

    def partial_update(self, request: Request, **_kwargs: Any) -> Response:
        body = self.body()
        with transaction.atomic():
            stored = self._found(hold=True)
            asked = patching.change(body, stored, is_admin=self.caller.is_admin)
            self.permit(Role.EDITOR)
            changed = None if _needs_proof(asked) else _saved(stored, asked)
        return self._answer(changed or self._saved_with_proof(stored, asked))

    def destroy(self, request: Request, **_kwargs: Any) -> Response:
        stored = self._found()
        self.permit(Role.EDITOR)
        services.delete(stored, force=True)
        return Response({"success": True})

    def enable(self, request: Request, **_kwargs: Any) -> Response:
        stored = self._found()
        self.permit(Role.EDITOR)
        return self._answer(services.enable(stored))

    def disable(self, request: Request, **_kwargs: Any) -> Response:
        stored = self._found()
        self.permit(Role.EDITOR)
        return self._answer(services.disable(stored))

    def _found(self, *, hold: bool = False) -> Destination:
        """The row of the path, kept from others until the transaction ends if asked to. Raises `Refused`."""
        rows = self.rows().select_for_update(of=("self",)) if hold else self.rows()
        row = rows.filter(uid=self.kwargs["destination"]).first()
        if row is None or not TYPES[row.type].fits(row.config):
            raise Refused(*DESTINATION_NOT_FOUND)
        return row

    def _saved_with_proof(self, stored: Destination, asked: writing.Request) -> Destination:
        """The proof takes a while, and nothing is held meanwhile: it is of the row as it was. Raises `Refused`."""
        with spelling(asked.type):
            proof = self._proven(asked, stored)
            return services.update(stored, asked.draft, proof=proof, revision=stored.revision)

    def _proven(self, asked: writing.Request, stored: Destination | None = None) -> Report:
        """What a check found. Raises `Refused`."""
        try:
            return services.prove(self.tenant, asked.draft, stored=stored)
        except Unproven:
            raise invalid([item("credentials.token", "token_verification_failed")]) from None

    def _answer(self, written: Destination, status: int = 200) -> Response:
        row = self.rows().get(pk=written.pk) if written.type in self.client.types else written
        return Response(shown(row, self.principal), status=status)


@contextmanager
def spelling(type_: Type) -> Iterator[None]:
    """Refusals of the services in Outpost's words."""
    try:
        yield
    except InvalidDestination as error:
        raise writing.refused(error, type_) from None


def _needs_proof(asked: writing.Request) -> bool:
    """Whether it is of a type that is not to be saved unproven."""
    return asked.proves and settings.OUTPOST_VERIFY_HOOKDECK


def _saved(stored: Destination, asked: writing.Request) -> Destination:
    """Raises `Refused`."""
    with spelling(asked.type):
        changed = services.update(stored, asked.draft, check=True)
        return services.rotate_secret(changed, until=asked.secrets.until) if asked.secrets.rotate else changed


def _receives(row: Destination, asked: Iterable[str]) -> bool:
    """Whether it gets all of the topics asked for. `*` alone asks for those that get everything."""
    names = list(asked)
    if names == ALL_TOPICS:
        return bool(row.topics == ALL_TOPICS)
    return all(name in ("", "*") or topics.receives(row.topics, name) for name in names)
