"""Pages by key, not by number: as fast at the end as at the beginning, and stable while rows come and go."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.signing import BadSignature, Signer
from django.db.models import Model, Q, QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from destinations.api.parameters import bad, whole_number
from destinations.api.shapes import moment

DEFAULT, MAXIMUM = 50, 250
LIMIT = whole_number("limit", "How many at most.", 1, MAXIMUM, DEFAULT)
CURSOR_HELP = "The `next` of the page before, with the same filters and order."
PARAMETERS = ("cursor", LIMIT.name, "sort")
_signer = Signer(salt="destinations.api.pagination")


class KeysetPagination(BasePagination):
    """Orders by one of the view's `sorts`, which are fields of its shape, and the key. `-` is downwards."""

    def paginate_queryset(  # type: ignore[override]  # pages of dicts, whatever the queryset
        self, queryset: QuerySet[Any], request: Request, view: Any = None
    ) -> list[dict[str, Any]]:
        query, key = request.query_params, queryset.model._meta.pk.name
        sort, size = self._sort(query.get("sort"), view.sorts), LIMIT.read(query)
        sign, column = sort[: sort.startswith("-")], view.shape.fields[sort.removeprefix("-")].source
        binding = _binding(request, sort)
        if cursor := query.get("cursor"):
            queryset = queryset.filter(_beyond(queryset.model, column, _opened(cursor, binding), descending=bool(sign)))
        ordered = queryset.order_by(sign + column, sign + key)
        rows = list(ordered.values(*dict.fromkeys((*view.shape.columns, column, key)))[: size + 1])
        self.next = _cursor(rows[size - 1][column], rows[size - 1][key], binding) if len(rows) > size else None
        return rows[:size]

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"items": data, "next": self.next})

    def _sort(self, given: str | None, sorts: Sequence[str]) -> str:
        if given is None:
            return f"-{sorts[0]}"
        if given.removeprefix("-") not in sorts:
            raise bad("sort", "choice", f"This must be one of: {', '.join(sorts)}, with a minus before it to reverse.")
        return given

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        orders = [sign + name for name in view.sorts for sign in ("", "-")]
        return [
            LIMIT.described(),
            {"name": "cursor", "in": "query", "description": CURSOR_HELP, "schema": {"type": "string", "minLength": 1}},
            {
                "name": "sort",
                "in": "query",
                "schema": {"type": "string", "enum": orders, "default": f"-{view.sorts[0]}"},
            },
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["items", "next"],
            "properties": {
                "items": schema,
                "next": {"type": ["string", "null"], "description": "The `cursor` of the next page; null at the end."},
            },
        }


def _beyond(model: type[Model], column: str, position: tuple[str, str], *, descending: bool) -> Q:
    """Rows after this one. The first condition is implied by the second, but it is the one an index can use."""
    columns: tuple[Any, Any] = (model._meta.get_field(column), model._meta.pk)
    value, key = (found.to_python(text) for found, text in zip(columns, position, strict=True))
    side = "lt" if descending else "gt"
    return Q((f"{column}__{side}e", value)) & Q((f"{column}__{side}", value), (f"pk__{side}", key), _connector=Q.OR)


def _binding(request: Request, sort: str) -> str:
    """What list a cursor belongs to: its path, order and filters."""
    filters = sorted((n, v) for n, vs in request.query_params.lists() if n not in PARAMETERS for v in vs)
    return hashlib.sha256(repr((request.path, sort, filters)).encode()).hexdigest()[:16]


def _cursor(value: str | datetime, key: Any, binding: str) -> str:
    return _signer.sign_object([binding, value if isinstance(value, str) else moment(value), str(key)])


def _opened(cursor: str, binding: str) -> tuple[str, str]:
    try:
        bound, value, key = _signer.unsign_object(cursor)
    except BadSignature:
        raise bad("cursor", "invalid", "This is not a cursor of this service. Begin again without it.") from None
    if bound != binding:
        message = "This cursor belongs to another order or other filters. Begin again without it."
        raise bad("cursor", "invalid", message)
    return value, key
