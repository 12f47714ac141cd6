"""The way in for a tenant's own people: a link with a token, which an application hands them."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views import View

from tenants import audit, services
from tenants.models import Tenant
from tenants.principals import Principal


class PortalView(View, ABC):
    """Opening the link changes nothing; who goes on from there is signed in, in that tenant alone.

    `good_for` says how long a link is, `parameter` is the name of its token.
    """

    good_for: ClassVar[str]
    parameter: ClassVar[str] = "token"

    @abstractmethod
    def let_in(self, token: str) -> tuple[Tenant, int] | None:
        """Where a token leads, and for how many more seconds; None for one that is expired, forged, of a tenant that
        had the id before, or none at all."""

    def get(self, request: HttpRequest) -> HttpResponse:
        token = request.GET.get(self.parameter, "")
        known = self.let_in(token)
        return self._page(request, known and known[0], token)

    def post(self, request: HttpRequest) -> HttpResponse:
        known = self.let_in(request.POST.get("token", ""))
        guest = known and _guest_of(known[0])
        if not known or not guest:
            return self._page(request, None, "")
        login(request, guest, backend="django.contrib.auth.backends.ModelBackend")
        request.session.set_expiry(min(known[1], settings.SESSION_COOKIE_AGE))
        return HttpResponseRedirect(reverse("admin:destinations_destination_changelist"))

    def _page(self, request: HttpRequest, tenant: Tenant | None, token: str) -> HttpResponse:
        theme = request.GET.get("theme")
        context = {"tenant": tenant, "token": token, "good_for": self.good_for}
        context["theme"] = theme if theme in ("light", "dark") else ""
        return page(request, "landfall/portal.html", context, 200 if tenant else 401)


def _guest_of(tenant: Tenant) -> User | None:
    """None when the tenant has gone meanwhile."""
    with audit.acting_as(Principal(name=f"link of {tenant.pk}")):
        try:
            return services.guest_of(tenant)
        except Tenant.DoesNotExist:
            return None


def page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """A page for one person, whose address tells what no other site should learn."""
    response = render(request, template, context, status=status)
    # Without any referrer a browser would not say either where the form comes from.
    response["Referrer-Policy"] = "same-origin"
    response["Cache-Control"] = "no-store"
    return response
