"""Tokens that open the admin for an hour, to whoever an application hands one."""

from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from destinations.dialects import portal
from destinations.dialects.stitch.failures import NOWHERE, answer
from tenants.models import Tenant

LIFETIME = 3600  # seconds
_SALT = "stitch ephemeral token"


def issue(tenant: Tenant) -> str:
    return signing.dumps([tenant.pk, tenant.life], salt=_SALT)


class SessionView(portal.PortalView):
    good_for = "an hour"
    parameter = "ephemeral_token"

    def let_in(self, token: str) -> tuple[Tenant, int] | None:
        try:
            id_, life = signing.loads(token, salt=_SALT, max_age=LIFETIME)
        except (signing.BadSignature, ValueError):
            return None
        tenant = Tenant.objects.filter(pk=id_).first()
        return (tenant, settings.SESSION_COOKIE_AGE) if tenant and tenant.life == life else None

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return answer(NOWHERE)
