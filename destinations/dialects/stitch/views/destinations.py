"""Destinations in version 4."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from destinations import services
from destinations.dialects.stitch import cards, checks, failures, writing
from destinations.dialects.stitch.declaring import Type
from destinations.dialects.stitch.failures import (
    LIST_QUERY,
    OTHER_TYPE,
    POST_BODY,
    PUT_BODY,
    BadProperties,
    Refused,
)
from destinations.dialects.stitch.reading import shown, type_of, values_of
from destinations.dialects.stitch.types import TYPES
from destinations.dialects.stitch.views.base import StitchViewSet
from destinations.dialects.stitch.views.saving import create, update
from destinations.exceptions import InvalidDestination
from destinations.models import Destination

SOURCE = "source"  # the kind of consumer that sources are
UNMAPPED = "ignore_unmapped_sources"
PLAIN = {"name": str, "description": str}
CREATION: dict[str, type] = {"type": str, "properties": dict, **PLAIN, UNMAPPED: bool}
CHANGE: dict[str, type] = {"type": str, "properties": dict, **PLAIN}
QUERY = {"source_id", "destination_id"}


class DestinationViewSet(StitchViewSet):
    def list(self, request: Request) -> Response:
        query = request.query_params
        if query.keys() - QUERY:
            raise Refused(LIST_QUERY)
        rows = self.rows()
        if "source_id" in query:
            rows = _of_source(rows, query["source_id"]) if _is_id(query["source_id"]) else rows.none()
        if "destination_id" in query:
            asked = query["destination_id"]
            rows = rows.filter(pk=int(asked)) if _is_id(asked) else rows.none()
        return Response([self._shown(row) for row in rows])

    def create(self, request: Request) -> Response:
        body = self._body(CREATION, {"type", "properties"}, POST_BODY)
        type_ = _writable(body["type"])
        self.permit_writing()
        try:
            takes_over = not body.get(UNMAPPED) and not self._has_default()
            plain = {**_plain(body), **({"is_default": True} if takes_over else {})}
            made = create(self.account, writing.creation(type_, type_.properties, body["properties"], **plain))
        except (BadProperties, InvalidDestination) as error:
            raise _refused(error, type_, cards.blank(type_)) from None
        return Response(self._shown(self.rows().get(pk=made.pk)))

    def replace(self, request: Request, **_kwargs: Any) -> Response:
        body = self._body(CHANGE, {"properties"}, PUT_BODY)
        with transaction.atomic():
            stored = self.found(self.rows())
            self._change(stored, body)
        return Response(self._shown(self.rows().get(pk=stored.pk)))

    def _change(self, stored: Destination, body: dict[str, Any]) -> None:
        """Raises `Refused`."""
        type_ = type_of(stored)
        if body.get("type") not in (None, type_.key):
            raise Refused(OTHER_TYPE)
        _writable(type_.key)
        self.permit_writing()
        try:
            update(stored, writing.change(type_, type_.properties, body["properties"], stored, **_plain(body)))
        except (BadProperties, InvalidDestination) as error:
            card = cards.of_row(type_, values_of(stored), stored.state.last_check)
            raise _refused(error, type_, card) from None

    def destroy(self, request: Request, **_kwargs: Any) -> Response:
        asked = self.kwargs["destination"]
        row = self.rows().filter(pk=asked).first()
        if row is None:
            raise Refused(f"Unable to locate dest ({asked}) for client ({self.account_id}) to delete")
        self.permit_writing()
        services.delete(row, force=True)  # whatever sends there is without a destination then
        return Response({})

    def last_check(self, request: Request, **_kwargs: Any) -> Response:
        row = self.rows().filter(pk=self.kwargs["destination"]).first()
        check = row and checks.newest_of(row)
        if not row or not check:
            raise Http404
        return Response(checks.shown(check, row))

    def _shown(self, row: Destination) -> dict[str, Any]:
        return shown(row, row.newest_check)  # type: ignore[attr-defined]  # annotated by `rows`

    def _body(self, known: dict[str, type], needed: set[str], refusal: str) -> dict[str, Any]:
        """Raises `Refused`. A name of null is none, a description of null an empty one."""
        body = {key: value for key, value in self.sent(refusal).items() if key != "name" or value is not None}
        if body.get("description", "") is None:
            body["description"] = ""
        if not needed <= body.keys() <= known.keys():
            raise Refused(refusal)
        if not all(isinstance(value, known[key]) for key, value in body.items()) or body.get("name") == "":
            raise Refused(refusal)
        return body

    def _has_default(self) -> bool:
        return Destination.objects.filter(tenant=self.account, is_default=True).exists()


def _of_source(rows: QuerySet[Destination], source: str) -> QuerySet[Destination]:
    """Where a source sends to: what it uses, or else the default of its account."""
    mapped = rows.filter(consumers__kind=SOURCE, consumers__name=source)
    return mapped if mapped.exists() else rows.filter(is_default=True)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _writable(key: str) -> Type:
    """Raises `Refused` for a type that is not to be written through this API."""
    type_ = TYPES.get(key)
    if type_ is None:
        raise failures.named("InvalidType", f"There is no such type. The types are {', '.join(TYPES)}.")
    if not type_.access:
        raise failures.named("AccessDenied", f"Destinations of the type {key} cannot be written through this API.")
    return type_


def _plain(body: dict[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in PLAIN if name in body}


def _refused(error: Exception, type_: Type, card: cards.Card) -> Exception:
    named = writing.refused(error, type_) if isinstance(error, InvalidDestination) else error
    return failures.invalid(named, card) if isinstance(named, BadProperties) else named
