"""What clients send as a draft: judged as the report card of the type says, each property at fault named."""

from collections.abc import Mapping
from typing import Any

from connectors.problems import Invalid
from destinations.dialects.stitch.codecs import Fault, Native, parts
from destinations.dialects.stitch.declaring import Type
from destinations.dialects.stitch.failures import BadProperties
from destinations.dialects.stitch.properties import Property, Values
from destinations.dialects.stitch.reading import EXTRA, values_of
from destinations.drafts import Draft
from destinations.exceptions import LimitReached
from destinations.models import Destination

REQUIRED = "This is required."
Known = Mapping[str, Property]


def creation(type_: Type, known: Known, sent: Values, **plain: Any) -> Draft:
    """`known` are the properties of the version that is spoken. Raises `BadProperties`."""
    given = _judged(known, sent, None)
    missing = (one.name for one in known.values() if one.required and not one.made and one.name not in sent)
    given.reasons |= dict.fromkeys(missing, REQUIRED)
    return Draft(type=type_.native, numbered=True, **plain, **_sections(type_, given, None, plain.get("name")))


def change(type_: Type, known: Known, sent: Values, row: Destination, **plain: Any) -> Draft:
    """The properties are merged into what is stored; null takes an optional one away. Raises `BadProperties`."""
    given = _judged(known, sent, values_of(row))
    return Draft(numbered=True, **plain, **_sections(type_, given, row, plain.get("name")))


def refused(error: Invalid, type_: Type) -> Exception:
    """A refusal of the service by the properties it is about; faults of anything else stay as they are."""
    if isinstance(error, LimitReached):
        return error
    reasons: dict[str, str] = {}
    for problem in error.problems:
        section, _, rest = problem.path.partition(".")
        name = type_.of_native(f"{section}.{rest.partition('.')[0]}")
        if not name:
            return error
        reasons.setdefault(name, problem.message)
    return BadProperties(reasons)


class Judged:
    """`values` are in the texts of version 4, None where a property is to be taken away."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.reasons: dict[str, str] = {}


def _judged(known: Known, sent: Values, stored: Values | None) -> Judged:
    judged = Judged()
    for name, given in sent.items():
        property_ = known.get(name)
        value = property_.text(given) if property_ else given
        if reason := _reason(property_, value, stored):
            judged.reasons[name] = reason
        else:
            judged.values[name] = value
    return judged


def _reason(property_: Property | None, value: Any, stored: Values | None) -> str:
    if property_ is None:
        return "There is no such property."
    if property_.kind == "read_only":
        return "This is derived and must not be sent."
    if value is None:
        return REQUIRED if property_.required else ""
    if property_.kind == "user_provided_immutable" and stored and stored.get(property_.name, value) != value:
        return "This never changes. Create another destination instead."
    return property_.judge(value)


def _sections(type_: Type, given: Judged, row: Destination | None, name: str | None) -> dict[str, Any]:
    """Config, credentials and extra of a draft. Raises `BadProperties`."""
    whole = {name: value for name, value in {**_readable(type_, row), **given.values}.items() if value is not None}
    stored = {f"config.{name}": value for name, value in row.config.items()} if row else {}
    native: Native = {}
    for codec in type_.codecs:
        touched = row is None or given.values.keys() & {*codec.names}
        if touched and not given.reasons.keys() & {*codec.names}:
            try:
                native |= codec.read(whole, stored)
            except Fault as fault:
                given.reasons |= fault.reasons
    if given.reasons:
        raise BadProperties(given.reasons)
    found = parts(native)
    return {"config": found["config"], "credentials": found["credentials"], "extra": _extra(found["extra"], row, name)}


def _readable(type_: Type, row: Destination | None) -> dict[str, Any]:
    values = values_of(row) if row else {}
    return {name: value for name, value in values.items() if name not in type_.secrets}


def _extra(kept: Mapping[str, Any], row: Destination | None, name: str | None) -> dict[str, Any]:
    before = row.extra.get(EXTRA, {}) if row else {}
    properties = {name: value for name, value in {**before.get("properties", {}), **kept}.items() if value is not None}
    held = {**before, "properties": properties, "name": name or before.get("name")}
    return {EXTRA: {key: value for key, value in held.items() if value}}
