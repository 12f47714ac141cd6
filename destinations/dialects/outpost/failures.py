"""Refusals in Outpost's shape: `{"status", "message", "data"}`."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpResponse, JsonResponse

from connectors.problems import Invalid
from destinations.exceptions import LimitReached
from destinations.refusals import judged, kind_of
from tenants.limits import TooMany

UNAUTHORIZED, FORBIDDEN = (401, "unauthorized"), (403, "forbidden")
NOWHERE, TENANT_NOT_FOUND = (404, "not found"), (404, "tenant not found")
DESTINATION_NOT_FOUND, TYPE_NOT_FOUND = (404, "destination not found"), (404, "destination type not found")
INVALID_JSON = (422, "invalid JSON")
EXISTS = (400, "destination already exists")
FULL = (400, "maximum number of destinations per tenant reached")
INTERNAL = (500, "internal server error")

# By the name of the kind of refusal; whatever is not here is a fault of ours.
SPELLED: dict[str, tuple[int, str]] = {
    "malformed": INVALID_JSON,
    "forbidden": FORBIDDEN,
    "https-only": (403, "use https"),
    "not-signed-in": UNAUTHORIZED,
    "not-found": NOWHERE,
    "method-not-allowed": NOWHERE,
    "archived": DESTINATION_NOT_FOUND,
    "conflict": DESTINATION_NOT_FOUND,
    "revision-mismatch": (409, "destination was changed while its token was verified"),
    "secret-unreadable": (422, "stored secrets cannot be read: send all of them again"),
    "too-slow": (408, "request timeout"),
    "too-large": (413, "request body too large"),
    "unsupported-media-type": (415, "request body must be in UTF-8 and not compressed"),
    "unavailable": (503, "service unavailable"),
}


class Refused(Exception):
    """An answer that is no success; `data` is a list of texts, or a map from parameter to text."""

    def __init__(self, status: int, message: str, data: Any = None) -> None:
        self.status, self.message, self.data = status, message, data
        super().__init__(message)


def invalid(items: Iterable[str]) -> Refused:
    return Refused(422, "validation error", list(items))


def bad_query(name: str, text: str) -> Refused:
    return Refused(422, "validation error", {f"query.{name}": text})


def item(field: str, tag: str) -> str:
    """How the original words a field that failed a rule."""
    field = field.lower()
    if tag in ("required", "forbidden"):
        return f"{field} is {tag}"
    return f"{field} failed {tag} validation"


def answer(error: Exception) -> HttpResponse:
    if isinstance(error, Refused):
        return _json(error.status, error.message, error.data)
    if isinstance(error, TooMany):
        return _json(429, "rate limit exceeded", [str(error)])
    if isinstance(error, LimitReached):
        return _json(*FULL)
    if isinstance(error, Invalid):
        return _json(422, "validation error", [item(fault.path, fault.code) for fault in error.problems])
    return _json(*SPELLED.get(judged(error).name, INTERNAL))


def outside(cause: Exception) -> HttpResponse:
    """The answer to what never reached a view. What is malformed then is the request itself, not its JSON."""
    if isinstance(cause, TooMany):
        return answer(cause)
    kind = kind_of(cause)
    return _json(400, "bad request") if kind.name == "malformed" else _json(*SPELLED.get(kind.name, INTERNAL))


def _json(status: int, message: str, data: Any = None) -> HttpResponse:
    body: Mapping[str, Any] = {"status": status, "message": message} | ({} if data is None else {"data": data})
    return JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})
