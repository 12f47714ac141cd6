"""Tokens that open the admin for an hour, to whoever an application hands one."""

from typing import Any, cast

from django.core import signing
from django.http import HttpRequest, HttpResponse

from destinations.dialects import portal
from destinations.dialects.stitch.failures import NOWHERE, answer

LIFETIME = 3600  # seconds
SESSION = 12 * 3600
_SALT = "stitch ephemeral token"


def issue(tenant: str) -> str:
    return signing.dumps(tenant, salt=_SALT)


class SessionView(portal.PortalView):
    good_for = "an hour"
    parameter = "ephemeral_token"

    def tenant_id(self, token: str) -> str | None:
        try:
            return cast(str, signing.loads(token, salt=_SALT, max_age=LIFETIME))
        except signing.BadSignature:
            return None

    def lasts(self, token: str) -> int:
        return SESSION

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return answer(NOWHERE)
