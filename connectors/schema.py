"""JSON Schema 2020-12 of a type's config and credentials, derived from its declaration."""

from typing import Any

from rest_framework import serializers
from rest_framework.fields import empty

from connectors.base import Declaration, Section
from connectors.fields import Field, HeadersField, PatternField, UrlField, is_secret

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]
_PLAIN: dict[type[Field], Schema] = {
    serializers.BooleanField: {"type": "boolean"},
    serializers.DateTimeField: {"type": "string", "format": "date-time"},
    serializers.DictField: {"type": "object"},
    serializers.UUIDField: {"type": "string", "format": "uuid"},
}


def config_schema(what: Declaration) -> Schema:
    return {"$schema": DIALECT, "title": f"{what.label}: {what.parts[0]}", **section_schema(what.config)}


def credentials_schema(what: Declaration) -> Schema:
    return {"$schema": DIALECT, "title": f"{what.label}: {what.parts[1]}", **section_schema(what.credentials)}


def section_schema(section: Section) -> Schema:
    fields = section.fields
    schema: Schema = {"type": "object", "properties": {name: field_schema(field) for name, field in fields.items()}}
    if required := [name for name, field in fields.items() if field.required]:
        schema["required"] = required
    return {**schema, "additionalProperties": False}


def field_schema(field: Field) -> Schema:
    """Raises TypeError for a kind of field that nobody has said the schema of."""
    schema = _told(field) | _kind(field)
    if isinstance(schema["type"], str) and field.allow_null:
        schema["type"] = [schema["type"], "null"]
    if is_secret(field):
        schema["writeOnly"] = True
    if field.default is not empty and not callable(field.default):
        schema["default"] = field.default
    return schema


def _told(field: Field) -> Schema:
    told = {"title": field.label, "description": field.help_text}
    return {key: str(text) for key, text in told.items() if text}


def _kind(field: Field) -> Schema:
    match field:
        case serializers.IntegerField():
            return {"type": "integer"} | _given(minimum=field.min_value, maximum=field.max_value)
        case serializers.ChoiceField():
            return {"type": "string", "enum": list(field.choices)}
        case HeadersField():
            value = {"type": "string", "minLength": 1} | ({"format": "password"} if field.secret else {})
            return {"type": "object", "propertyNames": _pattern(field.NAME.pattern), "additionalProperties": value}
        case serializers.ListField():
            limits = _given(minItems=field.min_length, maxItems=field.max_length)
            return {"type": "array", "items": field_schema(field.child), **limits}
        case serializers.CharField():
            return _text(field)
    for cls, schema in _PLAIN.items():
        if isinstance(field, cls):
            return dict(schema)
    raise TypeError(f"There is no JSON Schema for a field of the class {type(field).__name__}.")


def _text(field: serializers.CharField) -> Schema:
    schema: Schema = {"type": "string"}
    if minimum := field.min_length or (0 if field.allow_blank else 1):
        schema["minLength"] = minimum
    schema |= _given(maxLength=field.max_length)
    if isinstance(field, PatternField):
        schema |= _pattern(f"({field.pattern})?" if field.allow_blank else field.pattern)
    if isinstance(field, UrlField):
        schema |= {"format": "uri"} | _pattern(f"({'|'.join(field.schemes)})://.+")
    if is_secret(field):
        schema["format"] = "password"
    return schema


def _pattern(pattern: str) -> Schema:
    """A whole match, as ours are; JSON Schema's own would match anywhere in the text."""
    return {"pattern": f"^(?:{pattern})$"}


def _given(**limits: int | None) -> Schema:
    return {name: limit for name, limit in limits.items() if limit is not None}
