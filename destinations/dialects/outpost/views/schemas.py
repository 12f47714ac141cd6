"""What types there are and what forms for them hold, and the topics."""

from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from destinations.dialects.outpost.failures import TYPE_NOT_FOUND, Refused
from destinations.dialects.outpost.schemas import schema
from destinations.dialects.outpost.types import TYPES, Type
from destinations.dialects.outpost.views.base import OutpostViewSet


class TypeViewSet(OutpostViewSet):
    def list(self, request: Request, **_kwargs: Any) -> Response:
        return Response([schema(type_, self.client) for type_ in TYPES.values() if self._knows(type_)])

    def retrieve(self, request: Request, **_kwargs: Any) -> Response:
        type_ = TYPES.get(self.kwargs["type"])
        if type_ is None or not self._knows(type_):
            raise Refused(*TYPE_NOT_FOUND)
        return Response(schema(type_, self.client))

    def _knows(self, type_: Type) -> bool:
        return type_.name in self.client.types


class TopicViewSet(OutpostViewSet):
    def list(self, request: Request, **_kwargs: Any) -> Response:
        return Response(settings.TOPICS)
