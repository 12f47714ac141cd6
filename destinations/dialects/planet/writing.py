"""Bodies as drafts: judged in Planet's words, strictly, because a key that is not known was meant to do something."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from connectors.problems import Invalid, Problem
from destinations.dialects.planet.types import NATIVE, REDACTED, TYPES, Fault, Field, Type
from destinations.drafts import Draft
from destinations.exceptions import LimitReached
from destinations.models import Destination

SHORTEST, LONGEST = 3, 63  # characters of a name
VERIFIES = "planetverify.txt"  # what a storage check writes and removes
PATCH = ("archive", "name", "parameters")
_WORDS = {str: "a string", bool: "true or false", dict: "an object"}

Values = dict[str, Any]


class Change(NamedTuple):
    """`archive` is None for a patch that leaves it; `proves` says that the storage is to be checked."""

    draft: Draft
    archive: bool | None
    proves: bool


def creation(body: Any, **others: Any) -> Draft:
    """`others` are values of the draft that the body does not have. Raises `Invalid`."""
    given = _object(body)
    type_ = _type(given)
    _refuse(_creation_faults(given, type_))
    parameters: Values = given["parameters"]
    name = parameters[type_.named_after] if given.get("name") is None else given["name"]
    _refuse(_name_faults(name))
    config = {**_native(parameters, type_.fields, secret=False), "test_object": VERIFIES}
    credentials = _native(parameters, type_.fields, secret=True)
    return Draft(type=type_.native, name=name, config=config, credentials=credentials, **others)


def change(body: Any, stored: Destination) -> Change:
    """Raises `Invalid`."""
    given = _object(body)
    type_ = NATIVE[stored.type]
    faults = [*_misplaced(given, type_), *_faults(given, "archive", bool), *_faults(given, "name", str)]
    faults += _faults(given, "parameters", dict)
    if isinstance(given.get("parameters"), dict):
        faults += _parameter_faults(given["parameters"], type_.patch)
    if not given:
        faults.append(Problem("", "required", "Give at least one of archive, name and parameters."))
    if isinstance(given.get("name"), str):
        faults += _name_faults(given["name"])
    _refuse(faults)
    named = {"name": given["name"]} if "name" in given else {}
    proves = "parameters" in given
    entered = _entered(given["parameters"], type_, stored) if proves else {}
    return Change(Draft(**named, **entered), given.get("archive"), proves)


def target(body: Any) -> str:
    """The id or ref of the destination that is to be the default. Raises `Invalid`."""
    given = _object(body)
    _refuse([*_unknown(given, ("destination_id",)), *_faults(given, "destination_id", str, required=True)])
    return str(given["destination_id"])


def spelled(error: Invalid, type_: Type) -> Invalid:
    """A refusal of the service with Planet's names of the parameters."""
    if isinstance(error, LimitReached):
        return error
    keys = {f"{'credentials' if field.secret else 'config'}.{field.native}": field.key for field in type_.fields}
    return Invalid(Problem(_path(fault.path, keys), fault.code, fault.message) for fault in error.problems)


def _path(native: str, keys: Mapping[str, str]) -> str:
    section, _, rest = native.partition(".")
    name, dot, deeper = rest.partition(".")
    key = keys.get(f"{section}.{name}")
    return f"parameters.{key}{dot}{deeper}" if key else native


def _entered(parameters: Values, type_: Type, stored: Destination) -> Values:
    """A secret sent back as it is shown stays. New ones replace all there were, those Planet does not know too."""
    new = {key: value for key, value in parameters.items() if value != REDACTED}
    credentials = _native(new, type_.patch, secret=True)
    known = {field.native for field in type_.fields if field.secret}
    gone = dict.fromkeys(stored.masked.keys() - known) if credentials else {}
    return {"config": _native(new, type_.patch, secret=False), "credentials": {**gone, **credentials}}


def _native(parameters: Values, fields: tuple[Field, ...], *, secret: bool) -> Values:
    values, faults = {}, []
    for field in fields:
        given = parameters.get(field.key)
        if given is not None and field.secret == secret:
            try:
                values[field.native] = field.codec.native(given)
            except Fault as fault:
                faults.append(Problem(f"parameters.{field.key}", "pattern", str(fault)))
    _refuse(faults)
    return values


def _object(body: Any) -> Values:
    if not isinstance(body, dict):
        raise Invalid([Problem("", "type", "The body must be a JSON object.")])
    return body


def _creation_faults(given: Values, type_: Type) -> Iterator[Problem]:
    yield from _unknown(given, ("name", "type", "parameters"))
    yield from _faults(given, "name", str, nullable=True)
    yield from _faults(given, "parameters", dict, required=True)
    if isinstance(parameters := given.get("parameters"), dict):
        yield from _parameter_faults(parameters, type_.fields)
        yield from (_not_redacted(field) for field in type_.fields if parameters.get(field.key) == REDACTED)


def _type(given: Values) -> Type:
    _refuse(_faults(given, "type", str, required=True))
    if given["type"] not in TYPES:
        raise Invalid([Problem("type", "choice", f"This must be one of: {', '.join(TYPES)}.")])
    return TYPES[given["type"]]


def _faults(
    given: Values, name: str, json: type, *, path: str = "", required: bool = False, nullable: bool = False
) -> Iterator[Problem]:
    value, path = given.get(name), path or name
    if name not in given or (value is None and nullable):
        if required:
            yield Problem(path, "required", "This is required.")
    elif not isinstance(value, json):
        yield Problem(path, "type", f"This must be {_WORDS[json]}.")
    elif value == "":
        yield Problem(path, "blank", "This must not be empty.")


def _parameter_faults(parameters: Values, fields: tuple[Field, ...]) -> Iterator[Problem]:
    yield from _unknown(parameters, [field.key for field in fields], "parameters.")
    for field in fields:
        path = f"parameters.{field.key}"
        required, nullable = field.required, field.nullable
        yield from _faults(parameters, field.key, field.codec.json, path=path, required=required, nullable=nullable)


def _unknown(given: Values, known: Any, prefix: str = "") -> Iterator[Problem]:
    for name in given.keys() - set(known):
        yield Problem(f"{prefix}{name[:LONGEST]}", "unknown", f"Only these are taken here: {', '.join(known)}.")


def _misplaced(given: Values, type_: Type) -> Iterator[Problem]:
    """As `_unknown`, with a word to those who forget the parameters around their parameters."""
    inner = {field.key for field in type_.patch} & given.keys()
    yield from (Problem(name, "unknown", f'Put this into "parameters": {{"{name}": …}}.') for name in sorted(inner))
    yield from _unknown({name: given[name] for name in given.keys() - inner}, PATCH)


def _name_faults(name: str) -> Iterator[Problem]:
    if not SHORTEST <= len(name) <= LONGEST:
        yield Problem("name", "invalid", f"A name has {SHORTEST} to {LONGEST} characters.")


def _not_redacted(field: Field) -> Problem:
    return Problem(f"parameters.{field.key}", "invalid", f"{REDACTED} stands for a secret; send the secret itself.")


def _refuse(faults: Any) -> None:
    if found := list(faults):
        raise Invalid(found)
