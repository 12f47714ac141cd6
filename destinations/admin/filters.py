"""The filters of the list of destinations."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import CheckboxFilter, DropdownFilter, RadioFilter

from connectors import registry
from destinations.models import Health
from tenants.models import Environment

Rows = QuerySet[Any]
Options = list[tuple[str, str]]

MOST = 100  # names in a drop-down; who has more, searches


class TypeFilter(CheckboxFilter):  # type: ignore[misc]
    title = "type"
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Options:
        return [(connector.type, connector.label) for connector in registry.every()]

    def queryset(self, request: HttpRequest, rows: Rows) -> Rows:
        return rows.filter(type__in=chosen) if (chosen := self.value()) else rows


class HealthFilter(CheckboxFilter):  # type: ignore[misc]
    title = "health"
    parameter_name = "health"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Options:
        return list(Health.choices)

    def queryset(self, request: HttpRequest, rows: Rows) -> Rows:
        return rows.filter(state__health__in=chosen) if (chosen := self.value()) else rows


class EnvironmentFilter(DropdownFilter):  # type: ignore[misc]
    """By name: the same stage exists in many tenants, and together with the tenant it is one of them."""

    title = "environment"
    parameter_name = "environment"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Options:
        known = model_admin.admin_site.get_model_admin(Environment).get_queryset(request)
        names = known.order_by("name").values_list("name", flat=True).distinct()
        return [(name, name) for name in names[:MOST]]

    def queryset(self, request: HttpRequest, rows: Rows) -> Rows:
        return rows.filter(environment__name=name) if (name := self.value()) else rows


class StateFilter(RadioFilter):  # type: ignore[misc]
    """What is archived was put away: it is listed only when asked for."""

    title = "state"
    parameter_name = "state"
    all_option = ("", "Enabled and disabled")

    def lookups(self, request: HttpRequest, model_admin: Any) -> Options:
        return [("enabled", "Enabled"), ("disabled", "Disabled"), ("archived", "Archived"), ("every", "Everything")]

    def queryset(self, request: HttpRequest, rows: Rows) -> Rows:
        match self.value():
            case "archived":
                return rows.exclude(archived_at=None)
            case "every":
                return rows
            case "enabled":
                return rows.filter(archived_at=None, disabled_at=None)
            case "disabled":
                return rows.filter(archived_at=None).exclude(disabled_at=None)
        return rows.filter(archived_at=None)
