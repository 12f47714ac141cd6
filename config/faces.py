"""What no view answers: requests that are refused before one is reached, and views that fail.

Outside the admin nobody reads HTML, so each answer has the shape of the face whose address was asked.
"""

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views import defaults
from rest_framework.exceptions import APIException

from destinations.api import errors
from destinations.dialects.cloudflare import failures as cloudflare
from destinations.dialects.outpost import failures as outpost
from destinations.dialects.planet import failures as planet
from destinations.dialects.redox import failures as redox
from destinations.dialects.stitch import failures as stitch
from destinations.parsing import refuse_unreadable
from destinations.refusals import Unencrypted, kind_of, timed
from tenants import limits
from tenants.limits import TooMany
from tenants.origin import address

FACES: dict[str, Callable[[Exception], HttpResponse]] = {
    "/api/": errors.outside,
    "/cloudflare/": cloudflare.outside,
    "/outpost/": outpost.outside,
    "/planet/": planet.outside,
    "/redox/": redox.outside,
    "/stitch/": stitch.outside,
}


def face_of(request: HttpRequest) -> str:
    """What was asked, as the audit trail calls it: a dialect, `api` or, for all that people see, `admin`."""
    prefix = next(filter(request.path.startswith, FACES), "/admin/")
    return prefix.strip("/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400."""
    return _spelled(request, SuspiciousOperation()) or defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404."""
    return _spelled(request, Http404()) or defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500; Django has logged the exception already."""
    return _spelled(request, Exception()) or defaults.server_error(request)


class HttpsOnlyMiddleware:
    """Refuses what came to an API in clear. Leading it to HTTPS, as the admin's pages are, would do harm: clients make
    a GET of a POST on the way, and nobody would learn that keys travel where others can read them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        refused = settings.SECURE_SSL_REDIRECT and not request.is_secure() and _spelled(request, Unencrypted())
        return refused or self.get_response(request)


class ReadableMiddleware:
    """Refuses a body that nobody here would read to its end, or not as it was meant, whoever it is for, and for pages
    also U+0000 in an address, which PostgreSQL cannot look for; the APIs refuse that where they come to it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            refuse_unreadable(request)
        except (SuspiciousOperation, APIException) as cause:
            refused = _spelled(request, cause) or _page(cause)
            refused["Cache-Control"] = "no-store"
            return refused
        if _holds_nul(request) and not _spelled(request, SuspiciousOperation()):
            return _page(SuspiciousOperation())
        return self.get_response(request)


class FailedSignInMiddleware:
    """Counts by address who comes to an API with a key, a token or a link that is not good, and refuses more of the
    same. What is good is taken all the same, whoever else may call from the same address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != HTTPStatus.UNAUTHORIZED:
            return response
        try:
            limits.count_failed(address(request))
        except TooMany as error:
            # What a person has opened is a page.
            page = "html" in response.get("Content-Type", "") and render(request, "429.html", status=429)
            return timed(page or _spelled(request, error) or response, error)
        return response


def _holds_nul(request: HttpRequest) -> bool:
    return "\0" in request.path or "%00" in request.META["QUERY_STRING"]


def _page(cause: Exception) -> HttpResponse:
    return HttpResponse(render_to_string("400.html", {"says": str(cause)}), status=kind_of(cause).status)


def _spelled(request: HttpRequest, cause: Exception) -> HttpResponse | None:
    for prefix, outside in FACES.items():
        if f"{request.path}/".startswith(prefix):
            return outside(cause)
    return None
