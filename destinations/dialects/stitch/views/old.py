"""Destinations in version 3: one of each account."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from destinations.dialects.stitch import writing
from destinations.dialects.stitch.declaring import Type
from destinations.dialects.stitch.failures import OLD_BODY, OTHER_TYPE, BadProperties, Refused
from destinations.dialects.stitch.reading import FLAGS, MASK, NUMBERS, shown_old, type_of
from destinations.dialects.stitch.types import BY_NATIVE, OLD_TYPES
from destinations.dialects.stitch.views.base import StitchViewSet
from destinations.dialects.stitch.views.saving import create, update
from destinations.exceptions import InvalidDestination
from destinations.models import Destination


class OldDestinationViewSet(StitchViewSet):
    def rows(self) -> QuerySet[Destination]:
        return super().rows().filter(type__in=[native for native, type_ in BY_NATIVE.items() if type_.old])

    def list(self, request: Request) -> Response:
        """Clients expect one at most: the oldest."""
        return Response([shown_old(row) for row in self.rows()[:1]])

    def create(self, request: Request) -> Response:
        type_, connection = self._body()
        self.permit_writing()
        try:
            draft = writing.creation(type_, type_.old_properties, connection)
            made = create(self.account, draft)
        except (BadProperties, InvalidDestination) as error:
            raise _refused(error, type_) from None
        return Response(shown_old(self.rows().get(pk=made.pk)))

    def replace(self, request: Request, **_kwargs: Any) -> Response:
        type_, connection = self._body()
        stored = self.found(self.rows())
        asked, type_ = type_, type_of(stored)
        if asked.key != type_.key:
            raise Refused(OTHER_TYPE)
        self.permit_writing()
        masks = {name for name in type_.secrets if connection.get(name) == MASK}
        sent = {name: value for name, value in connection.items() if name not in masks}
        try:
            update(stored, writing.change(type_, type_.old_properties, sent, stored))
        except (BadProperties, InvalidDestination) as error:
            raise _refused(error, type_) from None
        return Response(shown_old(self.rows().get(pk=stored.pk)))

    def _body(self) -> tuple[Type, dict[str, Any]]:
        """Raises `Refused`."""
        body = self.sent(OLD_BODY)
        type_, connection = body.get("type"), body.get("connection")
        known = isinstance(type_, str) and type_ in OLD_TYPES
        if body.keys() != {"type", "connection"} or not known or not isinstance(connection, dict):
            raise Refused(OLD_BODY)
        if not all(_is_typed(name, value) for name, value in connection.items()):
            raise Refused(OLD_BODY)
        return OLD_TYPES[str(type_)], connection


def _is_typed(name: str, value: Any) -> bool:
    """Unlike version 4, this one has numbers and flags."""
    wanted = int if name in NUMBERS else bool if name in FLAGS else str
    return type(value) is wanted


def _refused(error: Exception, type_: Type) -> Exception:
    """There is one text for all that can be wrong with a connection, except for what Stitch itself lets pass."""
    named = writing.refused(error, type_) if isinstance(error, InvalidDestination) else error
    if not isinstance(named, BadProperties):
        return named
    lets_pass = isinstance(error, InvalidDestination) and {fault.code for fault in error.problems} == {"reenter"}
    reasons = (f"{name}: {reason}" for name, reason in named.reasons.items())
    return Refused(" ".join(reasons) if lets_pass else OLD_BODY)
