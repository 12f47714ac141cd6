"""The audit trail: of everything the caller is admin of, and of one destination for whoever may read it."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from destinations.api import outputs
from destinations.api.base import ApiViewSet
from destinations.api.filters import AuditFilter, EveryAuditFilter
from destinations.models import Destination
from tenants.permissions import auditable, sees_addresses
from tenants.trail import AuditEvent


class AuditViewSet(ApiViewSet):
    shape = outputs.AuditEntry()
    filterset_class = EveryAuditFilter
    sorts = ("at",)

    def get_queryset(self) -> QuerySet[AuditEvent]:
        return auditable(self.principal)

    @extend_schema(responses=outputs.AuditEntry(many=True))
    def list(self, request: Request, **_kwargs: Any) -> Response:
        """Every change of the tenants you are admin of: who, from where, what and when. An admin of the installation
        also sees those of the installation, sign-ins among them. Entries are never changed or removed."""
        return self.page()


class DestinationAuditViewSet(ApiViewSet):
    shape = outputs.AuditEntry()
    filterset_class = AuditFilter
    sorts = ("at",)

    def get_queryset(self) -> QuerySet[AuditEvent]:
        return AuditEvent.objects.about(self.destination)

    @extend_schema(responses=outputs.AuditEntry(many=True))
    def list(self, request: Request, **kwargs: Any) -> Response:
        """Every change of this destination. `address` is null for whoever is not admin of its tenant."""
        rows = Destination.objects.visible_to(self.principal).only("uuid", "tenant")
        self.destination: Destination = get_object_or_404(rows, **kwargs)
        response = self.page()
        if not sees_addresses(self.principal, self.destination.tenant_id):
            for entry in response.data["items"]:
                entry["address"] = None
        return response
