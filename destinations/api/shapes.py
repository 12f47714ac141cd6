"""What a row looks like in an answer: one declaration for the columns read, the JSON and the OpenAPI schema."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from rest_framework import serializers

Row = Mapping[str, Any]


def moment(value: datetime | None) -> str | None:
    """RFC 3339 in UTC; the database hands out UTC only."""
    return None if value is None else value.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


class Shape(serializers.Serializer[Any]):
    """Declared like a serializer, with columns as `source`. It shows rows of `values(*shape.columns)`, not models:
    building models would cost more than all the rest, and would read columns that nobody is shown.

    A SerializerMethodField computes from the columns of the other fields. A nested shape's `source` is a relation.
    """

    @cached_property
    def columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(column for field in self.fields.values() for column in _columns(field)))

    def show(self, row: Row) -> dict[str, Any]:
        return {name: value(row) for name, value in self._values}

    @cached_property
    def _values(self) -> list[tuple[str, Callable[[Row], Any]]]:
        return [(name, self._value(field)) for name, field in self.fields.items()]

    def _value(self, field: Any) -> Callable[[Row], Any]:
        if isinstance(field, serializers.SerializerMethodField):
            computed: Callable[[Row], Any] = getattr(self, f"get_{field.field_name}")
            return computed
        if isinstance(field, Shape):
            return lambda row: _nested(field, row)
        column = str(field.source)
        if isinstance(field, serializers.DateTimeField):
            return lambda row: moment(row[column])
        if isinstance(field, serializers.UUIDField):
            return lambda row: _text(row[column])
        return lambda row: row[column]


def _columns(field: Any) -> list[str]:
    if isinstance(field, serializers.SerializerMethodField):
        return []
    if isinstance(field, Shape):
        return [f"{field.source}__{column}" for column in field.columns]
    return [str(field.source)]


def _nested(shape: Shape, row: Row) -> dict[str, Any] | None:
    """None when the relation leads nowhere, which the first column of the shape, its key, tells."""
    inner = {column: row[f"{shape.source}__{column}"] for column in shape.columns}
    return None if inner[shape.columns[0]] is None else shape.show(inner)
