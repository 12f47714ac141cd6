"""What the dialects share. Each brings its own way in, its own shapes and its own words for a refusal."""

from collections.abc import Callable, Mapping
from typing import Any, cast
from urllib.parse import parse_qsl

from django.http import HttpResponse
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.viewsets import ViewSet

from destinations.parsing import loads
from destinations.refusals import timed
from tenants.limits import count_request
from tenants.principals import Principal

# For the catch-all of a dialect, whose view answers every method alike.
EVERY_METHOD: dict[str, Any] = dict.fromkeys(("get", "post", "put", "patch", "delete", "head", "options"), "nowhere")


class AlwaysJson(BaseContentNegotiation):
    """Vendors' servers answer JSON whatever a client says it accepts, and so do their stand-ins."""

    def select_parser(self, request: Request, parsers: Any) -> None:
        return None

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = renderers[0]
        return renderer, renderer.media_type


class DialectViewSet(ViewSet):
    """`enter` says who calls, `admit` whether to where the path leads; both raise what the vendor would refuse with.

    `refusal` spells an exception.
    """

    authentication_classes = ()
    permission_classes = ()
    renderer_classes = (JSONRenderer,)
    content_negotiation_class = AlwaysJson
    metadata_class = None
    schema = None

    def enter(self, request: Request) -> Principal:
        raise NotImplementedError

    def admit(self, request: Request) -> None:
        """Nothing to say by default. The caller is counted by now."""

    def refusal(self, error: Exception) -> HttpResponse:
        raise NotImplementedError

    @property
    def principal(self) -> Principal:
        return cast(Principal, self.request.user)

    @property
    def default_response_headers(self) -> dict[str, str]:
        """Answers belong to one caller, and some hold secrets."""
        return {**super().default_response_headers, "Cache-Control": "no-store"}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if str(request.method).lower() in self.action_map:
            request.user = self.enter(request)  # type: ignore[assignment]  # whoever calls is a principal here
            count_request(self.principal)
            self.admit(request)

    def get_exception_handler(self) -> Callable[[Exception, Mapping[str, Any]], HttpResponse]:
        return lambda error, _context: timed(self.refusal(error), error)

    def raw(self) -> bytes:
        """The body as sent."""
        content: bytes = self.request._request.read()
        return content

    def form(self) -> dict[str, str]:
        """The fields of a body as OAuth has it (RFC 6749, appendix B), whatever its type says; of two the last."""
        return dict(parse_qsl(self.raw().decode(errors="replace")))

    def body(self) -> Any:
        """The JSON of the body. Raises ParseError for what is none."""
        return loads(self.raw())
