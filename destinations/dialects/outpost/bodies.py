"""Bodies of requests: of the right JSON types, and their values made texts."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from destinations import topics
from destinations.dialects.outpost.failures import INVALID_JSON, Refused
from destinations.dialects.outpost.reading import text
from destinations.models import ALL_TOPICS

MAPS = ("config", "credentials", "metadata", "delivery_metadata", "filter")
TEXTS = ("id", "type", "created_at", "updated_at", "disabled_at")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")


def well_formed(body: Any) -> dict[str, Any]:
    """Raises `Refused` for values of another JSON type than the original reads."""
    if not isinstance(body, dict):
        raise Refused(*INVALID_JSON)
    for names, wanted in ((MAPS, dict), (TEXTS, str)):
        if not all(isinstance(body[name], wanted) for name in names if body.get(name) is not None):
            raise Refused(*INVALID_JSON)
    return body


def entered(values: Mapping[str, Any] | None) -> dict[str, str]:
    """A map of a new destination: null is the empty text."""
    return {key: text(value) for key, value in (values or {}).items()}


def merged(stored: Mapping[str, str], body: Mapping[str, Any], name: str) -> dict[str, str]:
    """A map after a merge patch (RFC 7396): null for the whole clears it, null for a key takes that away."""
    if name not in body:
        return dict(stored)
    patch = body[name]
    if patch is None:
        return {}
    kept = {key: value for key, value in stored.items() if key not in patch}
    return kept | {key: text(value) for key, value in patch.items() if value is not None}


def judged_topics(given: Any) -> list[str]:
    """Raises `Refused`, in the original's words."""
    wanted = ALL_TOPICS if given == "*" else given
    if not isinstance(wanted, list) or not all(isinstance(topic, str) for topic in wanted):
        raise Refused(422, "validation failed: invalid topics format")
    if topics.fault(wanted):
        raise Refused(422, "validation failed: invalid topics")
    return list(wanted)


def past(body: Mapping[str, Any], name: str) -> datetime | None:
    """A moment that must have been. Raises `Refused`."""
    given = body.get(name)
    if given is None:
        return None
    moment = parsed_moment(given)
    if moment is None:
        raise Refused(*INVALID_JSON)
    if moment > timezone.now():
        raise Refused(422, f"{name} cannot be in the future")
    return moment


def parsed_moment(given: str) -> datetime | None:
    """RFC 3339 with its zone; None for anything else."""
    if not _RFC3339.fullmatch(given):
        return None
    try:
        return datetime.fromisoformat(given).astimezone(UTC)
    except (ValueError, OverflowError):  # in UTC it may lie before the first year
        return None
