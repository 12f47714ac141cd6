"""Every refusal and failure as `application/problem+json` (RFC 9457) with a list of {path, code, message}."""

import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from django.core import exceptions as django
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from rest_framework import exceptions as drf

from connectors.problems import Invalid, Problem, flatten
from destinations.exceptions import Archived, Conflict, LimitReached, RevisionMismatch
from destinations.parsing import TooLarge
from destinations.sealing import SecretUnreadable
from tenants.services import TenantInUse

MEDIA_TYPE = "application/problem+json"
PREFIX = "urn:landfall:problem:"
NOT_FOUND = "There is nothing here, or nothing that you may see."
logger = logging.getLogger(__name__)


class BadParameters(Invalid):
    """Query parameters or headers that cannot be obeyed."""


class Kind(NamedTuple):
    """What a class of exceptions becomes. `detail` replaces the exception's own text."""

    status: int
    name: str
    detail: str = ""


INVALID = Kind(422, "invalid", "The input is not valid; `errors` names every fault.")
# The most specific class of an exception decides.
KINDS: dict[type[BaseException], Kind] = {
    Invalid: INVALID,
    drf.ValidationError: INVALID,
    django.ValidationError: INVALID,
    BadParameters: Kind(400, "bad-parameters", "The request cannot be obeyed as it was asked; `errors` says why."),
    drf.ParseError: Kind(400, "malformed"),
    django.SuspiciousOperation: Kind(400, "malformed", "The request is malformed."),
    drf.NotAuthenticated: Kind(401, "not-signed-in", "Send an API key as `Authorization: Bearer <key>`."),
    drf.AuthenticationFailed: Kind(401, "not-signed-in"),
    drf.PermissionDenied: Kind(403, "forbidden"),
    django.PermissionDenied: Kind(403, "forbidden"),
    Http404: Kind(404, "not-found", NOT_FOUND),
    drf.NotFound: Kind(404, "not-found", NOT_FOUND),
    drf.MethodNotAllowed: Kind(405, "method-not-allowed"),
    drf.NotAcceptable: Kind(406, "not-acceptable", "Answers are application/json only."),
    Conflict: Kind(409, "conflict"),
    Archived: Kind(409, "archived"),
    TenantInUse: Kind(409, "in-use"),
    LimitReached: Kind(409, "limit-reached", "A limit is reached; `errors` says which."),
    RevisionMismatch: Kind(412, "revision-mismatch"),
    TooLarge: Kind(413, "too-large"),
    drf.UnsupportedMediaType: Kind(415, "unsupported-media-type"),
    SecretUnreadable: Kind(500, "secret-unreadable"),
    OperationalError: Kind(503, "unavailable", "The database is busy or away. Try again in a moment."),
    Exception: Kind(500, "internal", "This is a fault of Landfall; its log says more under this request's id."),
}


def handle(error: Exception, _context: Mapping[str, Any]) -> HttpResponse:
    """The answer to an exception of a view: DRF's EXCEPTION_HANDLER for the native API."""
    kind = next(KINDS[cls] for cls in type(error).__mro__ if cls in KINDS)
    if kind.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("request_failed", exc_info=error)
    response = _problem(kind, kind.detail or str(error), _problems(error))
    if header := getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = header
    return response


def _problem(kind: Kind, detail: str, problems: Iterable[Problem] = ()) -> HttpResponse:
    body = {
        "type": PREFIX + kind.name,
        "title": HTTPStatus(kind.status).phrase,
        "status": kind.status,
        "detail": detail,
        "errors": [{"path": fault.path, "code": fault.code, "message": fault.message} for fault in problems],
    }
    return JsonResponse(body, status=kind.status, content_type=MEDIA_TYPE, json_dumps_params={"ensure_ascii": False})


def _problems(error: Exception) -> Iterable[Problem]:
    if isinstance(error, Invalid):
        return error.problems
    if isinstance(error, drf.ValidationError):
        return flatten(error.detail)
    if isinstance(error, django.ValidationError):
        return _of_model(error)
    return ()


def _of_model(error: django.ValidationError) -> Iterable[Problem]:
    for name, faults in error.update_error_dict({}).items():
        for fault in faults:
            # The only constraint over two columns that a caller can break is the name within its tenant.
            path = "name" if fault.code == "unique_together" else name.removeprefix(django.NON_FIELD_ERRORS)
            if fault.code in ("unique", "unique_together"):
                yield Problem(path, "taken", f"This {path} is taken already.")
            else:
                yield from flatten(drf.ErrorDetail(" ".join(fault.messages), fault.code or "invalid"), path)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400: for what is refused before a view is reached."""
    return _outside(request, django.SuspiciousOperation) or defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _outside(request, Http404) or defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500; Django has logged the exception already."""
    return _outside(request, Exception) or defaults.server_error(request)


def _outside(request: HttpRequest, cause: type[Exception]) -> HttpResponse | None:
    """A problem for paths of an API; None for pages that people read."""
    return _problem(KINDS[cause], KINDS[cause].detail) if request.path.startswith("/api/") else None
