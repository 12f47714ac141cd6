"""What needs no credential: where tokens come from, and addresses that lead nowhere."""

from django.http import HttpResponse
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from destinations.dialects.base import DialectViewSet
from destinations.dialects.planet import tokens
from destinations.dialects.planet.failures import answer, not_found
from tenants import services
from tenants.models import ApiKey
from tenants.principals import Principal


class OpenViewSet(DialectViewSet):
    def enter(self, request: Request) -> Principal:
        return Principal()

    def refusal(self, error: Exception) -> HttpResponse:
        return answer(error)


class TokenViewSet(OpenViewSet):
    """An OAuth 2 server with one grant, client credentials (RFC 6749, 4.4): for profiles of the SDK that sign in.

    A client is an API key: its first twelve characters are the id, all of it is the secret.
    """

    def discover(self, request: Request) -> Response:
        return Response(
            {
                "issuer": self._url("planet-issuer"),
                "token_endpoint": self._url("planet-token"),
                "grant_types_supported": ["client_credentials"],
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
                "response_types_supported": ["token"],
                "subject_types_supported": ["public"],
            }
        )

    def create(self, request: Request) -> Response:
        form = self.form()
        if form.get("grant_type") != "client_credentials":
            return Response({"error": "unsupported_grant_type"}, status=400)
        key = _client(form)
        if key is None:
            return Response({"error": "invalid_client"}, status=401)
        token = tokens.issue(key, self._url("planet-issuer"))
        return Response({"access_token": token, "token_type": "Bearer", "expires_in": tokens.LIFETIME})

    def _url(self, name: str) -> str:
        return self.request.build_absolute_uri(reverse(name))


class NowhereViewSet(OpenViewSet):
    def nowhere(self, request: Request) -> Response:
        raise not_found()


def _client(form: dict[str, str]) -> ApiKey | None:
    key = services.find_key(form.get("client_secret", ""))
    return key if key is not None and key.prefix == form.get("client_id") else None
