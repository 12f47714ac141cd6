"""Filters of lists, shared by every surface: strict about values, silent about nothing."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import JSONField, Lookup, Q, QuerySet
from django_filters import CharFilter, Filter, FilterSet, UUIDFilter
from django_filters.fields import IsoDateTimeField

from connectors import registry
from destinations.models import ALL_TOPICS, ConnectionCheck, Health

MAX_TEXT = 255
SWITCH = ("true", "false")


def options(field: forms.ChoiceField) -> list[str]:
    choices: Any = field.choices
    return [str(name) for name, _ in choices]


class CommaSelect(forms.SelectMultiple):
    """Values given several times, separated by commas, or both."""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[str]:
        given = super().value_from_datadict(data, files, name) or []
        return [value for text in ([given] if isinstance(given, str) else given) for value in text.split(",")]


class ChoicesField(forms.MultipleChoiceField):
    """Some of `choices`, which may be a callable because types are known only once all are loaded."""

    widget = CommaSelect

    def validate(self, value: list[str]) -> None:
        names = options(self)
        if unknown := [text for text in value if text not in names]:
            raise ValidationError(f"“{unknown[0]}” is not one of: {', '.join(names)}.", code="choice")


class ChoiceField(forms.ChoiceField):
    def validate(self, value: str) -> None:
        names = options(self)
        if value and value not in names:
            raise ValidationError(f"This must be one of: {', '.join(names)}.", code="choice")


class TimeField(IsoDateTimeField):  # type: ignore[misc]
    """A moment in ISO 8601, in UTC where it names no zone."""

    default_error_messages: ClassVar = {"invalid": "This must be a date and time such as 2026-01-31T12:00:00Z."}

    def to_python(self, value: Any) -> datetime | None:
        moment = super().to_python(value)
        try:
            return moment.astimezone(UTC) if moment else None
        except OverflowError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None


class ChoicesFilter(Filter):  # type: ignore[misc]
    field_class = ChoicesField

    def __init__(self, field_name: str, choices: Any, **kwargs: Any) -> None:
        super().__init__(field_name, "in", choices=choices, **kwargs)


class SwitchFilter(Filter):  # type: ignore[misc]
    field_class = ChoiceField

    def __init__(self, *, more: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(choices=[(name, name) for name in (*SWITCH, *more)], **kwargs)


class TimeFilter(Filter):  # type: ignore[misc]
    field_class = TimeField


class IdFilter(UUIDFilter):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, error_messages={"invalid": "This must be a UUID."}, **kwargs)


class TextFilter(CharFilter):  # type: ignore[misc]
    """Text exactly as sent. Its length is bounded because SQLite refuses patterns that are very long."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, strip=False, max_length=MAX_TEXT, **kwargs)


@JSONField.register_lookup
class ListHolds(Lookup):
    """Whether a JSON list holds this text. Django's own `contains` does not work on SQLite."""

    lookup_name = "list_holds"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, left = self.process_lhs(compiler, connection)
        value, right = self.process_rhs(compiler, connection)
        if connection.vendor == "sqlite":
            sql = f"EXISTS (SELECT 1 FROM json_each({column}) WHERE value = {value})"  # noqa: S608  column names only
        else:
            sql = f"jsonb_exists({column}, {value})"
        return sql, (*left, *right)


def _types() -> list[tuple[str, str]]:
    return [(name, name) for name in registry.names()]


class DestinationFilter(FilterSet):  # type: ignore[misc]
    """Archived destinations are left out unless `archived` asks for them."""

    tenant = TextFilter("tenant", help_text="Of this tenant.")
    type = ChoicesFilter("type", _types, help_text="Of any of these types.")
    name = TextFilter("name", "icontains", help_text="Whose name holds this text, in large or small letters.")
    uid = TextFilter("uid", help_text="With exactly this uid.")
    q = TextFilter(method="search", help_text="Whose name, uid, slug or description holds this text.")
    environment = IdFilter("environment", help_text="In this environment.")
    topic = TextFilter(method="receives", help_text="That receive this topic: it is listed, or all topics are.")
    health = ChoicesFilter("state__health", Health.choices, help_text="Whose health is any of these.")
    enabled = SwitchFilter(method="is_enabled", help_text="That are enabled, or disabled.")
    archived = SwitchFilter(
        more=("any",), method="is_archived", help_text="That are archived. Without it only those that are not."
    )
    created_after = TimeFilter("created", "gte", help_text="Created at this time or later.")
    created_before = TimeFilter("created", "lt", help_text="Created before this time.")
    updated_after = TimeFilter("updated", "gte", help_text="Changed at this time or later.")
    updated_before = TimeFilter("updated", "lt", help_text="Changed before this time.")

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        filtered: QuerySet[Any] = super().filter_queryset(queryset)
        return filtered if self.form.cleaned_data.get("archived") else filtered.filter(archived_at=None)

    def search(self, queryset: QuerySet[Any], _name: str, text: str) -> QuerySet[Any]:
        columns = ("name", "uid", "slug", "description")
        return queryset.filter(Q(*[(f"{column}__icontains", text) for column in columns], _connector=Q.OR))

    def receives(self, queryset: QuerySet[Any], _name: str, topic: str) -> QuerySet[Any]:
        return queryset.filter(Q(topics__list_holds=topic) | Q(topics__list_holds=ALL_TOPICS[0]))

    def is_enabled(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(disabled_at__isnull=value == "true")

    def is_archived(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        return queryset if value == "any" else queryset.filter(archived_at__isnull=value == "false")


class CheckFilter(FilterSet):  # type: ignore[misc]
    """Of the checks of one destination."""

    status = ChoicesFilter("status", ConnectionCheck.Status.choices, help_text="In any of these states.")
    trigger = ChoicesFilter("trigger", ConnectionCheck.Trigger.choices, help_text="Made for any of these reasons.")
    created_after = TimeFilter("queued_at", "gte", help_text="Asked for at this time or later.")
    created_before = TimeFilter("queued_at", "lt", help_text="Asked for before this time.")


class EveryCheckFilter(CheckFilter):
    tenant = TextFilter("destination__tenant", help_text="Of destinations of this tenant.")
    destination = IdFilter("destination__uuid", help_text="Of the destination with this id.")
