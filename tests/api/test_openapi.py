"""The published document: valid, complete, and the same as the one that is committed."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from connectors import registry
from connectors.schema import config_schema, credentials_schema, field_schema
from destinations.api import outputs
from destinations.api.base import ApiViewSet
from tests.api.client import document, validator
from tests.api.test_access import ROUTES

COMMITTED = Path(__file__).with_name("openapi.json")
REMEDY = "Run: python3 manage.py spectacular --format openapi-json --file tests/api/openapi.json"


def test_is_what_is_committed():
    assert json.loads(COMMITTED.read_text()) == document(), REMEDY


def test_is_valid_and_made_without_a_warning():
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", stdout=StringIO())


def test_is_of_version_3_1_and_names_no_other_host():
    assert document()["openapi"].startswith("3.1")
    assert "servers" not in document()


def test_describes_every_route_and_nothing_else():
    described = {
        (method.upper(), path.removeprefix("/api/v1/").replace("{", "<").replace("}", ">"))
        for path, operations in document()["paths"].items()
        for method in operations
    }
    assert described == set(ROUTES)


def test_every_operation_has_a_name_a_summary_a_way_in_and_a_problem():
    operations = [operation for path in document()["paths"].values() for operation in path.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    for operation in operations:
        assert operation["summary"]
        assert operation["security"] == [{"key": []}, {"session": []}]
        assert operation["responses"]["default"] == {"$ref": "#/components/responses/Problem"}


def test_creating_takes_one_schema_for_each_type():
    schema = document()["components"]["schemas"]["DestinationInput"]
    assert set(schema["discriminator"]["mapping"]) == set(registry.names())
    assert len(schema["oneOf"]) == len(registry.names())


@pytest.mark.parametrize(
    ("body", "valid"),
    [
        ({"type": "webhook", "config": {"url": "https://a.example"}}, True),
        ({"type": "webhook", "config": {}}, False),
        ({"type": "webhook"}, False),
        ({"type": "fax", "config": {"url": "https://a.example"}}, False),
        ({"type": "webhook", "config": {"url": "https://a.example", "x": 1}}, False),
        ({"type": "webhook", "config": {"url": "ftp://a.example"}}, False),
        ({"type": "webhook", "config": {"url": "https://a.example", "method": "GET"}}, False),
        ({"type": "webhook", "config": {"url": "https://a.example"}, "credentials": {"secret": ""}}, False),
        ({"type": "webhook", "config": {"url": "https://a.example"}, "slug": "x"}, False),
    ],
)
def test_the_schema_of_a_type_tells_good_from_bad(body, valid):
    assert validator("#/components/schemas/DestinationInput").is_valid(body) is valid


def test_its_examples_are_valid_and_hold_no_secret():
    examples = document()["paths"]["/api/v1/destinations"]["post"]["requestBody"]["content"]["application/json"][
        "examples"
    ]
    for example in examples.values():
        validator("#/components/schemas/DestinationInput").validate(example["value"])
        assert "credentials" not in example["value"]


def test_every_resource_shows_its_columns_by_name():
    """So that no list reads a column, least of all the ciphertext, that nobody is shown."""
    shapes = [view.shape for view in ApiViewSet.__subclasses__() if hasattr(view, "shape")]
    assert len(shapes) == 10
    for shape in shapes:
        assert not [column for column in shape.columns if "sealed" in column or "digest" in column]


@pytest.mark.parametrize("connector", list(registry.every()), ids=lambda connector: connector.type)
def test_json_schema_of_a_type_marks_every_secret_and_no_other(connector):
    for schema in (config_schema(connector), credentials_schema(connector)):
        Draft202012Validator.check_schema(schema)
    for section in (connector.config, connector.credentials):
        for name, field in section.fields.items():
            assert bool(field_schema(field).get("writeOnly")) is (
                section is connector.credentials and name in connector.secrets
            )


def test_a_kind_of_field_without_a_schema_is_named():
    with pytest.raises(TypeError, match="Step"):
        field_schema(outputs.Step())
