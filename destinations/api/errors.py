"""Every refusal and failure as `application/problem+json` (RFC 9457) with a list of {path, code, message}."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from django.core import exceptions as django
from django.http import HttpResponse, JsonResponse
from rest_framework import exceptions as drf

from connectors.problems import Invalid, Problem, flatten
from destinations.refusals import Kind, judged, kind_of

MEDIA_TYPE = "application/problem+json"
PREFIX = "urn:landfall:problem:"


def handle(error: Exception, _context: Mapping[str, Any]) -> HttpResponse:
    """The answer to an exception of a view: DRF's EXCEPTION_HANDLER for the native API."""
    kind = judged(error)
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


def outside(cause: Exception) -> HttpResponse:
    """The answer to what never reached a view; it has been logged already."""
    kind = kind_of(cause)
    return _problem(kind, kind.detail or str(cause))
