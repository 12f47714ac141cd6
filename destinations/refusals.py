"""What an exception means to whoever called, for every API; each spells it in its own shape."""

import logging
from http import HTTPStatus
from typing import NamedTuple

from django.core import exceptions as django
from django.db import IntegrityError, OperationalError
from django.http import Http404, HttpResponse
from rest_framework import exceptions as drf

from connectors.problems import Invalid
from destinations.exceptions import Archived, Conflict, InUse, LimitReached, RevisionMismatch
from destinations.parsing import TooLarge, TooSlow
from destinations.sealing import SecretUnreadable
from tenants.limits import TooMany
from tenants.services import TenantInUse

NOT_FOUND = "There is nothing here, or nothing that you may see."
logger = logging.getLogger(__name__)


class BadParameters(Invalid):
    """Query parameters or headers that cannot be obeyed."""


class Unencrypted(django.SuspiciousOperation):
    """A request of an API came in clear although the installation is reached through HTTPS."""


class Kind(NamedTuple):
    """What a class of exceptions becomes. `detail` replaces the exception's own text."""

    status: int
    name: str
    detail: str = ""


INVALID = Kind(422, "invalid", "The input is not valid; `errors` names every fault.")
#: What somebody else did between a look and the writing. It should not happen otherwise, so it is logged.
OVERTAKEN = (IntegrityError, django.ObjectDoesNotExist)
# The most specific class of an exception decides.
KINDS: dict[type[BaseException], Kind] = {
    Invalid: INVALID,
    drf.ValidationError: INVALID,
    django.ValidationError: INVALID,
    BadParameters: Kind(400, "bad-parameters", "The request cannot be obeyed as it was asked; `errors` says why."),
    drf.ParseError: Kind(400, "malformed"),
    django.SuspiciousOperation: Kind(400, "malformed", "The request is malformed."),
    Unencrypted: Kind(403, "https-only", "Use https://. What was sent in clear, the key too, others may have read."),
    drf.NotAuthenticated: Kind(401, "not-signed-in", "Send an API key as `Authorization: Bearer <key>`."),
    drf.AuthenticationFailed: Kind(401, "not-signed-in"),
    drf.PermissionDenied: Kind(403, "forbidden"),
    django.PermissionDenied: Kind(403, "forbidden"),
    Http404: Kind(404, "not-found", NOT_FOUND),
    django.ObjectDoesNotExist: Kind(404, "not-found", NOT_FOUND),
    drf.NotFound: Kind(404, "not-found", NOT_FOUND),
    drf.MethodNotAllowed: Kind(405, "method-not-allowed"),
    drf.NotAcceptable: Kind(406, "not-acceptable", "Answers are application/json only."),
    TooSlow: Kind(408, "too-slow"),
    Conflict: Kind(409, "conflict"),
    IntegrityError: Kind(409, "conflict", "What this refers to was changed or removed at the same moment. Look again."),
    Archived: Kind(409, "archived"),
    InUse: Kind(409, "in-use"),
    TenantInUse: Kind(409, "in-use"),
    LimitReached: Kind(409, "limit-reached", "A limit is reached; `errors` says which."),
    SecretUnreadable: Kind(409, "secret-unreadable"),
    RevisionMismatch: Kind(412, "revision-mismatch"),
    TooLarge: Kind(413, "too-large"),
    drf.UnsupportedMediaType: Kind(415, "unsupported-media-type"),
    TooMany: Kind(429, "too-many-requests"),
    OperationalError: Kind(503, "unavailable", "The database is busy or away. Try again in a moment."),
    Exception: Kind(500, "internal", "This is a fault of Landfall; its log says more under this request's id."),
}


def kind_of(error: BaseException) -> Kind:
    return next(KINDS[cls] for cls in type(error).__mro__ if cls in KINDS)


def timed(response: HttpResponse, error: BaseException) -> HttpResponse:
    """The answer to an exception, with when to come back if that helps."""
    if isinstance(error, TooMany):
        response["Retry-After"] = str(error.retry_after)
    return response


def judged(error: BaseException) -> Kind:
    """The kind of an exception; faults of ours are logged here, with where they come from."""
    kind = kind_of(error)
    if isinstance(error, OVERTAKEN):
        logger.warning("request_overtaken", exc_info=error)
    if kind.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("request_failed", exc_info=error)
    return kind
