"""The form of a type, as Outpost's own console and its customers' are built from it."""

from typing import Any

from destinations.dialects.outpost.fields import Field
from destinations.dialects.outpost.generations import Client
from destinations.dialects.outpost.types import Type

# By family; each is drawn in a box of 24 by 24.
ICONS = {
    "HTTP": "M3 12h18M12 3a9 9 0 0 1 0 18M12 3a9 9 0 0 0 0 18M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18Z",
    "message brokers": "M3 7h18v10H3zM3 7l9 6 9-6",
    "object storage": "M4 6h16l-2 14H6zM4 6a8 2.5 0 0 1 16 0 8 2.5 0 0 1-16 0Z",
}


def schema(type_: Type, client: Client) -> dict[str, Any]:
    connector = type_.connector
    body: dict[str, Any] = {
        "type": type_.name,
        "label": type_.label,
        "description": (type(connector).__doc__ or "").strip(),
        "icon": _icon(connector.family),
        "instructions": f"**Rights.** {connector.rights}\n\n**What a connection check does.** {connector.effect}",
        "config_fields": _fields(type_, type_.config, client),
        "credential_fields": _fields(type_, type_.credentials, client),
    }
    if type_.setup_link:
        body["setup_link"] = dict(zip(("href", "cta"), type_.setup_link, strict=True))
    return body


def _icon(family: str) -> str:
    stroke = 'fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" {stroke}><path d="{ICONS[family]}"/></svg>'


def _fields(type_: Type, fields: tuple[Field, ...], client: Client) -> list[dict[str, Any]]:
    return [_field(type_, field) for field in fields if field.listed and field.kind in client.fields]


def _field(type_: Type, field: Field) -> dict[str, Any]:
    optional = {
        "default": field.default,
        "pattern": field.pattern,
        "sensitive": field.sensitive,
        "options": [{"label": label, "value": value} for label, value in field.options],
    }
    return {
        "type": field.kind,
        "label": field.label,
        "description": _description(type_, field.codec.natives[0]),
        "key": field.key,
        "required": field.required,
        **{name: value for name, value in optional.items() if value},
    }


def _description(type_: Type, native: str) -> str:
    sections = (type_.connector.config, type_.connector.credentials)
    return next(str(section.fields[native].help_text) for section in sections if native in section.fields)
