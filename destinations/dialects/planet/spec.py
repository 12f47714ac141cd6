"""The OpenAPI document, made of the table of types."""

from collections.abc import Iterable
from typing import Any

from destinations.dialects.planet.listing import FIELDS, FILTERS
from destinations.dialects.planet.types import TYPES, Field, Type
from destinations.dialects.planet.writing import LONGEST, PATCH, SHORTEST

Schema = dict[str, Any]

_STRING, _FLAG, _TIME = {"type": "string"}, {"type": "boolean"}, {"type": "string", "format": "date-time"}
_NAME = {"type": "string", "minLength": SHORTEST, "maxLength": LONGEST}
_TYPE = {"type": "string", "enum": list(TYPES)}
_ERRORS = {400: "The request cannot be obeyed.", 401: "Nobody is signed in.", 403: "The caller may not do this."}
_ERRORS |= {
    404: "There is no such destination.",
    409: "Another destination has this name.",
    500: "A fault of Landfall.",
}


def document(root: str) -> Schema:
    """`root` is the absolute URL of the list of destinations."""
    return {
        "openapi": "3.0.3",
        "info": {"title": "Destinations", "version": "1", "description": "Where an organisation's data is delivered."},
        "servers": [{"url": root}],
        "security": [{"JWT": []}, {"ApiKey": []}, {"BasicAuth": []}],
        "paths": {"/": _collection(), "/spec": _spec(), "/default": _default(), "/{destination_id}": _single()},
        "components": {"schemas": _schemas(), "securitySchemes": _security()},
    }


def _collection() -> Schema:
    flags = [_query(name, _FLAG) for name in ("archived", *FILTERS)]
    about = f"Fields with commas between, each with ASC or DESC or nothing: {', '.join(FIELDS)}."
    sort_by = _query("sort_by", {"type": "string", "default": "created DESC", "description": about})
    return {
        "get": {"parameters": [*flags, sort_by], **_answers("Destinations", 200, 400, 401, 500)},
        "post": {**_body("CreateDestination"), **_answers("Destination", 201, 400, 401, 403, 409, 500)},
    }


def _spec() -> Schema:
    described = {"description": "This document.", "content": {"application/json": {"schema": {"type": "object"}}}}
    return {"get": {"responses": {"200": described, **_refusals(401, 500)}}}


def _default() -> Schema:
    unset = {"204": {"description": "There is no default any more."}, **_refusals(401, 403, 404)}
    return {
        "get": _answers("Destination", 200, 401, 404),
        "put": {**_body("DefaultDestination"), **_answers("Destination", 200, 400, 401, 403)},
        "delete": {"responses": unset},
    }


def _single() -> Schema:
    about = "The id, or the pl:ref."
    path = {"name": "destination_id", "in": "path", "required": True, "schema": _STRING, "description": about}
    return {
        "parameters": [path],
        "get": _answers("Destination", 200, 401, 404),
        "patch": {**_body("PatchDestination"), **_answers("Destination", 200, 400, 401, 403, 404, 409)},
    }


def _query(name: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "schema": schema}


def _body(schema: str) -> Schema:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": _ref(schema)}}}}


def _answers(schema: str, status: int, *errors: int) -> Schema:
    success = {"description": "Done.", "content": {"application/json": {"schema": _ref(schema)}}}
    return {"responses": {str(status): success, **_refusals(*errors)}}


def _refusals(*statuses: int) -> Schema:
    content = {"application/json": {"schema": _ref("Error")}}
    return {str(status): {"description": _ERRORS[status], "content": content} for status in statuses}


def _schemas() -> Schema:
    shown = [_ref(f"{_title(type_)}Parameters") for type_ in TYPES.values()]
    patched = [_ref(f"{_title(type_)}PatchParameters") for type_ in TYPES.values()]
    created = _object({"type": _TYPE, "name": {**_NAME, "nullable": True}, "parameters": {"oneOf": shown}})
    patch = _object({"archive": _FLAG, "name": _NAME, "parameters": {"anyOf": patched}}, required=())
    return {
        "Destination": _destination({"oneOf": shown}),
        "Destinations": _object(
            {"_links": _links(), "destinations": {"type": "array", "items": _ref("Destination")}}, closed=False
        ),
        "CreateDestination": created | {"required": ["type", "parameters"]},
        "PatchDestination": patch | {"anyOf": [{"required": [name]} for name in PATCH]},
        "DefaultDestination": _object({"destination_id": _STRING}),
        "Error": _object({"code": {"type": "integer"}, "message": _STRING}, closed=False),
        **{f"{_title(type_)}Parameters": _parameters(type_.fields) for type_ in TYPES.values()},
        **{f"{_title(type_)}PatchParameters": _parameters(type_.patch) for type_ in TYPES.values()},
    }


def _destination(parameters: Schema) -> Schema:
    properties = {
        "_links": _links(),
        "archived": {**_TIME, "nullable": True},
        "created": _TIME,
        "default": _FLAG,
        "id": _STRING,
        "name": _STRING,
        "ownership": _object({"is_owner": _FLAG, "owner_id": {"type": "integer"}}, closed=False),
        "parameters": parameters,
        "permissions": _object({"can_write": _FLAG}, closed=False),
        "pl:ref": _STRING,
        "type": _TYPE,
        "updated": _TIME,
    }
    return _object(properties, closed=False)


def _parameters(fields: Iterable[Field]) -> Schema:
    properties = {field.key: _property(field) for field in fields}
    return _object(properties, required=[field.key for field in fields if field.required])


def _property(field: Field) -> Schema:
    kind = _FLAG if field.codec.json is bool else {"type": "string", "minLength": 1}
    return {**kind, "description": field.meaning, **({"nullable": True} if field.nullable else {})}


def _object(properties: Schema, *, required: Iterable[str] | None = None, closed: bool = True) -> Schema:
    names = list(properties if required is None else required)
    schema: Schema = {"type": "object", "properties": properties, **({"required": names} if names else {})}
    return schema | ({"additionalProperties": False} if closed else {})


def _links() -> Schema:
    return _object({"_self": {"type": "string", "format": "uri"}}, closed=False)


def _security() -> Schema:
    about = "`api-key`, a blank and an API key of the organisation."
    return {
        "JWT": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "ApiKey": {"type": "apiKey", "in": "header", "name": "Authorization", "description": about},
        "BasicAuth": {"type": "http", "scheme": "basic", "description": "The API key as the user, no password."},
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _title(type_: Type) -> str:
    return "".join(word.capitalize() for word in type_.name.split("_"))
