"""django-filter behind the API: a value that cannot be understood is refused, and named."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django_filters import FilterSet
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request

from connectors import strategies
from connectors.problems import Problem
from destinations.filters import (
    ChoicesField,
    ChoicesFilter,
    IdFilter,
    SwitchFilter,
    TextFilter,
    TimeField,
    TimeFilter,
    options,
)
from destinations.refusals import BadParameters


class TenantFilter(FilterSet):  # type: ignore[misc]
    name = TextFilter("name", "icontains", help_text="Whose name holds this text, in large or small letters.")
    created_after = TimeFilter("created", "gte", help_text="Created at this time or later.")
    created_before = TimeFilter("created", "lt", help_text="Created before this time.")


class KeyFilter(FilterSet):  # type: ignore[misc]
    tenant = TextFilter("tenant", help_text="Of this tenant.")
    prefix = TextFilter("prefix", "startswith", help_text="That begin with this, as a secret does.")
    revoked = SwitchFilter(method="is_revoked", help_text="That were revoked, or not.")

    def is_revoked(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(revoked__isnull=value == "false")


class AuthCredentialFilter(FilterSet):  # type: ignore[misc]
    tenant = TextFilter("tenant", help_text="Of this tenant.")
    environment = IdFilter("environment", help_text="For this environment alone.")
    strategy = ChoicesFilter(
        "strategy", [(name, name) for name in strategies.names()], help_text="That sign in in any of these ways."
    )


class AuditFilter(FilterSet):  # type: ignore[misc]
    """Of the audit trail of one destination."""

    action = TextFilter("action", help_text="That tell of this action, such as `destination.update`.")
    user = TextFilter("user_name", help_text="By the person of this user name.")
    key = IdFilter("key_id", help_text="By the API key with this id.")
    face = TextFilter("face", help_text="Through this face: `api`, `admin`, `command` or the name of a dialect.")
    request_id = TextFilter("request_id", help_text="Of the request with this id.")
    at_after = TimeFilter("at", "gte", help_text="At this time or later.")
    at_before = TimeFilter("at", "lt", help_text="Before this time.")


class EveryAuditFilter(AuditFilter):
    tenant = TextFilter("tenant", help_text="Of this tenant.")
    kind = TextFilter("subject_kind", help_text="About things of this kind, such as `api_key`.")
    subject = TextFilter("subject_id", help_text="About the thing with this id.")
    security = SwitchFilter(
        method="is_security", help_text="Those that tell who may do what or where secrets went, or the others."
    )

    def is_security(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(security=value == "true")


class StrictFilters(BaseFilterBackend):
    """Applies the view's `filterset_class`."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        if view.filterset_class is None:
            return queryset
        filters = view.filterset_class(request.query_params, queryset)
        if not filters.is_valid():
            raise BadParameters(
                Problem(name, "choice" if fault.code == "choice" else "invalid", " ".join(fault.messages))
                for name, faults in filters.errors.as_data().items()
                for fault in faults
            )
        filtered: QuerySet[Any] = filters.qs
        return filtered

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        if view.filterset_class is None or view.action != "list":
            return []
        filters = view.filterset_class.base_filters.items()
        return [
            {"name": name, "in": "query", "description": found.extra["help_text"], **_described(found.field)}
            for name, found in filters
        ]


def repeatable(view: Any) -> list[str]:
    """The filters that may be given several times."""
    filters = view.filterset_class.base_filters if view.filterset_class else {}
    return [name for name, found in filters.items() if issubclass(found.field_class, ChoicesField)]


def _described(field: forms.Field) -> dict[str, Any]:
    if isinstance(field, forms.ChoiceField):
        one = {"type": "string", "enum": options(field)}
        several = {"schema": {"type": "array", "items": one}, "style": "form", "explode": False}
        return several if isinstance(field, ChoicesField) else {"schema": one}
    if isinstance(field, TimeField):
        return {"schema": {"type": "string", "format": "date-time"}}
    if isinstance(field, forms.UUIDField):
        return {"schema": {"type": "string", "format": "uuid"}}
    return {"schema": {"type": "string", "minLength": 1, "maxLength": getattr(field, "max_length", None)}}
