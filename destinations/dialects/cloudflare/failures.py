"""Refusals in Cloudflare's envelope: one word for each status, and what it is about in `detail`.

Nothing is answered with 409 or 408, which clients would send again.
"""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, NamedTuple

from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from rest_framework.exceptions import ParseError

from connectors.problems import Invalid, Problem
from destinations.exceptions import Conflict, RevisionMismatch, Unproven
from destinations.refusals import Kind, judged, kind_of

WORDS = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not found", 500: "Internal error"}
UNAUTHORIZED = FORBIDDEN = 10000  # the one code for both
CHANGED = "Somebody changed the destination while its endpoint was checked. Send the change again."
NO_DESTINATION = "There is no destination of this name in the account."


class Fault(NamedTuple):
    detail: str
    code: int | None = None


class Issue(NamedTuple):
    """What is wrong with the input at a place in it."""

    path: tuple[str, ...]
    message: str

    @property
    def said(self) -> str:
        return f"{'.'.join(self.path)}: {self.message}" if self.path else self.message


NOWHERE = (Fault("There is no such account or address.", 7003), Fault("No route leads there.", 7000))


class Refused(Exception):
    """An answer that is no success. `issues` are told in the shape of the validator too."""

    def __init__(self, status: int, *faults: Fault, issues: Iterable[Issue] = ()) -> None:
        self.status, self.faults, self.issues = status, faults, tuple(issues)
        super().__init__("; ".join(fault.detail for fault in faults))


def invalid(issues: Iterable[Issue]) -> Refused:
    """A body or query with faults, each of which is named."""
    found = tuple(issues)
    return Refused(400, *(Fault(issue.said) for issue in found), issues=found)


def answer(error: Exception) -> HttpResponse:
    refused = _refused(error)
    return _told(refused) if refused else _failed(judged(error), str(error))


def outside(cause: Exception) -> HttpResponse:
    """The answer to what never reached a view."""
    kind = kind_of(cause)
    if kind.status == HTTPStatus.REQUEST_TIMEOUT:
        return _failed(kind._replace(status=400), str(cause))
    return _told(Refused(404, *NOWHERE)) if kind.status == HTTPStatus.NOT_FOUND else _failed(kind, str(cause))


def _refused(error: Exception) -> Refused | None:
    match error:
        case Refused():
            return error
        case ParseError():
            return invalid([Issue((), str(error.detail))])
        case Invalid():
            return _of_service(error.problems)
        case Unproven():
            found = error.report
            return Refused(400, Fault(f"Preflight check failed ({found.code}): {found.message} {found.remedy}".strip()))
        case Conflict():
            return _meanwhile(error)
    return None


def _meanwhile(error: Conflict) -> Refused:
    """Somebody else changed it, or deleted it or put it away."""
    return Refused(400, Fault(CHANGED)) if isinstance(error, RevisionMismatch) else Refused(404, Fault(NO_DESTINATION))


def _of_service(problems: Iterable[Problem]) -> Refused:
    """What is faulty in itself, or else what the account has already or has too many of."""
    standing = [problem for problem in problems if problem.code in ("taken", "limit")]
    if standing:
        return Refused(400, Fault(Issue(_place(standing[0].path), standing[0].message).said))
    return invalid(Issue(_place(problem.path), problem.message) for problem in problems)


def _place(path: str) -> tuple[str, ...]:
    """Where a native path is in a body of Cloudflare's. Names of headers may hold dots."""
    section, _, rest = path.partition(".")
    if section in ("config", "credentials"):
        return ("configuration", *rest.split(".", 1)) if rest else ("configuration",)
    return (section,) if section else ()


def _failed(kind: Kind, text: str) -> HttpResponse:
    return _told(Refused(kind.status, Fault(kind.detail or text or WORDS.get(kind.status, ""))))


def _told(refused: Refused) -> HttpResponse:
    word = WORDS.get(refused.status) or HTTPStatus(refused.status).phrase
    body: dict[str, Any] = {
        "success": False,
        "errors": [_error(word, fault, refused.status) for fault in refused.faults],
        "messages": [],
        "result": None,
    }
    if refused.issues:
        issues = [{"code": "custom", "path": list(issue.path), "message": issue.message} for issue in refused.issues]
        body["error"] = {"name": "ZodError", "issues": issues}
    return JsonResponse(body, status=refused.status, json_dumps_params={"ensure_ascii": False})


def _error(word: str, fault: Fault, status: int) -> dict[str, Any]:
    error: dict[str, Any] = {"message": word, "detail": fault.detail}
    if fault.code is not None:
        error["code"] = fault.code
    if status == HTTPStatus.FORBIDDEN:
        error["documentation_url"] = reverse("api:docs")
    return error
