"""Names, slugs and uids: what makes them valid, free and, where none is given, generated."""

import re
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from django.db.models import QuerySet
from django.utils.text import slugify

from destinations.drafts import UNSET, Draft
from destinations.exceptions import Problem
from destinations.models import Destination
from tenants.models import SEGMENT

MAX_NAME = 255
MAX_SLUG = 128
LONGEST_NUMBER = 16  # characters, with what comes before it
SLUG = re.compile(rf"[a-z0-9](?:[a-z0-9-]{{0,{MAX_SLUG - 2}}}[a-z0-9])?")
MAX_UID = 255
UID = re.compile(SEGMENT)


def name_problems(destination: Destination, draft: Draft) -> Iterator[Problem]:
    """What is wrong with the name, the uid and the slug a draft asks for."""
    if draft.name is None and destination.pk:
        yield Problem("name", "null", "A destination must have a name.")
    elif draft.name is not UNSET and draft.name is not None:
        yield from text_problems(draft.name)
    if draft.uid is not UNSET:
        yield from _uid_problems(destination, draft.uid)
    if draft.slug is not UNSET:
        yield from _slug_problems(destination, draft.slug)


def text_problems(name: Any, what: str = "destination") -> Iterator[Problem]:
    if not isinstance(name, str):
        yield Problem("name", "type", "This must be a string.")
    elif not name.strip():
        yield Problem("name", "blank", f"A {what} must have a name.")
    elif len(name) > MAX_NAME:
        yield Problem("name", "max_length", f"A name has at most {MAX_NAME} characters.")
    elif name != name.strip() or not name.isprintable():
        yield Problem("name", "invalid", "A name must not begin or end with blanks or hold control characters.")


def _uid_problems(destination: Destination, uid: str) -> Iterator[Problem]:
    if destination.pk and uid != destination.uid:
        yield Problem("uid", "immutable", "The uid of a destination never changes.")
    elif not isinstance(uid, str) or len(uid) > MAX_UID or not UID.fullmatch(uid):
        yield Problem(
            "uid", "pattern", "A uid has 1 to 255 characters without '/', '?', '#' or '%', and no blank at either end."
        )


def _slug_problems(destination: Destination, slug: str) -> Iterator[Problem]:
    if destination.pk and slug != destination.slug:
        yield Problem("slug", "immutable", "The slug of a destination never changes.")
    elif not SLUG.fullmatch(slug):
        message = f"A slug has 1 to {MAX_SLUG} lower-case letters, digits and inner hyphens."
        yield Problem("slug", "pattern", message)


def taken(destination: Destination) -> list[Problem]:
    """Which of the unique values of this row another row has; empty when none has."""
    others = Destination.objects.filter(tenant=destination.tenant).exclude(pk=destination.pk)
    problems = []
    if others.filter(name=destination.name, environment=destination.environment).exists():
        problems.append(Problem("name", "taken", "Another destination of the tenant has this name."))
    if others.filter(uid=destination.uid).exists():
        problems.append(Problem("uid", "taken", "Another destination of the tenant has this uid."))
    if others.filter(slug=destination.slug).exists():
        problems.append(Problem("slug", "taken", "Another destination of the tenant has this slug."))
    if Destination.objects.filter(uuid=destination.uuid).exclude(pk=destination.pk).exists():
        problems.append(Problem("id", "taken", "Another destination has this id."))
    return problems


def free_name(destination: Destination) -> str:
    """A name for a destination that came without one: its type's, numbered when taken."""
    others = Destination.objects.filter(tenant=destination.tenant, environment=destination.environment)
    return _first_free(destination.connector.label, _numbered, others, "name")


def _numbered(stem: str, number: int) -> str:
    suffix = f" {number}"
    return stem[: MAX_NAME - len(suffix)] + suffix


def numbered_name(destination: Destination, name: str) -> str:
    """The name, with the first number that makes it one of its own if another destination has it."""
    others = Destination.objects.filter(tenant=destination.tenant, environment=destination.environment)
    return _first_free(name, _numbered, others.exclude(pk=destination.pk), "name")


def is_numbered(found: str, name: str) -> bool:
    """Whether `numbered_name` can have made the one of the other."""
    number = found.rpartition(" ")[2]
    return found == name or (number.isdecimal() and number.isascii() and found == _numbered(name, int(number)))


def free_slug(destination: Destination) -> str:
    """The name in lower-case letters, digits and single hyphens, numbered when taken. It never changes."""
    stem = (
        slugify(destination.name).replace("_", "-").strip("-")[: MAX_SLUG - 8].strip("-")
        or destination.type
        or "destination"
    )
    others = Destination.objects.filter(tenant=destination.tenant)
    return _first_free(re.sub("-+", "-", stem.replace("_", "-")), lambda stem, n: f"{stem}-{n}", others, "slug")


def _first_free(stem: str, numbered: Callable[[str, int], str], rows: QuerySet[Destination], column: str) -> str:
    shared = stem[: MAX_NAME - LONGEST_NUMBER]  # what is left of the stem beside any number
    used = set(rows.filter(**{f"{column}__startswith": shared}).values_list(column, flat=True))
    return next(candidate for n in count(1) if (candidate := stem if n == 1 else numbered(stem, n)) not in used)
