"""Secrets stay with those they were entered for: what brings them to somebody else has to enter them anew."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.base import Declaration, Values
from destinations.drafts import UNSET, Draft
from destinations.exceptions import Problem
from destinations.models import Destination

Moved = Sequence[str]


def follows(stored: Destination, draft: Draft, config: Values, credentials: Values) -> Iterator[Problem]:
    """What would be brought along by a draft that makes this `config` of a destination, whose credentials are these."""
    moved = stored.connector.moved(stored.config, config)
    yield from reentries(stored.connector, moved, draft.credentials, credentials, stored.masked)
    yield from _reattachment(stored, draft, moved)


def reentries(what: Declaration, moved: Moved, given: Any, stored: Values, shown: Values) -> Iterator[Problem]:
    """One problem for each secret that places that have `moved` would take along, for it is stored as `shown` masked,
    and `given`, the section of a draft, does not enter it."""
    if not moved or not (given is UNSET or isinstance(given, Mapping)):
        return
    message = f"{_named(what, moved)} would change who is sent this. Enter it again to allow that."
    sent = given or {}
    for name in what.sent:
        if name in stored:
            mask = shown.get(name)
            for path in _kept(f"{what.parts[1]}.{name}", sent.get(name, mask), stored[name], mask):
                yield Problem(path, "reenter", message)


def _reattachment(destination: Destination, draft: Draft, moved: Moved) -> Iterator[Problem]:
    """A shared credential goes where its editors send it, but not without their saying so."""
    if moved and destination.auth_credential and draft.auth_credential is UNSET:
        message = (
            f"{_named(destination.connector, moved)} would change who is sent what the attached credential signs in "
            "with. Attach it again in the same change to allow that."
        )
        yield Problem("auth_credential", "reenter", message)


def _kept(path: str, given: Any, stored: Any, shown: Any) -> Iterator[str]:
    """Where what is given only stands for what is stored; of an object, what it does not name is removed."""
    if not isinstance(stored, Mapping):
        if given == shown:
            yield path
    elif isinstance(given, Mapping):
        for name in given:
            if name in stored:
                yield from _kept(f"{path}.{name}", given[name], stored[name], shown.get(name))


def _named(what: Declaration, places: Moved) -> str:
    labels = [f"“{what.config.fields[name].label}”" for name in places]
    return " and ".join([*([", ".join(labels[:-1])] if labels[1:] else []), labels[-1]])
