"""How a request of a web server becomes one of Django's."""

import io
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http.response import HttpResponseBase
from django.utils.http import parse_header_parameters

from config.launch.gateway import ARRIVED
from destinations.parsing import LATE, TooLarge, length_of


class Request(WSGIRequest):
    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        """Django would decode the address by the charset of the body, and fail for one that is no such thing, before
        any code of ours could answer. Here both are UTF-8, and `refuse_unreadable` refuses what says otherwise."""
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except (LookupError, ValueError):
            self.content_type, self.content_params = "", {"charset": "unreadable"}


class Handler(WSGIHandler):
    request_class = Request

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> HttpResponseBase:
        """Nothing begins before the body is here, unless it is one that nobody will read."""
        in_time = environ.get(ARRIVED, lambda: True)
        try:
            _take_in(environ)
        except OSError:  # the connection ended within it
            if in_time():
                raise
            environ[LATE] = True
        environ.setdefault(LATE, not in_time())
        return super().__call__(environ, start_response)


def _take_in(environ: dict[str, Any]) -> None:
    """A body in chunks has no length, and Django would take it for none at all; here it gets one."""
    if "CONTENT_LENGTH" not in environ and environ.get("wsgi.input_terminated"):
        body = environ["wsgi.input"].read(settings.MAX_BODY + 1)
        environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        return
    with suppress(SuspiciousOperation, TooLarge):  # which `refuse_unreadable` answers
        environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(length_of(environ)))
