"""A new destination as a draft: judged in Outpost's order and refused in Outpost's words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.problems import Invalid
from destinations.dialects.outpost import bodies, secrets
from destinations.dialects.outpost.failures import EXISTS, Refused, invalid, item
from destinations.dialects.outpost.fields import Fault, Field
from destinations.dialects.outpost.reading import EXTRA
from destinations.dialects.outpost.secrets import Change
from destinations.dialects.outpost.types import TYPES, Type
from destinations.drafts import Draft
from destinations.exceptions import LimitReached, Problem

WEBHOOK = "webhook"
Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Request:
    """`secrets` are what a webhook's credentials ask for beside the draft."""

    draft: Draft
    type: Type
    secrets: Change
    proves: bool = False


def creation(raw: Any, *, is_admin: bool, scheme: str) -> Request:
    """Raises `Refused`. `scheme` is how webhooks are signed that are made here."""
    body = bodies.well_formed(raw)
    absent = {"type": not body.get("type"), "topics": body.get("topics") is None}
    if missing := [item(name, "required") for name, is_absent in absent.items() if is_absent]:
        raise invalid(missing)
    dates = _dates(body, is_admin)
    topics = bodies.judged_topics(body["topics"])
    type_ = _type(body["type"])
    change = secrets.on_creation(body.get("credentials"), is_admin, scheme) if type_.name == WEBHOOK else Change()
    config = bodies.entered(body.get("config"))
    credentials = {} if type_.name == WEBHOOK else bodies.entered(body.get("credentials"))
    settled = judged(type_, config, credentials, credentials, creating=True) | type_.derived(credentials)
    if type_.name == WEBHOOK:
        settled["signature"] = scheme
    delivery = bodies.entered(body.get("delivery_metadata"))
    draft = Draft(
        type=type_.name,
        **({"uid": body["id"]} if body.get("id") else {}),
        topics=topics,
        config=settled,
        credentials=native(type_, change.values if type_.name == WEBHOOK else credentials),
        metadata=bodies.entered(body.get("metadata")),
        extra={EXTRA: extra(type_, config, body.get("filter"))},
        secret_extra={EXTRA: secret_extra(undeclared(type_, credentials), delivery)},
        **dates,
    )
    return Request(draft, type_, change, proves=type_.proven)


def refused(error: Invalid, type_: Type) -> Exception:
    """A refusal of the service in Outpost's words: one item for each field, its first fault."""
    if isinstance(error, LimitReached):
        return error
    if any((fault.path, fault.code) == ("uid", "taken") for fault in error.problems):
        return Refused(*EXISTS)
    items: dict[str, str] = {}
    for fault in error.problems:
        field, rest = _field(type_, fault)
        items.setdefault(field, item(f"{field}{rest}", _tag(type_, fault)))
    return invalid(items.values())


def _dates(body: Mapping[str, Any], is_admin: bool) -> dict[str, Any]:
    if not is_admin and any(body.get(name) is not None for name in ("created_at", "updated_at")):
        raise Refused(403, "created_at and updated_at can only be set with API key authentication")
    created, updated = bodies.past(body, "created_at"), bodies.past(body, "updated_at")
    dates = {"created": created, "updated": updated, "disabled_at": bodies.past(body, "disabled_at")}
    return {name: value for name, value in dates.items() if value is not None}


def _type(name: str) -> Type:
    if name not in TYPES:
        raise Refused(422, f"no provider registered for destination type: {name}")
    return TYPES[name]


def judged(type_: Type, config: Texts, credentials: Texts, entered: Texts, *, creating: bool) -> dict[str, Any]:
    """The native config. Rules that all types share are judged of every field, then a type's own up to the first
    fault; of the credentials only those that were `entered`, for of others there is a mask at most."""
    sections = (("config", type_.config, config), ("credentials", type_.credentials, credentials))
    general = [
        item(f"{section}.{field.key}", tag)
        for section, fields, texts in sections
        for field in fields
        if (tag := field.fault(texts.get(field.key), creating=creating))
    ]
    if general:
        raise invalid(general)
    settled: dict[str, Any] = {}
    for field in type_.config:
        settled |= {} if field.own else _read(field, config.get(field.key), "config")
    for field in type_.credentials:
        _read(field, entered.get(field.key), "credentials")
    return settled


def _read(field: Field, text: str | None, section: str) -> dict[str, Any]:
    try:
        return field.codec.native(text)
    except Fault as fault:
        raise invalid(item(f"{section}.{field.key}{part}", tag) for part, tag in fault.tags) from None


def native(type_: Type, credentials: Mapping[str, str | None]) -> dict[str, Any]:
    """The credentials by their native names; an empty text is none."""
    fields = {field.key: field for field in type_.credentials}
    return {
        name: credentials[key] or None for key in credentials if key in fields for name in fields[key].codec.natives
    }


def undeclared(type_: Type, credentials: Texts) -> dict[str, str]:
    declared = {field.key for field in type_.credentials}
    return {key: text for key, text in credentials.items() if key not in declared}


def extra(type_: Type, config: Texts, filter_: Any) -> dict[str, Any]:
    """What has no native meaning, and the spelling of what has another natively."""
    declared = {field.key for field in type_.config if not field.echo}
    kept = {key: text for key, text in config.items() if key not in declared}
    return {name: value for name, value in (("config", kept), ("filter", filter_)) if value}


def secret_extra(credentials: Texts, delivery_metadata: Texts) -> dict[str, Any]:
    held = (("credentials", dict(credentials)), ("delivery_metadata", dict(delivery_metadata)))
    return {name: value for name, value in held if value}


def _field(type_: Type, fault: Problem) -> tuple[str, str]:
    """Outpost's field for a native path, and what of the path goes deeper."""
    section, _, rest = fault.path.partition(".")
    name, dot, deeper = rest.partition(".")
    if section == "uid":
        return "id", ""
    for key in _keys(type_, section, name):
        return f"{section}.{key}", f"{dot}{deeper}" if (fault.path, fault.code) not in type_.tags else ""
    return fault.path, ""


def _keys(type_: Type, section: str, name: str) -> Iterator[str]:
    fields = {"config": type_.config, "credentials": type_.credentials}.get(section, ())
    return (field.key for field in fields if name in field.codec.natives)


def _tag(type_: Type, fault: Problem) -> str:
    if tag := type_.tags.get((fault.path, fault.code)):
        return tag
    return "required" if fault.code in ("required", "blank", "null") else fault.code
