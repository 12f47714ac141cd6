"""The product's routes with Django's own error pages replaced as `config.urls` has them, and a view that breaks."""

from django.http import HttpRequest
from django.urls import path

from config import faces
from config.urls import urlpatterns as product


def broken(request: HttpRequest) -> None:
    raise RuntimeError("the password is hunter2")


urlpatterns = [path("api/broken", broken), path("pages/broken", broken), *product]
handler400, handler404, handler500 = faces.bad_request, faces.not_found, faces.server_error
