"""OpenAPI, derived: operations from the views, bodies from the serializers, one schema for each destination type."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from connectors import registry
from connectors.base import Connector, Section
from connectors.schema import section_schema
from destinations.api.errors import MEDIA_TYPE, PREFIX
from destinations.api.parameters import taken

Json = dict[str, Any]
PATHS = "/api/v1/"
LOCATION = {"description": "Where it can be read.", "schema": {"type": "string"}}
ETAG = {"description": "Names the revision, for If-Match.", "schema": {"type": "string"}}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "description": "The ETag of what you have read: 412, and no change, if it was changed since.",
    "schema": {"type": "string"},
}
TEXT: Json = {"type": "string"}
PROBLEM: Json = {
    "type": "object",
    "description": "RFC 9457. `errors` names every fault that was found; `path` is dotted, empty for the whole.",
    "required": ["type", "title", "status", "detail", "errors"],
    "properties": {
        "type": {**TEXT, "examples": [f"{PREFIX}invalid"]},
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": TEXT,
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["path", "code", "message"],
                "properties": {"path": TEXT, "code": TEXT, "message": TEXT},
            },
        },
    },
}


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "tenants.authentication.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: AutoSchema) -> Json:
        return {"type": "http", "scheme": "bearer", "description": "An API key."}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "tenants.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> Json:
        text = "The session of the admin. Whatever changes something needs the header X-CSRFToken too."
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME, "description": text}


class ApiSchema(AutoSchema):
    """Adds what the views have in common, so that each says only what is its own."""

    view: Any

    def get_operation(self, *args: Any) -> Json | None:
        operation: Json = super().get_operation(*args) or {}
        for status, response in operation["responses"].items():
            if headers := self._headers(status):
                response["headers"] = headers
        operation["responses"]["default"] = {"$ref": "#/components/responses/Problem"}
        return operation

    def get_operation_id(self) -> str:
        return f"{self.view.basename}_{self.view.action}".replace("-", "_")

    def get_summary(self) -> str:
        """The first sentence of the action's docstring; the rest is the description."""
        return self._docstring()[0].rstrip(".")

    def get_description(self) -> str:  # type: ignore[override]
        return self._docstring()[2].strip()

    def get_paginated_name(self, serializer_name: str) -> str:
        return f"{serializer_name}Page"

    def _docstring(self) -> tuple[str, str, str]:
        return " ".join(str(super().get_description()).split()).partition(". ")

    def _get_parameters(self) -> list[Json]:
        own = [parameter.described() for parameter in taken(self.view)]
        guard = [IF_MATCH] if self.view.versioned and self.view.detail and self.method != "GET" else []
        return [*super()._get_parameters(), *own, *guard]

    def _headers(self, status: str) -> Json:
        headers: Json = {"Location": LOCATION} if status in ("201", "202") else {}
        if self.view.versioned and status in ("200", "201") and (self.view.detail or status == "201"):
            headers["ETag"] = ETAG
        return headers

    def _map_serializer(self, serializer: Any, direction: Any, bypass_extensions: bool = False) -> Json:
        """What comes in is a strict section, as of a type, and described by the same hand."""
        if not isinstance(serializer, Section):
            return super()._map_serializer(serializer, direction, bypass_extensions)  # type: ignore[no-any-return,no-untyped-call]
        schema = section_schema(serializer)
        if serializer.partial:
            schema.pop("required", None)
        return schema


def native_only(endpoints: list[Any]) -> list[Any]:
    """A preprocessing hook: this document is of the native API, not of the dialects."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith(PATHS)]


def add_components(result: Json, **_kwargs: Any) -> Json:
    """A postprocessing hook: the problem, and what creating a destination of each type takes."""
    components = result["components"]
    schemas = components["schemas"]
    schemas["Problem"] = PROBLEM
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    components["responses"] = {"Problem": {"description": "What is wrong.", "content": content}}
    anything = schemas["DestinationInput"]
    mapping = {}
    for connector in registry.every():
        name = type(connector).__name__
        schemas[f"{name}Config"] = section_schema(connector.config)
        schemas[f"{name}Credentials"] = section_schema(connector.credentials)
        schemas[f"{name}Input"] = _input_of(connector, name, anything)
        mapping[connector.type] = f"#/components/schemas/{name}Input"
    schemas["DestinationInput"] = {
        "oneOf": [{"$ref": target} for target in mapping.values()],
        "discriminator": {"propertyName": "type", "mapping": mapping},
    }
    components["schemas"] = dict(sorted(schemas.items()))
    return _without_marks(result)  # type: ignore[no-any-return]


def _without_marks(value: Any) -> Any:
    """Without what the generator's own treatment of enums, which is not used here, would have taken out."""
    if isinstance(value, dict):
        return {key: _without_marks(inner) for key, inner in value.items() if key != "x-spec-enum-id"}
    return [_without_marks(inner) for inner in value] if isinstance(value, list) else value


def _input_of(connector: Connector, name: str, anything: Json) -> Json:
    sections = {"config": connector.config, "credentials": connector.credentials}
    needed = [key for key, section in sections.items() if any(field.required for field in section.fields.values())]
    own = {key: {"$ref": f"#/components/schemas/{name}{key.capitalize()}"} for key in sections}
    # Credentials of its own or shared ones: the one or the other has to be there.
    either = [{"required": [name]} for name in ("credentials", "auth_credential")] if "credentials" in needed else []
    return {
        **anything,
        "description": connector.label,
        "required": ["type", *(["config"] if "config" in needed else [])],
        **({"anyOf": either} if either else {}),
        "properties": {**anything["properties"], "type": {"type": "string", "const": connector.type}, **own},
    }
