"""Every route of both generations, and of the managed service's base path. The first that fits is taken, and the
routes of the second generation come first: what they are called is no tenant of the first."""

from typing import Any

from django.urls import URLPattern, include, path, re_path, register_converter
from django.urls.converters import StringConverter

from destinations.dialects.base import EVERY_METHOD
from destinations.dialects.outpost.portal import PortalView
from destinations.dialects.outpost.views.attempts import AttemptViewSet
from destinations.dialects.outpost.views.destinations import DestinationViewSet
from destinations.dialects.outpost.views.events import EventViewSet
from destinations.dialects.outpost.views.open import HealthViewSet, NowhereViewSet
from destinations.dialects.outpost.views.schemas import TopicViewSet, TypeViewSet
from destinations.dialects.outpost.views.tenants import TenantViewSet

RESERVED = (
    "tenants", "topics", "destination-types", "destinations", "events", "attempts", "publish", "retry", "healthz",
    "metrics", "config", "operator-events", "token", "portal",
)  # fmt: skip


class FirstGenerationTenant(StringConverter):
    regex = rf"(?!(?:{'|'.join(RESERVED)})(?:/|\Z))[^/]+"


register_converter(FirstGenerationTenant, "tenant1")


def routes(tenant: str, **kwargs: Any) -> list[URLPattern]:
    """What lies below a tenant, in either generation."""
    one = f"{tenant}/destinations/<str:destination>"
    return [
        path(tenant, TenantViewSet.as_view({"put": "upsert", "get": "retrieve", "delete": "destroy"}, **kwargs)),
        path(f"{tenant}/token", TenantViewSet.as_view({"get": "token"}, **kwargs)),
        path(f"{tenant}/portal", TenantViewSet.as_view({"get": "portal"}, **kwargs)),
        path(f"{tenant}/destinations", DestinationViewSet.as_view({"get": "list", "post": "create"}, **kwargs)),
        path(
            one,
            DestinationViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}, **kwargs),
        ),
        path(f"{one}/enable", DestinationViewSet.as_view({"put": "enable"}, **kwargs)),
        path(f"{one}/disable", DestinationViewSet.as_view({"put": "disable"}, **kwargs)),
        path(f"{one}/attempts", AttemptViewSet.as_view({"get": "list"}, **kwargs)),
        path(f"{one}/attempts/<str:attempt>", AttemptViewSet.as_view({"get": "retrieve"}, **kwargs)),
        path(f"{one}/events", EventViewSet.as_view({"get": "list"}, **kwargs)),
        path(f"{one}/events/<str:event>", EventViewSet.as_view({"get": "retrieve"}, **kwargs)),
        path(f"{one}/events/<str:event>/retry", EventViewSet.as_view({"post": "retry"}, **kwargs)),
        path(f"{tenant}/events", EventViewSet.as_view({"get": "list"}, **kwargs)),
        path(f"{tenant}/events/<str:event>", EventViewSet.as_view({"get": "retrieve"}, **kwargs)),
        path(f"{tenant}/events/<str:event>/deliveries", EventViewSet.as_view({"get": "deliveries"}, **kwargs)),
        path(f"{tenant}/topics", TopicViewSet.as_view({"get": "list"}, **kwargs)),
        path(f"{tenant}/destination-types", TypeViewSet.as_view({"get": "list"}, **kwargs)),
        path(f"{tenant}/destination-types/<str:type>", TypeViewSet.as_view({"get": "retrieve"}, **kwargs)),
    ]


health = path("healthz", HealthViewSet.as_view({"get": "retrieve"}))
nowhere = re_path("", NowhereViewSet.as_view(EVERY_METHOD))
second = [
    health,
    path("tenants", TenantViewSet.as_view({"get": "list"})),
    *routes("tenants/<str:tenant>"),
    path("topics", TopicViewSet.as_view({"get": "list"})),
    path("destination-types", TypeViewSet.as_view({"get": "list"})),
    path("destination-types/<str:type>", TypeViewSet.as_view({"get": "retrieve"})),
    path("attempts", AttemptViewSet.as_view({"get": "list"})),
    path("attempts/<str:attempt>", AttemptViewSet.as_view({"get": "retrieve"})),
    path("events", EventViewSet.as_view({"get": "list"})),
    path("events/<str:event>", EventViewSet.as_view({"get": "retrieve"})),
    path("publish", EventViewSet.as_view({"post": "publish"})),
    path("retry", EventViewSet.as_view({"post": "retry"})),
    path("metrics/events", EventViewSet.as_view({"get": "metrics"})),
    path("metrics/attempts", EventViewSet.as_view({"get": "metrics"})),
]
urlpatterns = [
    path("portal", PortalView.as_view(), name="outpost-portal"),
    health,
    path("api/v1/", include([*second, *routes("<tenant1:tenant>", first_generation=True), nowhere])),
    path("2025-07-01/", include([*second, nowhere])),
    nowhere,
]
