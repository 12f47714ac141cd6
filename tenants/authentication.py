"""How an API learns who calls: an API key in the header, or a person signed in to the admin."""

from typing import Any

from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from tenants import services
from tenants.models import ApiKey
from tenants.principals import Principal, of_key, of_user


class KeyAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer <key>`. Another scheme is left to whoever understands it."""

    def authenticate(self, request: Request) -> tuple[Principal, ApiKey] | None:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        key = services.find_key(secret.strip())
        if key is None:
            raise AuthenticationFailed("This API key is unknown, expired or revoked.")
        return of_key(key), key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="landfall"'


class SessionAuthentication(authentication.SessionAuthentication):
    """The admin's own session cookie; whatever changes something needs the CSRF token too."""

    def authenticate(self, request: Request) -> tuple[Principal, None] | None:
        signed_in: tuple[Any, None] | None = super().authenticate(request)
        return signed_in and (of_user(signed_in[0]), None)
