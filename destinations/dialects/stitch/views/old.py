"""Destinations in version 3: one of each account."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from destinations.dialects.stitch import writing
from destinations.dialects.stitch.declaring import Type
from destinations.dialects.stitch.failures import OLD_BODY, OTHER_TYPE, BadProperties, Refused
from destinations.dialects.stitch.reading import MASK, shown_old, type_of
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
        key, connection = self._body()
        if key not in OLD_TYPES:
            raise Refused(OLD_BODY)
        type_ = OLD_TYPES[key]
        _judge_typing(type_, connection)
        self.permit_writing()
        try:
            made = create(self.account, writing.creation(type_, type_.old_properties, connection))
        except (BadProperties, InvalidDestination) as error:
            raise _refused(error, type_) from None
        return Response(shown_old(self.rows().get(pk=made.pk)))

    def replace(self, request: Request, **_kwargs: Any) -> Response:
        key, connection = self._body()
        with transaction.atomic():
            stored = self.found(self.rows())
            self._change(stored, key, connection)
        return Response(shown_old(self.rows().get(pk=stored.pk)))

    def _change(self, stored: Destination, key: str, connection: dict[str, Any]) -> None:
        """Raises `Refused`."""
        type_ = type_of(stored)
        if key != type_.key:
            raise Refused(OTHER_TYPE)
        _judge_typing(type_, connection)
        self.permit_writing()
        masks = {name for name in type_.secrets if connection.get(name) == MASK}
        sent = {name: value for name, value in connection.items() if name not in masks}
        try:
            update(stored, writing.change(type_, type_.old_properties, sent, stored))
        except (BadProperties, InvalidDestination) as error:
            raise _refused(error, type_) from None

    def _body(self) -> tuple[str, dict[str, Any]]:
        """The key of a type, which may be none of ours, and a connection. Raises `Refused`."""
        body = self.sent(OLD_BODY)
        key, connection = body.get("type"), body.get("connection")
        if body.keys() != {"type", "connection"} or not isinstance(key, str) or not isinstance(connection, dict):
            raise Refused(OLD_BODY)
        return key, connection


def _judge_typing(type_: Type, connection: dict[str, Any]) -> None:
    """Unlike version 4, this one has numbers and flags, and takes no texts for them. Raises `Refused`."""
    known = type_.old_properties
    if any(name not in known or type(value) is not known[name].plain for name, value in connection.items()):
        raise Refused(OLD_BODY)


def _refused(error: Exception, type_: Type) -> Exception:
    """There is one text for all that can be wrong with a connection, except for what Stitch itself lets pass."""
    named = writing.refused(error, type_) if isinstance(error, InvalidDestination) else error
    if not isinstance(named, BadProperties):
        return named
    lets_pass = isinstance(error, InvalidDestination) and {fault.code for fault in error.problems} == {"reenter"}
    reasons = (f"{name}: {reason}" for name, reason in named.reasons.items())
    return Refused(" ".join(reasons) if lets_pass else OLD_BODY)
