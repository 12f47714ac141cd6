"""The way in for a tenant's own people: a link with a token, which an application hands them."""

from abc import ABC, abstractmethod
from typing import ClassVar

from django.contrib.auth import login
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
    def tenant_id(self, token: str) -> str | None:
        """Whom a token lets in; None for one that is expired, forged or none at all."""

    @abstractmethod
    def lasts(self, token: str) -> int:
        """Seconds that a session lasts which this good token opens."""

    def get(self, request: HttpRequest) -> HttpResponse:
        token = request.GET.get(self.parameter, "")
        return self._page(request, self._tenant(token), token)

    def post(self, request: HttpRequest) -> HttpResponse:
        token = request.POST.get("token", "")
        tenant = self._tenant(token)
        if tenant is None:
            return self._page(request, None, "")
        with audit.acting_as(Principal(name=f"link of {tenant.pk}")):
            guest = services.guest_of(tenant)
        login(request, guest, backend="django.contrib.auth.backends.ModelBackend")
        request.session.set_expiry(self.lasts(token))
        return HttpResponseRedirect(reverse("admin:destinations_destination_changelist"))

    def _tenant(self, token: str) -> Tenant | None:
        id_ = self.tenant_id(token) if token else None
        return Tenant.objects.filter(pk=id_).first() if id_ else None

    def _page(self, request: HttpRequest, tenant: Tenant | None, token: str) -> HttpResponse:
        theme = request.GET.get("theme")
        context = {"tenant": tenant, "token": token, "good_for": self.good_for}
        context["theme"] = theme if theme in ("light", "dark") else ""
        response = render(request, "landfall/portal.html", context, status=200 if tenant else 401)
        # The address holds the token; without any referrer a browser would not say either where the form comes from.
        response["Referrer-Policy"] = "same-origin"
        response["Cache-Control"] = "no-store"
        return response
