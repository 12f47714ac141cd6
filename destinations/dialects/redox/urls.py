"""Every route, with and without a slash at its end."""

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, include, path, re_path

from destinations.dialects.base import EVERY_METHOD
from destinations.dialects.redox.views.credentials import CredentialViewSet
from destinations.dialects.redox.views.destinations import DestinationViewSet
from destinations.dialects.redox.views.environments import EnvironmentViewSet
from destinations.dialects.redox.views.open import NowhereViewSet, TokenViewSet

LIST: dict[str, Any] = {"get": "list", "post": "create"}
ONE: dict[str, Any] = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
nowhere = re_path("", NowhereViewSet.as_view(EVERY_METHOD))


def routes(*pairs: tuple[str, Any]) -> Iterator[URLPattern]:
    for route, view in pairs:
        yield path(route, view)
        yield path(f"{route}/", view)


platform = [
    *routes(
        ("organizations/<str:organization>/environments", EnvironmentViewSet.as_view({"get": "list"})),
        ("environments/<str:environment>/role-assignment", EnvironmentViewSet.as_view({"put": "assign"})),
        ("environments/<str:environment>/destinations", DestinationViewSet.as_view(LIST)),
        ("environments/<str:environment>/authcredentials", CredentialViewSet.as_view({"get": "list"})),
        ("destinations/<str:destination>", DestinationViewSet.as_view(ONE)),
        ("destinations/<str:destination>/verify", DestinationViewSet.as_view({"post": "verify"})),
        ("authcredentials", CredentialViewSet.as_view({"post": "create"})),
        ("authcredentials/strategies", CredentialViewSet.as_view({"get": "strategies"})),
        ("authcredentials/<str:credential>", CredentialViewSet.as_view(ONE)),
    ),
    nowhere,
]
urlpatterns = [
    *routes(("v2/auth/token", TokenViewSet.as_view({"post": "create"}))),
    path("platform/v1/", include(platform)),
    nowhere,
]
