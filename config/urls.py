from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin", RedirectView.as_view(pattern_name="admin:index", query_string=True)),
    path("admin/", admin.site.urls),
    path("api/v1/", include("destinations.api.urls")),
]

# Outside the admin nobody reads HTML.
handler400 = "destinations.api.errors.bad_request"
handler404 = "destinations.api.errors.not_found"
handler500 = "destinations.api.errors.server_error"
