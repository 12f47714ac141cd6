"""The filters of the API as options of a command."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser
from django.db.models import Q, QuerySet
from django.utils.datastructures import MultiValueDict
from django_filters import Filter

from destinations.filters import ChoicesField, DestinationFilter
from destinations.models import Destination


def add_filters(parser: CommandParser) -> None:
    group = parser.add_argument_group("filters", "Only destinations…")
    for name, found in DestinationFilter.base_filters.items():
        told = found.extra["help_text"].replace("%", "%%")
        again = " May be given several times." if issubclass(found.field_class, ChoicesField) else ""
        group.add_argument(_option(name), dest=name, action="append", metavar=_metavar(found), help=told + again)


def given(options: Mapping[str, Any]) -> MultiValueDict[str, str]:
    """What of the filters was asked for. An empty value is refused: the filter would silently let everything pass."""
    values = {name: options[name] for name in DestinationFilter.base_filters if options[name]}
    for name, texts in values.items():
        if not all(texts):
            raise CommandError(f"{_option(name)} must not be empty.", returncode=2)
    return MultiValueDict(values)


def select(filters: MultiValueDict[str, str]) -> QuerySet[Destination]:
    found = DestinationFilter(filters, Destination.objects.readable())
    if not found.is_valid():
        faults = [f"{_option(name)}: {' '.join(texts)}" for name, texts in found.errors.items()]
        raise CommandError(" ".join(faults), returncode=2)
    matching: QuerySet[Destination] = found.qs
    return matching


def named(names: Sequence[str], filters: MultiValueDict[str, str]) -> list[Destination]:
    """The destinations of these uids, UUIDs or slugs, in this order, each once, archived ones too."""
    rows = select(MultiValueDict({"archived": ["any"]} | dict(filters.lists())))
    return list(dict.fromkeys(_one(name, rows) for name in names))


def _one(name: str, rows: QuerySet[Destination]) -> Destination:
    called = Q(uid=name) | Q(slug=name)
    with suppress(ValueError):
        called |= Q(uuid=UUID(name))
    found = list(rows.filter(called)[:2])
    if not found:
        raise CommandError(f"There is no destination “{name}”.", returncode=2)
    if len(found) > 1:
        raise CommandError(f"More than one destination is called “{name}”: give its UUID, or --tenant.", returncode=2)
    return found[0]


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _metavar(found: Filter) -> str:
    choices = getattr(found.field, "choices", None)
    return "|".join(name for name, _ in choices) if choices else "VALUE"
