"""A destination as Outpost shows it: every value a text, secrets in its own masks."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from connectors.fields import mask_text
from connectors.signing import rfc3339
from destinations.dialects.outpost.fields import Fault, Field, Values
from destinations.dialects.outpost.types import REVEALED, TYPES, Type
from destinations.models import Destination
from destinations.sealing import SecretUnreadable
from tenants.models import Role
from tenants.principals import Principal

EXTRA = "outpost"  # the key of what only Outpost's clients know, in `extra` and `secret_extra`
PREVIOUS, PREVIOUS_END = "previous_secret", "previous_secret_invalid_at"


def shown(row: Destination, principal: Principal) -> dict[str, Any]:
    type_, extra = TYPES[row.type], row.extra.get(EXTRA, {})
    body = {
        "id": row.uid,
        "tenant_id": row.tenant_id,
        "type": row.type,
        "name": row.name,
        "topics": row.topics,
        "config": config_of(row),
        "credentials": credentials_of(row, writer=principal.may(Role.EDITOR, row.tenant_id, row.environment_id)),
        "created_at": rfc3339(row.created),
        "updated_at": rfc3339(row.updated),
        "disabled_at": row.disabled_at and rfc3339(row.disabled_at),
        "target": type_.target_of(row.config, row.topics),
        "last_check": _last_check(row),
    }
    optional = {
        "filter": extra.get("filter"),
        "metadata": texts(row.metadata),
        "delivery_metadata": readable_extra(row).get("delivery_metadata"),
        "target_url": type_.page(row.config),
    }
    return body | {name: value for name, value in optional.items() if value}


def config_of(row: Destination) -> dict[str, str]:
    """The config in Outpost's words, in the spelling it was sent in where that means what is stored."""
    type_, kept = TYPES[row.type], row.extra.get(EXTRA, {}).get("config", {})
    declared = {field.key: text for field in type_.config if (text := _text(field, row.config, kept)) is not None}
    return declared | {key: text for key, text in kept.items() if all(field.key != key for field in type_.config)}


def credentials_of(row: Destination, *, writer: bool) -> dict[str, str]:
    """Masked, but for the signing secret of a webhook, which Outpost shows: here to those only who may write."""
    type_ = TYPES[row.type]
    values: Values = _outposts_own(type_, row) if writer and type_.opened else row.masked
    found = {field.key: text for field in type_.credentials if (text := field.codec.show(values)) is not None}
    if _is_over(found.get(PREVIOUS_END)):
        found.pop(PREVIOUS, None), found.pop(PREVIOUS_END)
    return found | {key: mask_text(text, REVEALED) for key, text in readable_extra(row).get("credentials", {}).items()}


def texts(values: Mapping[str, Any]) -> dict[str, str]:
    """What a map of any values becomes where only texts are allowed."""
    return {key: text(value) for key, value in values.items()}


def text(value: Any) -> str:
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case int() | float():
            return str(value)
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def secret_extra(row: Destination) -> dict[str, Any]:
    """What only Outpost's clients know and not everybody may read. Raises `SecretUnreadable`."""
    held: dict[str, Any] = row.secret_extra.get(EXTRA, {})
    return held


def readable_extra(row: Destination) -> dict[str, Any]:
    """The same, and nothing if it cannot be read, which no list may fail for."""
    held: dict[str, Any] = row.readable_extra.get(EXTRA, {})
    return held


def _text(field: Field, config: Values, kept: Mapping[str, str]) -> str | None:
    text = field.codec.show(config)
    if field.key not in kept:
        return text
    try:
        same = all(config.get(name) == value for name, value in field.codec.native(kept[field.key]).items())
    except Fault:
        same = False
    return kept[field.key] if same else text


def _outposts_own(type_: Type, row: Destination) -> Values:
    """The credentials with Outpost's masks instead of ours; with ours if they cannot be read, which no list may
    fail for."""
    try:
        values = row.credentials
    except SecretUnreadable:
        masks: Values = row.masked
        return masks
    hidden = {name for field in type_.credentials if field.sensitive for name in field.codec.natives}
    return {name: mask_text(value, REVEALED) if name in hidden else value for name, value in values.items()}


def _is_over(end: str | None) -> bool:
    return end is not None and datetime.fromisoformat(end) <= timezone.now()


def _last_check(row: Destination) -> dict[str, Any] | None:
    check = row.state.last_check
    if check is None:
        return None
    told = {"status": check.status, "code": check.code, "message": check.message, "remedy": check.remedy}
    return {**told, "completed_at": check.completed_at and rfc3339(check.completed_at)}
