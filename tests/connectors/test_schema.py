import json
import re

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from rest_framework.serializers import FloatField

from connectors.base import Section
from connectors.fields import (
    ChoiceField,
    FlagField,
    HeadersField,
    IntegerField,
    PatternField,
    PortField,
    SecretField,
    TextField,
    UrlField,
)
from connectors.schema import field_schema, section_schema

TEXT = {"type": "string", "minLength": 1}


class Sample(Section):
    host = TextField(label="Host", help_text="Where it is.")
    port = PortField(default=5432)
    password = SecretField(required=False, default=lambda: "made up")


@pytest.mark.parametrize(
    ("field", "schema"),
    [
        (TextField(), TEXT),
        (TextField(allow_blank=True, max_length=5), {"type": "string", "maxLength": 5}),
        (TextField(min_length=3), {"type": "string", "minLength": 3}),
        (TextField(allow_null=True), {"type": ["string", "null"], "minLength": 1}),
        (PatternField("a|b", "Say a or b."), {**TEXT, "pattern": "^(?:a|b)$"}),
        (PatternField("a|b", "Say a or b.", allow_blank=True), {"type": "string", "pattern": "^(?:(a|b)?)$"}),
        (UrlField(("amqps",)), {**TEXT, "maxLength": 2000, "format": "uri", "pattern": "^(?:(amqps)://.+)$"}),
        (SecretField(), {**TEXT, "format": "password", "writeOnly": True}),
        (IntegerField(min_value=1), {"type": "integer", "minimum": 1}),
        (PortField(), {"type": "integer", "minimum": 1, "maximum": 65535}),
        (FlagField(default=False), {"type": "boolean", "default": False}),
        (ChoiceField(choices=("a", "b"), default="a"), {"type": "string", "enum": ["a", "b"], "default": "a"}),
    ],
)
def test_each_kind_of_field_has_its_schema(field, schema):
    assert field_schema(field) == schema


@pytest.mark.parametrize("secret", [True, False])
def test_headers_are_an_object_of_texts(secret):
    schema = field_schema(HeadersField(secret=secret))
    Draft202012Validator.check_schema(schema)
    judge = Draft202012Validator(schema)
    assert judge.is_valid({"X-Team": "blue"})
    for bad in ('{"X Team": "blue"}', '{"X-Team": ""}', '{"X-Team": 1}', "[]"):
        assert not judge.is_valid(json.loads(bad))
    assert schema.get("writeOnly", False) is secret


def test_a_section_is_strict_and_tells_what_it_needs():
    assert section_schema(Sample()) == {
        "type": "object",
        "properties": {
            "host": {**TEXT, "title": "Host", "description": "Where it is."},
            "port": {"title": "Port", "type": "integer", "minimum": 1, "maximum": 65535, "default": 5432},
            "password": {**TEXT, "title": "Password", "format": "password", "writeOnly": True},
        },
        "required": ["host"],
        "additionalProperties": False,
    }


def test_a_pattern_is_matched_as_a_whole():
    pattern = field_schema(PatternField("a|bc", "Say a or bc."))["pattern"]
    assert [bool(re.search(pattern, text)) for text in ("a", "bc", "ac", "abc", "xa")] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_an_unknown_kind_of_field_is_named():
    with pytest.raises(TypeError, match="FloatField"):
        field_schema(FloatField())
