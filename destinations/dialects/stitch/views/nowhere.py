"""Addresses that lead nowhere; nobody need say who they are to be told so."""

from django.http import HttpResponse
from rest_framework.request import Request

from destinations.dialects.base import DialectViewSet
from destinations.dialects.stitch.failures import NOWHERE, answer
from tenants.principals import Principal


class NowhereViewSet(DialectViewSet):
    def enter(self, request: Request) -> Principal:
        return Principal()

    def refusal(self, error: Exception) -> HttpResponse:
        return answer(error)

    def nowhere(self, request: Request) -> HttpResponse:
        raise NOWHERE
