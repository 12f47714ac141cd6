"""Consumers: whatever uses a destination says so here, and keeps it from being deleted by accident."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from destinations import services
from destinations.api import inputs, outputs
from destinations.api.base import ApiViewSet
from destinations.models import Consumer, Destination
from tenants.models import Role
from tenants.permissions import require


class ConsumerViewSet(ApiViewSet):
    shape = outputs.Consumer()
    sorts = ("last_seen", "kind", "name")
    lookup_field = "name"

    def get_queryset(self) -> QuerySet[Consumer]:
        return Consumer.objects.filter(destination=self.destination())

    def found(self, rows: QuerySet[Consumer]) -> QuerySet[Consumer]:
        return rows.filter(kind=self.kwargs["kind"], name=self.kwargs["name"])

    @extend_schema(responses=outputs.Consumer(many=True))
    def list(self, request: Request, **_kwargs: Any) -> Response:
        """What uses this destination."""
        return self.page()

    @extend_schema(responses=outputs.Consumer)
    def retrieve(self, request: Request, **_kwargs: Any) -> Response:
        """One consumer, and when it was last seen."""
        return self.one()

    @extend_schema(request=None, responses={200: outputs.Consumer, 201: outputs.Consumer})
    def update(self, request: Request, **_kwargs: Any) -> Response:
        """Say that something uses this destination, or still does. Needs the role editor.

        201 for the first time, 200 after that. The kind is a word of yours in lower-case letters, digits and hyphens.
        """
        inputs.Nothing().run_validation(request.data)
        destination = self.writable()
        kind, name = self.kwargs["kind"], self.kwargs["name"]
        consumer, is_new = services.register_consumer(destination, kind=kind, name=name)
        if not is_new:
            return self.one()
        return self.created(consumer, reverse("api:consumer-detail", args=(destination.uuid, kind, name)))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, **_kwargs: Any) -> Response:
        """Say that something uses this destination no more. Needs the role editor."""
        self.writable()
        with self.changing() as consumer:
            services.forget_consumer(consumer)
        return Response(status=204)

    def destination(self) -> Destination:
        rows = Destination.objects.visible_to(self.principal).readable()
        found: Destination = get_object_or_404(rows, uuid=self.kwargs["uuid"])
        return found

    def writable(self) -> Destination:
        destination = self.destination()
        require(self.principal, Role.EDITOR, destination.tenant_id, destination.environment_id)
        return destination
