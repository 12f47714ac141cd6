"""The OpenAPI document is what the API does: schemathesis asks for what the document allows, and for what it does not,
and holds every answer against it."""

import json
from typing import Any

import pytest
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi import checks as openapi

from config.handling import Handler
from tests.api.client import ROOT
from tests.hostile.asking import Request, connection_kept, undone
from tests.hostile.effort import asking

DOCUMENT = json.loads(Request("GET", f"{ROOT}openapi.json").send().content)
SCHEMA: Any = schemathesis.openapi.from_dict(DOCUMENT)
SCHEMA.app = Handler()
OPERATIONS = [(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods]
#: All but one: that whatever fits a schema is taken, since no schema says what a cursor is, or which names are taken.
CHECKS = [
    not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_headers_conformance,
    openapi.response_schema_conformance,
    openapi.negative_data_rejection,
    openapi.ignored_auth,
    openapi.missing_required_header,
    openapi.unsupported_method,
    openapi.allow_header_conformance,
]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_operation_answers_as_it_is_described(world, method, path):
    operation = SCHEMA[path][method]
    headers = {"Authorization": f"Bearer {world.secret}", "Host": "localhost"}
    there = {name: world.value(path.replace("{", "%("), name) for name in operation_parameters(path)}

    @asking(0.2)
    @given(st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode)), st.booleans())
    def check(case: Any, is_there: bool) -> None:
        path = case.meta.components.get(ParameterLocation.PATH)
        if is_there and path and path.mode == GenerationMode.POSITIVE:
            case.path_parameters = there
        with undone(), connection_kept():
            case.call_and_validate(headers=headers, checks=CHECKS)

    check()


def operation_parameters(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]
