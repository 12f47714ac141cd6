"""The API's description of itself, and the answer to paths that do not exist."""

from collections.abc import Callable
from functools import cache
from typing import Any, NoReturn

from django.http import Http404, HttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from destinations.api import errors


class Open(APIView):
    """Open to everybody, for what is the same in each installation."""

    authentication_classes = ()
    permission_classes = ()
    schema = None

    def get_exception_handler(self) -> Callable[..., HttpResponse]:
        return errors.handle


class SchemaView(Open):
    """OpenAPI 3.1 of this API."""

    renderer_classes = (JSONRenderer,)

    def get(self, request: Request) -> Response:
        return Response(_document())


class DocsView(Open, SpectacularSwaggerSplitView):
    """The same for people. Its script comes from an address of its own, so that the page needs no inline one."""

    url_name = "api:schema"


class NowhereView(Open):
    renderer_classes = (JSONRenderer,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        raise Http404


@cache
def _document() -> Any:
    return SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
