"""Refusals in an envelope like that of successes. What is in a refusal of Redox's own is not published."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpResponse, JsonResponse

from connectors.problems import Invalid
from destinations.exceptions import Conflict
from destinations.refusals import NOT_FOUND, judged, kind_of
from tenants.limits import TooMany
from tenants.services import TenantInUse

VERSION = "1.0.0"
UNAUTHORIZED = (401, "The access token is missing, expired or not valid.")
# By the name of the kind of refusal; whatever is not here is a fault of ours.
SPELLED: dict[str, tuple[int, str]] = {
    "malformed": (400, "The request cannot be read."),
    "invalid": (400, "The request is not valid."),
    "limit-reached": (400, "The organization may not have more destinations."),
    "conflict": (400, ""),
    "archived": (400, ""),
    "revision-mismatch": (400, ""),
    "in-use": (400, ""),
    "secret-unreadable": (400, "The stored secrets cannot be read. Send all of them again."),
    "not-signed-in": UNAUTHORIZED,
    "https-only": (403, "This API is served over https only."),
    "forbidden": (403, "This needs the engineer role in the environment."),
    "not-found": (404, NOT_FOUND),
    "method-not-allowed": (405, "This method is not supported here."),
    "too-many-requests": (429, ""),
    "too-slow": (408, "The payload did not arrive in time."),
    "too-large": (413, "The payload is too large."),
    "unsupported-media-type": (415, "The payload must be in UTF-8 and not compressed."),
    "unavailable": (503, "The service is busy. Try again in a moment."),
}
INTERNAL = (500, "Something went wrong on the server.")

Fault = tuple[str, str]


class Refused(Exception):
    """An answer that is no success; `errors` are pairs of a path and a message."""

    def __init__(self, status: int, message: str, errors: Iterable[Fault] = ()) -> None:
        self.status, self.message, self.errors = status, message, list(errors)
        super().__init__(message)


def invalid(path: str, message: str) -> Refused:
    return Refused(400, "The request is not valid.", [(path, message)])


def answer(error: Exception) -> HttpResponse:
    if isinstance(error, Refused):
        return _json(error.status, error.message, error.errors)
    faults = [(fault.path, fault.message) for fault in error.problems] if isinstance(error, Invalid) else []
    return _limited(_json(*spelled(error), faults), error)


def spelled(error: Exception) -> tuple[int, str]:
    """The status and the sentence for what was raised outside of the dialect."""
    status, message = SPELLED.get(judged(error).name, INTERNAL)
    return status, str(error) if isinstance(error, Conflict | TenantInUse | TooMany) else message


def outside(cause: Exception) -> HttpResponse:
    """The answer to what never reached a view."""
    status, message = SPELLED.get(kind_of(cause).name, INTERNAL)
    return _limited(_json(status, message or str(cause)), cause)


def envelope(payload: Mapping[str, Any], **meta: Any) -> dict[str, Any]:
    return {"meta": {"version": VERSION, **meta}, "payload": payload}


def _limited(response: HttpResponse, error: Exception) -> HttpResponse:
    """With how many requests there may be, where there were more."""
    if isinstance(error, TooMany):
        response["X-RateLimit-Limit"] = str(error.most)
    return response


def _json(status: int, message: str, errors: Iterable[Fault] = ()) -> HttpResponse:
    told = [{"path": path, "message": text} for path, text in errors]
    body = envelope({"message": message, "errors": told})
    return JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})
