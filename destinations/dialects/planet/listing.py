"""What a list is narrowed to and sorted by."""

from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

from connectors.problems import Problem
from destinations.refusals import BadParameters

FLAGS = {"true": True, "1": True, "false": False, "0": False}
FILTERS = ("is_owner", "can_write", "is_default")
# Native types sort as Planet's do.
FIELDS = ("created", "name", "type", "updated")
DIRECTIONS = {"asc": "", "desc": "-"}
DEFAULT = "created DESC"


def asked(rows: QuerySet[Any], query: QueryDict) -> QuerySet[Any]:
    """Raises `BadParameters`."""
    rows = rows.filter(archived_at__isnull=not _flag(query, "archived"))
    for name in FILTERS:
        if (wanted := _flag(query, name)) is not None:
            rows = rows.filter(**{name: wanted})
    return rows.order_by(*order(query.get("sort_by") or DEFAULT))


def order(sort_by: str) -> list[str]:
    """Terms with commas between, each a field and, if it is not upwards, a direction; rows that are equal by all of
    them follow the direction of the first. Raises `BadParameters`."""
    terms = [_term(term.split()) for term in sort_by.split(",")]
    return [*terms, "-id" if terms[0].startswith("-") else "id"]


def _term(words: list[str]) -> str:
    field, direction = (*words, "ASC")[:2] if words else ("", "")
    if field not in FIELDS or direction.lower() not in DIRECTIONS or len(words) > 2:
        message = f"Each part must be one of {', '.join(FIELDS)}, with ASC or DESC after it or nothing."
        raise BadParameters([Problem("sort_by", "choice", message)])
    return f"{DIRECTIONS[direction.lower()]}{field}"


def _flag(query: QueryDict, name: str) -> bool | None:
    given = query.get(name)
    if given is not None and given.lower() not in FLAGS:
        raise BadParameters([Problem(name, "choice", "This must be true or false.")])
    return None if given is None else FLAGS[given.lower()]
