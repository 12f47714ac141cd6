"""The way in for a tenant's own people: a link with a token, which an application hands them."""

import time
from typing import Any

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views import View

from destinations.dialects.outpost import tokens
from tenants import services
from tenants.models import Tenant


class PortalView(View):
    """Opening the link changes nothing; who goes on from there is signed in, in that tenant alone, until the token
    ends."""

    def get(self, request: HttpRequest) -> HttpResponse:
        token = request.GET.get("token", "")
        tenant = _tenant(token)
        return self._page(request, tenant=tenant, token=token)

    def post(self, request: HttpRequest) -> HttpResponse:
        token = request.POST.get("token", "")
        tenant = _tenant(token)
        if tenant is None:
            return self._page(request, tenant=None)
        login(request, services.guest_of(tenant), backend="django.contrib.auth.backends.ModelBackend")
        request.session.set_expiry(max(1, tokens.expiry_of(token) - int(time.time())))
        return HttpResponseRedirect(reverse("admin:destinations_destination_changelist"))

    def _page(self, request: HttpRequest, **context: Any) -> HttpResponse:
        theme = request.GET.get("theme")
        context["theme"] = theme if theme in ("light", "dark") else ""
        response = render(request, "landfall/portal.html", context, status=200 if context["tenant"] else 401)
        # The address holds the token; without any referrer a browser would not say either where the form comes from.
        response["Referrer-Policy"] = "same-origin"
        response["Cache-Control"] = "no-store"
        return response


def _tenant(token: str) -> Tenant | None:
    id_ = tokens.tenant_of(token) if token else None
    return Tenant.objects.filter(pk=id_).first() if id_ else None
