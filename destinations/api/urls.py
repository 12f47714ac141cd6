"""Every route of the native API. None ends in a slash, and whatever is not here is a problem, never a page."""

from django.urls import include, path, re_path, register_converter
from django.urls.converters import StringConverter
from rest_framework.routers import SimpleRouter

from destinations.api.views.audit import AuditViewSet, DestinationAuditViewSet
from destinations.api.views.checks import CheckViewSet, DestinationCheckViewSet
from destinations.api.views.consumers import ConsumerViewSet
from destinations.api.views.credentials import AuthCredentialViewSet, AuthStrategyViewSet
from destinations.api.views.destinations import DestinationViewSet
from destinations.api.views.documents import DocsView, NowhereView, SchemaView
from destinations.api.views.keys import KeyViewSet
from destinations.api.views.tenants import EnvironmentViewSet, TenantViewSet
from destinations.api.views.types import DestinationTypeViewSet


class SegmentConverter(StringConverter):
    """What an id of a tenant or the name of a consumer can hold: the models' own rule."""

    regex = r"[^/?#%\x00-\x1f\x7f]+"


register_converter(SegmentConverter, "segment")

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("tenants", TenantViewSet, "tenant")
router.register("tenants/<segment:tenant>/environments", EnvironmentViewSet, "environment")
router.register("api-keys", KeyViewSet, "key")
router.register("destinations", DestinationViewSet, "destination")
router.register("destinations/<uuid:uuid>/checks", DestinationCheckViewSet, "destination-check")
router.register("destinations/<uuid:uuid>/audit", DestinationAuditViewSet, "destination-audit")
router.register("auth-credentials", AuthCredentialViewSet, "auth-credential")
router.register("auth-strategies", AuthStrategyViewSet, "auth-strategy")
router.register("destination-types", DestinationTypeViewSet, "destination-type")
router.register("checks", CheckViewSet, "check")
router.register("audit", AuditViewSet, "audit")

consumer = ConsumerViewSet.as_view(
    {"get": "retrieve", "put": "update", "delete": "destroy"}, basename="consumer", detail=True
)
consumers = ConsumerViewSet.as_view({"get": "list"}, basename="consumer")

app_name = "api"
urlpatterns = [
    path("", include(router.urls)),
    path("destinations/<uuid:uuid>/consumers", consumers),
    path("destinations/<uuid:uuid>/consumers/<segment:kind>/<segment:name>", consumer, name="consumer-detail"),
    path("openapi.json", SchemaView.as_view(), name="schema"),
    path("docs", DocsView.as_view(), name="docs"),
    re_path("", NowhereView.as_view()),
]
