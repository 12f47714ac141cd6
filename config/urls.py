from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin", RedirectView.as_view(pattern_name="admin:index", query_string=True)),
    path("admin/", admin.site.urls),
    path("api/v1/", include("destinations.api.urls")),
    path("cloudflare/", include("destinations.dialects.cloudflare.urls")),
    path("outpost/", include("destinations.dialects.outpost.urls")),
    path("planet/", include("destinations.dialects.planet.urls")),
    path("redox/", include("destinations.dialects.redox.urls")),
    path("stitch/", include("destinations.dialects.stitch.urls")),
]

handler400 = "config.faces.bad_request"
handler404 = "config.faces.not_found"
handler500 = "config.faces.server_error"
