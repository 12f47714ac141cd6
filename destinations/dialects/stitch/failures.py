"""Refusals in Stitch's shapes: a text as JSON, or `{"error", "data"}`; with its statuses, of which there are few."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse, JsonResponse

from connectors.problems import Invalid
from destinations.exceptions import LimitReached
from destinations.refusals import Kind, judged, kind_of
from tenants.limits import TooMany

OLD_BODY = "body must be a map with type = redshift, postgres, or snowflake. required-keys = type, connection"
POST_BODY = (
    "POST body may only include a type, a name, a description, map of properties, and boolean for unmapped sources"
)
PUT_BODY = "PUT body may only include a name, a description, and map of properties"
LIST_QUERY = "GET may only include the params: source_id and/or destination_id"
OTHER_TYPE = "this API endpoint does not support modifying destination type"
NO_SUCH_ID = "invalid connection id"
FULL = "you are at your destination limit"
NOT_FOUND = {"error": "NotFound"}

# By the name of the kind of refusal; whatever is not here is a fault of ours.
SPELLED: dict[str, tuple[int, Any]] = {
    "malformed": (400, "the request is malformed"),
    "https-only": (400, "this API is served over https only"),
    "not-found": (404, NOT_FOUND),
    "method-not-allowed": (404, NOT_FOUND),
    "archived": (400, NO_SUCH_ID),
    "conflict": (400, NO_SUCH_ID),
    "secret-unreadable": (400, "the stored secrets cannot be read: send all of them again"),
    "too-slow": (408, "the request body did not arrive in time"),
    "too-large": (413, "the request body is too large"),
    "unsupported-media-type": (400, "the request body must be in UTF-8 and not compressed"),
    "unavailable": (503, "service unavailable"),
}


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, body: Any, status: int = 400) -> None:
        self.status, self.body = status, body
        super().__init__(str(body))


class BadProperties(Exception):
    """Properties that cannot be as they were sent; `reasons` are sentences by their names."""

    def __init__(self, reasons: Mapping[str, str]) -> None:
        self.reasons = dict(reasons)
        super().__init__(", ".join(self.reasons))


UNAUTHORIZED = Refused(None, 401)
NOWHERE = Refused(NOT_FOUND, 404)


def named(error: str, message: str, **data: Any) -> Refused:
    return Refused({"error": error, "data": {"message": message, **data}})


def invalid(error: BadProperties, card: Any) -> Refused:
    """`reasons` is ours beside what Stitch tells: it leaves whoever asked to guess."""
    reasons = dict(sorted(error.reasons.items()))
    told = {"bad_properties": list(reasons), "reasons": reasons, "report_card": card}
    return named("InvalidProperties", "properties do not match schema", **told)


def answer(error: Exception) -> HttpResponse:
    if isinstance(error, TooMany):
        return _json(429, str(error))
    if isinstance(error, Refused):
        return _json(error.status, error.body)
    if isinstance(error, LimitReached):
        return _json(400, FULL)
    if isinstance(error, Invalid):
        return answer(named("InvalidBody", " ".join(problem.message for problem in error.problems)))
    return _spelled(judged(error))


def outside(cause: Exception) -> HttpResponse:
    """The answer to what never reached a view."""
    return answer(cause) if isinstance(cause, TooMany) else _spelled(kind_of(cause))


def _spelled(kind: Kind) -> HttpResponse:
    if kind.name == "forbidden":
        return answer(named("AccessDenied", "This token may read destinations, not change them."))
    return _json(*SPELLED.get(kind.name, (500, "internal server error")))


def _json(status: int, body: Any) -> HttpResponse:
    if body is None:
        return HttpResponse(status=status, content_type="application/json")
    return JsonResponse(body, status=status, safe=False, json_dumps_params={"ensure_ascii": False})
