"""Refusals in Planet's shape, `{"code", "message"}`. Clients show the message as it is, so it is short and one line.

They send a request again after 429 and 502, and after nothing else; so a storage check that fails is never a 502.
"""

from collections.abc import Iterable
from http import HTTPStatus

from django.http import HttpResponse, JsonResponse

from connectors.problems import Invalid, Problem
from connectors.running import Report
from destinations.exceptions import LimitReached, RevisionMismatch, Unproven
from destinations.refusals import NOT_FOUND, judged, kind_of

SIGN_IN = "Send an API key of the organisation as `Authorization: api-key <key>`, by Basic as the user, or as a Bearer."

CHANGED = "Somebody changed the destination while its storage was checked. Send the change again."


class Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        self.status, self.message = status, message
        super().__init__(message)


def not_found() -> Refused:
    return Refused(404, NOT_FOUND)


def answer(error: Exception) -> HttpResponse:
    if isinstance(error, Refused):
        return _json(error.status, error.message)
    if isinstance(error, Unproven):
        return _unproven(error.report)
    if isinstance(error, LimitReached):
        return _json(400, f"The quota of destinations is used up. {error.problems[0].message}")
    if isinstance(error, RevisionMismatch):
        return _json(409, CHANGED)
    if isinstance(error, Invalid):
        return _json(409 if any(fault.code == "taken" for fault in error.problems) else 400, _listed(error.problems))
    kind = judged(error)
    # What is invalid is a bad request to Planet, whose clients have no word for 422.
    status = HTTPStatus.BAD_REQUEST if kind.status == HTTPStatus.UNPROCESSABLE_ENTITY else kind.status
    return _json(status, kind.detail or str(error))


def outside(cause: Exception) -> HttpResponse:
    """The answer to what never reached a view."""
    kind = kind_of(cause)
    return _json(kind.status, kind.detail or str(cause))


def _unproven(report: Report) -> HttpResponse:
    """`error` means that the check could not be made, through no fault of the storage."""
    status = HTTPStatus.INTERNAL_SERVER_ERROR if report.status == "error" else HTTPStatus.BAD_REQUEST
    return _json(status, f"The storage check did not pass. {report.message} {report.remedy}".strip())


def _listed(problems: Iterable[Problem]) -> str:
    return " ".join(f"{fault.path}: {fault.message}" if fault.path else fault.message for fault in problems)


def _json(status: int, message: str) -> HttpResponse:
    headers = {"Cache-Control": "no-store"}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Basic realm="landfall", Bearer realm="landfall"'
    text = " ".join(message.split())
    return JsonResponse(
        {"code": int(status), "message": text},
        status=status,
        headers=headers,
        json_dumps_params={"ensure_ascii": False},
    )
