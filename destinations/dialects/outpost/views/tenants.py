"""Tenants: made, read, removed, and let in."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db import transaction
from django.shortcuts import get_object_or_404
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from connectors.signing import rfc3339
from destinations import services
from destinations.dialects.outpost import bodies, tokens
from destinations.dialects.outpost.failures import invalid, item
from destinations.dialects.outpost.listing import TENANTS, Page, wanted
from destinations.dialects.outpost.reading import texts
from destinations.dialects.outpost.types import TYPES
from destinations.dialects.outpost.views.base import OutpostViewSet
from destinations.models import ALL_TOPICS, Destination
from destinations.parsing import loads
from tenants import services as tenants
from tenants.models import Role, Tenant
from tenants.permissions import visible_tenants

THEMES = ("light", "dark")


class TenantViewSet(OutpostViewSet):
    admin_actions = frozenset({"token", "portal"})
    makers = frozenset({"upsert"})

    def list(self, request: Request) -> Response:
        page = Page.asked(request.query_params, TENANTS)
        rows = visible_tenants(self.principal)
        if ids := wanted(request.query_params, "id"):
            rows = rows.filter(pk__in=ids)
        on_page, pagination = page.of(rows)
        models = shown(on_page)
        older = {"data": models, "next": pagination["next"] or "", "prev": pagination["prev"] or ""}
        return Response({"models": models, "pagination": pagination, "count": rows.count(), **older})

    def retrieve(self, request: Request, **_kwargs: Any) -> Response:
        return Response(shown([self.tenant])[0])

    def upsert(self, request: Request, **_kwargs: Any) -> Response:
        """A body is optional, and without one the metadata is gone: a PUT says the whole."""
        metadata = self._metadata()
        self.permit(Role.ADMIN)
        id_ = str(self.tenant_id)
        if self.found is None and (made := _made(id_, metadata)):
            return Response(shown([made])[0], status=201)
        tenant = tenants.update_tenant(self.found or get_object_or_404(Tenant, pk=id_), metadata=metadata)
        return Response(shown([tenant])[0])

    def destroy(self, request: Request, **_kwargs: Any) -> Response:
        self.permit(Role.ADMIN)
        services.delete_tenant(self.tenant)
        return Response({"success": True})

    def token(self, request: Request, **_kwargs: Any) -> Response:
        self.permit(Role.ADMIN)
        return Response({"token": tokens.issue(self.tenant), "tenant_id": self.tenant.pk})

    def portal(self, request: Request, **_kwargs: Any) -> Response:
        """Where the tenant's own people see and change their destinations. A theme that is none is dropped."""
        self.permit(Role.ADMIN)
        theme = request.query_params.get("theme")
        query = {"token": tokens.issue(self.tenant)} | ({"theme": theme} if theme in THEMES else {})
        url = f"{request.build_absolute_uri(reverse('outpost-portal'))}?{urlencode(query)}"
        return Response({"redirect_url": url, "tenant_id": self.tenant.pk})

    def _metadata(self) -> dict[str, str]:
        raw = self.raw()
        body = bodies.well_formed(loads(raw)) if raw else {}
        return bodies.entered(body.get("metadata"))


def shown(tenants: Sequence[Tenant]) -> list[dict[str, Any]]:
    """With what their destinations add up to, in one query for all of them."""
    topics: dict[str, list[list[str]]] = defaultdict(list)
    rows = Destination.objects.live().filter(tenant__in=tenants, type__in=TYPES)
    for tenant, type_, config, names in rows.values_list("tenant_id", "type", "config", "topics"):
        if TYPES[type_].fits(config):
            topics[tenant].append(names)
    return [_shown(tenant, topics[tenant.pk]) for tenant in tenants]


def _shown(tenant: Tenant, topics: list[list[str]]) -> dict[str, Any]:
    names = sorted({name for given in topics for name in given})
    body = {
        "id": tenant.pk,
        "destinations_count": len(topics),
        "topics": ALL_TOPICS if "*" in names else names,
        "created_at": rfc3339(tenant.created),
        "updated_at": rfc3339(tenant.updated),
    }
    return body | ({"metadata": texts(tenant.metadata)} if tenant.metadata else {})


def _made(id_: str, metadata: dict[str, str]) -> Tenant | None:
    """None when somebody else has just made it."""
    try:
        with transaction.atomic():
            return tenants.create_tenant(id_=id_, name=id_, metadata=metadata)
    except ValidationError as error:
        if Tenant.objects.filter(pk=id_).exists():
            return None
        raise invalid([item(name, "pattern") for name in error.message_dict]) from None
