"""What all resources of the native API share; a resource itself is mostly attributes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, cast

from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import Http404, HttpResponse
from rest_framework.generics import get_object_or_404
from rest_framework.parsers import BaseParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from destinations.api import errors
from destinations.api.filters import StrictFilters, repeatable
from destinations.api.pagination import PARAMETERS, KeysetPagination
from destinations.api.parameters import refuse_unknown, taken
from destinations.api.schema import ApiSchema
from destinations.api.shapes import Shape
from destinations.parsing import JsonParser, MergePatchParser
from tenants.authentication import KeyAuthentication, SessionAuthentication
from tenants.limits import count_request
from tenants.principals import Principal


class ApiViewSet(GenericViewSet[Any]):
    """`shape` is what a row looks like, `sorts` what of it a list may be ordered by, downwards by the first if the
    caller does not say, and `versioned` whether rows have an ETag that a change may be bound to."""

    authentication_classes = (KeyAuthentication, SessionAuthentication)
    permission_classes = (IsAuthenticated,)
    parser_classes = (JsonParser,)
    renderer_classes = (JSONRenderer,)
    filter_backends = (StrictFilters,)
    pagination_class: type[KeysetPagination] | None = KeysetPagination
    metadata_class = None
    http_method_names = ("get", "head", "post", "put", "patch", "delete")
    lookup_field = "uuid"
    lookup_value_converter = "uuid"
    schema = ApiSchema()

    shape: ClassVar[Shape]
    filterset_class: ClassVar[Any] = None
    sorts: ClassVar[tuple[str, ...]] = ("created",)
    versioned: ClassVar[bool] = False

    @property
    def principal(self) -> Principal:
        return cast(Principal, self.request.user)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        count_request(self.principal)
        if str(request.method).lower() not in self.action_map:
            return  # which is told next
        known = [parameter.name for parameter in taken(self)]
        if self.action == "list" and self.pagination_class is not None:
            known += PARAMETERS
            known += self.filterset_class.base_filters if self.filterset_class else ()
        refuse_unknown(request.query_params, known, repeatable(self))

    def get_parsers(self) -> list[BaseParser]:
        patch = self.request is not None and self.request.method == "PATCH"
        return [parser() for parser in ((JsonParser, MergePatchParser) if patch else self.parser_classes)]

    def get_exception_handler(self) -> Callable[..., HttpResponse]:
        return errors.handle

    @property
    def default_response_headers(self) -> dict[str, str]:
        """Answers belong to one caller, and some hold what is shown once."""
        return {**super().default_response_headers, "Cache-Control": "no-store"}

    def page(self) -> Response:
        rows = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response([self.shape.show(row) for row in rows or ()])

    def one(self) -> Response:
        return Response(self.shown(self.found(self.get_queryset())))

    def found(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The row that the path names, as a queryset."""
        return rows.filter(**{self.lookup_field: self.kwargs[self.lookup_field]})

    def shown(self, rows: QuerySet[Any]) -> dict[str, Any]:
        """The one row of a queryset, read as it is answered: in one statement."""
        row = rows.values(*self.shape.columns).first()
        if row is None:
            raise Http404
        return self.shape.show(row)

    def created(self, made: Model, location: str) -> Response:
        rows = type(made)._default_manager.filter(pk=made.pk)
        return Response(self.shown(rows), status=201, headers={"Location": location})

    @contextmanager
    def changing(self) -> Iterator[Any]:
        """The row that the path names, held until the change of it is done or undone."""
        with transaction.atomic():
            yield get_object_or_404(self.found(self.get_queryset()).select_for_update(of=("self",)))
