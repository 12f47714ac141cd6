"""Accounts, and the sessions in which their people see them."""

from django.http import HttpResponse
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from destinations.dialects.base import DialectViewSet
from destinations.dialects.stitch import accounts, sessions
from destinations.dialects.stitch.access import account_id
from destinations.dialects.stitch.failures import answer
from destinations.dialects.stitch.views.base import StitchViewSet
from tenants.principals import Principal


class AccountViewSet(DialectViewSet):
    """Who calls says so in the body."""

    def enter(self, request: Request) -> Principal:
        return Principal()

    def refusal(self, error: Exception) -> HttpResponse:
        return answer(error)

    def create(self, request: Request) -> Response:
        try:
            body = self.body()
        except ParseError:
            raise accounts.bad_request() from None
        tenant, token = accounts.open_account(body if isinstance(body, dict) else {})
        return Response({"access_token": token, "stitch_account_id": account_id(tenant.pk)})


class EphemeralViewSet(StitchViewSet):
    def create(self, request: Request) -> Response:
        """Whoever opens the session may change destinations, and so must who asks for it."""
        self.permit_writing()
        return Response({"ephemeral_token": sessions.issue(self.account.pk)})
