"""What needs no credential: whether the server is well, and addresses that lead nowhere."""

from django.db import DatabaseError, connection
from django.http import HttpResponse, JsonResponse
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.encoding import escape_uri_path, iri_to_uri
from rest_framework.request import Request

from connectors.signing import rfc3339
from destinations.dialects.base import DialectViewSet
from destinations.dialects.outpost.failures import NOWHERE, Refused, answer
from tenants.principals import Principal


class OpenViewSet(DialectViewSet):
    def enter(self, request: Request) -> Principal:
        return Principal()

    def refusal(self, error: Exception) -> HttpResponse:
        return answer(error)


class HealthViewSet(OpenViewSet):
    def retrieve(self, request: Request) -> HttpResponse:
        """In JSON, or as a text for the SDKs up to 0.4, which accept nothing else."""
        well = _database_answers()
        status = 200 if well else 503
        accepted = request.headers.get("Accept", "")
        if "text/plain" in accepted and "application/json" not in accepted:
            return HttpResponse("OK" if well else "failed", status=status, content_type="text/plain")
        word = "healthy" if well else "failed"
        body = {"status": word, "timestamp": rfc3339(timezone.now()), "workers": {"database": {"status": word}}}
        return JsonResponse(body, status=status)


class NowhereViewSet(OpenViewSet):
    """Outpost answers every method at an unknown address alike, and leads from a slash too many to the address."""

    def nowhere(self, request: Request) -> HttpResponse:
        path, query = request.path.rstrip("/"), request.META["QUERY_STRING"]
        if path == request.path or not _leads_somewhere(path):
            raise Refused(*NOWHERE)
        location = escape_uri_path(path) + (f"?{iri_to_uri(query)}" if query else "")
        status = 301 if request.method == "GET" else 307
        return HttpResponse(status=status, content_type="application/json", headers={"Location": location})


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _leads_somewhere(path: str) -> bool:
    try:
        return not issubclass(getattr(resolve(path).func, "cls", object), NowhereViewSet)
    except Resolver404:
        return False
