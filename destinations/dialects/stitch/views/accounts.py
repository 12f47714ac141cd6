"""Accounts, and the sessions in which their people see them."""

from typing import Any
from urllib.parse import parse_qsl

from django.http import HttpResponse
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from destinations.dialects.base import DialectViewSet
from destinations.dialects.stitch import accounts, sessions
from destinations.dialects.stitch.access import account_id
from destinations.dialects.stitch.failures import Refused, answer
from destinations.dialects.stitch.views.base import StitchViewSet
from tenants import partners
from tenants.limits import count_failed, count_request
from tenants.origin import address
from tenants.principals import Principal

MOST_FIELDS = 20


class PartnerViewSet(DialectViewSet):
    """Who calls says so in the body."""

    def enter(self, request: Request) -> Principal:
        return Principal()

    def refusal(self, error: Exception) -> HttpResponse:
        return answer(error)


class AccountViewSet(PartnerViewSet):
    def create(self, request: Request) -> Response:
        try:
            body = self.body()
        except ParseError:
            raise accounts.bad_request() from None
        form = body if isinstance(body, dict) else {}
        tenant, token = accounts.open_account(self._partner(form), form)
        return Response({"access_token": token, "stitch_account_id": account_id(tenant.pk)})

    def _partner(self, form: dict[str, Any]) -> Principal:
        partner = accounts.partner_of(form)
        if partner is None:
            count_failed(address(self.request))
            raise accounts.bad_request()
        count_request(partner)
        return partner


class TokenViewSet(PartnerViewSet):
    """The other half of the page of consent: a token for a code (RFC 6749, 4.1.3)."""

    def create(self, request: Request) -> Response:
        form = self._form()
        if form.get("grant_type") != "authorization_code":
            raise _oauth("unsupported_grant_type", "grant_type must be authorization_code.")
        partner = partners.find(form.get("client_secret", ""), form.get("client_id"))
        if partner is None:
            raise _oauth("invalid_client", "client_secret is of no registered partner, or client_id of another.", 401)
        count_request(partners.principal_of(partner))
        try:
            tenant, token = partners.redeem(partner, form.get("code", ""), form.get("redirect_uri"))
        except partners.NoConsent:
            raise _oauth("invalid_grant", "The code is unknown, used, too old or not for this partner.") from None
        return Response({"token_type": "bearer", "access_token": token, "stitch_account_id": account_id(tenant.pk)})

    def _form(self) -> dict[str, str]:
        """Raises `Refused`."""
        try:
            pairs = parse_qsl(self.raw().decode(), max_num_fields=MOST_FIELDS)
        except ValueError:
            raise _oauth("invalid_request", "Send a form, in UTF-8.") from None
        if len(pairs) > len(dict(pairs)):
            raise _oauth("invalid_request", "Send each field once.")
        return dict(pairs)


def _oauth(error: str, description: str, status: int = 400) -> Refused:
    return Refused({"error": error, "error_description": description}, status)


class EphemeralViewSet(StitchViewSet):
    def create(self, request: Request) -> Response:
        """Whoever opens the session may change destinations, and so must who asks for it."""
        self.permit_writing()
        return Response({"ephemeral_token": sessions.issue(self.account)})
