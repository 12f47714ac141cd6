"""What needs no access token: getting one, and addresses that lead nowhere."""

from typing import Any

from django.http import Http404, HttpResponse, JsonResponse
from rest_framework.request import Request

from destinations.dialects.redox import tokens
from destinations.dialects.redox.failures import spelled
from destinations.dialects.redox.views.base import RedoxViewSet
from tenants import key_pairs
from tenants.principals import Principal

# What clients name that are not told otherwise.
VENDOR = ("https://api.redoxengine.com/v2/auth/token", "https://api.ca.redoxengine.com/v2/auth/token")
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class OpenViewSet(RedoxViewSet):
    def enter(self, request: Request) -> Principal:
        return Principal()


class TokenViewSet(OpenViewSet):
    def refusal(self, error: Exception) -> HttpResponse:
        status, message = spelled(error)
        return _refusal(status, "invalid_request" if status < 500 else "server_error", message)

    def create(self, request: Request) -> HttpResponse:
        """An access token for a signed assertion (RFC 6749 and 7523)."""
        form = self.form()
        if form.get("grant_type") != "client_credentials":
            return _refusal(400, "unsupported_grant_type", "grant_type must be client_credentials.")
        if form.get("client_assertion_type") != ASSERTION or not form.get("client_assertion"):
            return _refusal(400, "invalid_request", f"Send a client_assertion of the type {ASSERTION}.")
        audiences = (request.build_absolute_uri(request.path), *VENDOR)
        try:
            pair = key_pairs.caller_of(form["client_assertion"], audiences)
        except key_pairs.Unacceptable:
            return _refusal(401, "invalid_client", "The assertion does not prove who calls.")
        token = tokens.issue(pair.user)
        return _json({"access_token": token, "token_type": "Bearer", "expires_in": tokens.LIFETIME})


class NowhereViewSet(OpenViewSet):
    def nowhere(self, request: Request) -> HttpResponse:
        raise Http404


def _refusal(status: int, error: str, description: str) -> HttpResponse:
    return _json({"error": error, "error_description": description}, status)


def _json(body: dict[str, Any], status: int = 200) -> HttpResponse:
    return JsonResponse(body, status=status, headers={"Pragma": "no-cache"})
