"""Every address, each with a slash at its end and without. A redirect would turn a client's POST into a GET."""

from typing import Any

from django.urls import URLPattern, re_path

from destinations.dialects.base import EVERY_METHOD
from destinations.dialects.planet.views.default import DefaultViewSet
from destinations.dialects.planet.views.destinations import DestinationViewSet
from destinations.dialects.planet.views.open import NowhereViewSet, TokenViewSet
from destinations.dialects.planet.views.spec import SpecViewSet


def route(path: str, view: Any, name: str | None = None) -> URLPattern:
    found: URLPattern = re_path(rf"^{path}/?\Z", view, name=name)
    return found


ROOT = "destinations/v1"
urlpatterns = [
    route(ROOT, DestinationViewSet.as_view({"get": "list", "post": "create"}), "planet-destinations"),
    route(f"{ROOT}/spec", SpecViewSet.as_view({"get": "retrieve"})),
    route(f"{ROOT}/default", DefaultViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"})),
    # Whatever else: ids, and refs, which hold a slash.
    route(f"{ROOT}/(?P<ref>.+?)", DestinationViewSet.as_view({"get": "retrieve", "patch": "partial_update"})),
    route(r"oauth/\.well-known/openid-configuration", TokenViewSet.as_view({"get": "discover"})),
    route("oauth/token", TokenViewSet.as_view({"post": "create"}), "planet-token"),
    route("oauth", NowhereViewSet.as_view(EVERY_METHOD), "planet-issuer"),
    re_path("", NowhereViewSet.as_view(EVERY_METHOD)),
]
