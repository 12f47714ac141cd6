"""The two addresses there are, as they lie below Cloudflare's own base path. Neither ends in a slash."""

from django.urls import include, path, re_path

from destinations.dialects.base import EVERY_METHOD
from destinations.dialects.cloudflare.views import DestinationViewSet, NowhereViewSet

BASE = r"^accounts/(?P<account>[^/?#%\x00-\x1f\x7f]+)/workers/observability/destinations"
many = DestinationViewSet.as_view({"get": "list", "post": "create"})
one = DestinationViewSet.as_view({"patch": "partial_update", "delete": "destroy"})

urlpatterns = [
    path("client/v4/", include([re_path(rf"{BASE}\Z", many), re_path(rf"{BASE}/(?P<slug>[a-z0-9-]+)\Z", one)])),
    re_path("", NowhereViewSet.as_view(EVERY_METHOD)),
]
