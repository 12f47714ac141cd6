"""The way into every resource."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from destinations.dialects.base import DialectViewSet
from destinations.dialects.redox import bodies
from destinations.dialects.redox.access import caller_of
from destinations.dialects.redox.failures import answer, envelope
from destinations.parsing import loads
from tenants.principals import Principal


class RedoxViewSet(DialectViewSet):
    def enter(self, request: Request) -> Principal:
        return caller_of(request.headers.get("Authorization"))

    def refusal(self, error: Exception) -> HttpResponse:
        return answer(error)

    def given(self, *, optional: bool = False) -> dict[str, Any]:
        """The JSON object of the body. Raises `Refused` or ParseError."""
        raw = self.raw()
        return bodies.well_formed(loads(raw) if raw or not optional else {})

    def told(self, payload: Mapping[str, Any], **meta: Any) -> Response:
        return Response(envelope(payload, **meta))
