import re
import time
import uuid
from collections.abc import Callable

import structlog
from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from config import policies
from config.faces import face_of
from tenants import audit, origin
from tenants.principals import Principal

log = structlog.get_logger("landfall.request")

USABLE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestLogMiddleware:
    """One line per request, and an id that ties all lines of a request together.

    A caller may choose the id with `X-Request-ID`; the answer repeats it. The query string is not logged: some
    clients put keys there.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        offered = request.headers.get("X-Request-ID", "")
        request_id = offered if USABLE_ID.fullmatch(offered) else uuid.uuid4().hex
        started = time.monotonic()
        whence = {"face": face_of(request), "address": origin.address(request), "request_id": request_id}
        with (
            structlog.contextvars.bound_contextvars(request_id=request_id),
            audit.acting(lambda: caller_of(request), **whence),
        ):
            response = self.get_response(request)
            log.info(
                "request",
                method=request.method,
                path=request.path,
                status=response.status_code,
                duration_ms=round((time.monotonic() - started) * 1000, 1),
            )
        response["X-Request-ID"] = request_id
        return response


def caller_of(request: HttpRequest) -> Principal:
    """Whoever a request has turned out to come from: the APIs say so in `request.user`, as sessions do."""
    user = getattr(request, "user", None)
    if isinstance(user, Principal):
        return user
    return Principal(user=user) if user is not None and user.is_authenticated else Principal()


class ContentPolicyMiddleware(CSPMiddleware):
    """What a browser may load into a page of ours, by whose page it is."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if request.path.startswith(reverse("admin:index")):
            parts.replace = policies.ADMIN
        elif request.path == reverse("api:docs"):
            parts.replace = policies.DOCS
        return parts
