"""Every route, with and without a slash at its end: a redirect would turn a POST into a GET."""

from typing import Any

from django.urls import URLPattern, re_path

from destinations.dialects.base import EVERY_METHOD
from destinations.dialects.stitch.authorization import AuthorizationView
from destinations.dialects.stitch.sessions import SessionView
from destinations.dialects.stitch.views.accounts import AccountViewSet, EphemeralViewSet, TokenViewSet
from destinations.dialects.stitch.views.destinations import DestinationViewSet
from destinations.dialects.stitch.views.nowhere import NowhereViewSet
from destinations.dialects.stitch.views.old import OldDestinationViewSet
from destinations.dialects.stitch.views.types import TypeViewSet

ONE = r"(?P<destination>[0-9]{1,32})"


def route(pattern: str, view: Any) -> URLPattern:
    found: URLPattern = re_path(rf"^{pattern}/?\Z", view)
    return found


urlpatterns = [
    route("v3/accounts", AccountViewSet.as_view({"post": "create"})),
    route("v3/sessions/ephemeral", EphemeralViewSet.as_view({"post": "create"})),
    route("session", SessionView.as_view()),
    route("oauth/authorization", AuthorizationView.as_view()),
    route("oauth/token", TokenViewSet.as_view({"post": "create"})),
    route("v3/destinations", OldDestinationViewSet.as_view({"get": "list", "post": "create"})),
    route(f"v3/destinations/{ONE}", OldDestinationViewSet.as_view({"put": "replace"})),
    route("v4/destinations", DestinationViewSet.as_view({"get": "list", "post": "create"})),
    route(f"v4/destinations/{ONE}", DestinationViewSet.as_view({"put": "replace", "delete": "destroy"})),
    route(f"v4/destinations/{ONE}/last-connection-check", DestinationViewSet.as_view({"get": "last_check"})),
    route("v4/destination-types", TypeViewSet.as_view({"get": "list"})),
    route("v4/destination-types/(?P<type>[^/]+)", TypeViewSet.as_view({"get": "retrieve"})),
    re_path("", NowhereViewSet.as_view(EVERY_METHOD)),
]
