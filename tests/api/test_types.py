import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from connectors import registry

pytestmark = pytest.mark.django_db


def test_lists_every_type_with_what_a_form_needs(vera):
    answer = vera.get("destination-types")
    assert [item["type"] for item in answer.body["items"]] == list(registry.names())
    assert answer.body["next"] is None
    webhook = vera.get("destination-types/webhook").body
    assert webhook in answer.body["items"]
    assert (webhook["label"], webhook["available"]) == ("Webhook", True)
    assert webhook["steps"][0] == "resolve"
    assert webhook["effect"].endswith(".")
    assert webhook["config_schema"]["required"] == ["url"]
    secret = webhook["credentials_schema"]["properties"]["secret"]
    assert secret == secret | {"type": "string", "format": "password", "writeOnly": True, "title": "Signing secret"}
    assert "default" not in secret


@pytest.mark.parametrize("section", ["config_schema", "credentials_schema"])
def test_the_schemas_are_valid_json_schema(vera, section):
    for item in vera.get("destination-types").body["items"]:
        Draft202012Validator.check_schema(item[section])
        assert item[section]["additionalProperties"] is False


def test_a_type_whose_driver_is_missing_says_so(vera, monkeypatch):
    monkeypatch.setitem(registry.get("webhook").__dict__, "available", False)
    assert vera.get("destination-types/webhook").body["available"] is False


def test_there_is_no_other_type(vera):
    assert vera.get("destination-types/fax").status == 404
    assert vera.get("destination-types?name=x").status == 400
