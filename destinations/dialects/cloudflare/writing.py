"""Bodies as drafts. What Cloudflare asks for and what JSON type it has is judged here, its content by the type."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from connectors.fields import MASK
from destinations.dialects.cloudflare.failures import Issue, invalid
from destinations.dialects.cloudflare.reading import DATASETS, LOGPUSH, REDACTED, TYPE
from destinations.drafts import Draft
from destinations.models import Destination
from destinations.naming import MAX_SLUG

Body = Mapping[str, Any]
Path = tuple[str, ...]
NAME = re.compile(r"[a-z0-9][a-z0-9-]*[a-z0-9]")
NAME_RULE = "A name consists of at least 2 lower-case letters, digits and hyphens, without a hyphen at either end."
MISSING = object()


def creation(body: Any) -> tuple[Draft, bool]:
    """The draft, and whether it is to be saved without a preflight. Raises `Refused`."""
    _judge(body, {**CREATION, **COMMON})
    configuration = body["configuration"]
    draft = Draft(
        type=TYPE,
        name=body["name"],
        slug=body["name"],
        config={"url": configuration["url"], "signal": DATASETS[configuration["logpushDataset"]]},
        credentials={"headers": _headers(configuration["headers"], {})},
        disabled_at=None if body["enabled"] else timezone.now(),
    )
    return draft, body.get("skipPreflightCheck", False)


def change(body: Any, stored: Destination) -> Draft:
    """All that can change, which has to be sent as a whole. Raises `Refused`."""
    _judge(body, COMMON)
    configuration = body["configuration"]
    return Draft(
        config={"url": configuration["url"]},
        credentials={"headers": _headers(configuration["headers"], stored.masked.get("headers", {}))},
        disabled_at=_disabled(body["enabled"], stored.disabled_at),
    )


def _disabled(enabled: bool, since: datetime | None) -> datetime | None:
    return None if enabled else since or timezone.now()


def _headers(given: Body, stored: Body) -> dict[str, Any]:
    """What was shown redacted, and comes back so, is kept. Raises `Refused` for what stands for nothing."""
    redacted = [name for name, value in given.items() if value == REDACTED]
    if unknown := [name for name in redacted if name not in stored]:
        message = "This is no value, but stands for one that is not shown. Send the value itself."
        raise invalid(Issue(("configuration", "headers", name), message) for name in unknown)
    return {**given, **dict.fromkeys(redacted, MASK)}


def _judge(body: Any, rules: Mapping[Path, Callable[[Any], str]]) -> None:
    """Raises `Refused` with every fault: what is missing, and what has another JSON type or value than it may."""
    if not isinstance(body, Mapping):
        raise invalid([Issue((), "The body must be a JSON object.")])
    parts: dict[Path, Any] = {(): body, ("configuration",): body.get("configuration", MISSING)}
    issues = []
    if fault := _object(parts["configuration",]):
        issues.append(Issue(("configuration",), fault))
    for path, rule in rules.items():
        part = parts[path[:-1]]
        if isinstance(part, Mapping) and (fault := rule(part.get(path[-1], MISSING))):
            issues.append(Issue(path, fault))
    if issues:
        raise invalid(issues)


def _required(fault: str, is_good: Callable[[Any], bool]) -> Callable[[Any], str]:
    return lambda value: "This is required." if value is MISSING else "" if is_good(value) else fault


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= MAX_SLUG and NAME.fullmatch(value) is not None


def _optional_flag(value: Any) -> str:
    return "" if value is MISSING else _flag(value)


_object = _required("This must be an object.", lambda value: isinstance(value, Mapping))
_flag = _required("This must be true or false.", lambda value: isinstance(value, bool))
_text = _required("This must be a string.", lambda value: isinstance(value, str))
_logpush = _required(f"This must be {LOGPUSH}.", lambda value: value == LOGPUSH)
_dataset = _required(f"This must be one of: {', '.join(DATASETS)}.", lambda value: value in tuple(DATASETS))

CREATION: dict[Path, Callable[[Any], str]] = {
    ("name",): _required(f"{NAME_RULE} It has {MAX_SLUG} characters at most.", _is_name),
    ("skipPreflightCheck",): _optional_flag,
    ("configuration", "logpushDataset"): _dataset,
}
COMMON: dict[Path, Callable[[Any], str]] = {
    ("enabled",): _flag,
    ("configuration", "type"): _logpush,
    ("configuration", "url"): _text,
    ("configuration", "headers"): _object,
}
