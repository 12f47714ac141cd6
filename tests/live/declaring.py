"""What there is to say of a type so that it can be used for real: a destination that works, and how it breaks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

WRONG_CREDENTIAL = "wrong credential"
MISSING_RESOURCE = "missing resource"
NO_PERMISSION = "no permission"
TLS_MISMATCH = "TLS mismatch"
#: What must be told apart of every type, beside what the contract suite plays to all of them in the same way.
FAILURES = (WRONG_CREDENTIAL, MISSING_RESOURCE, NO_PERMISSION, TLS_MISMATCH)


@dataclass(frozen=True)
class Broken:
    """What to change so that a check fails with `code`: fields (None leaves one out), or the world outside."""

    code: str
    config: Mapping[str, Any] = field(default_factory=dict)
    credentials: Mapping[str, Any] = field(default_factory=dict)
    outside: Callable[[], object] | None = None

    def of(self, live: "Live") -> tuple[dict[str, Any], dict[str, Any]]:
        """The sections of the destination that is broken."""
        if self.outside:
            self.outside()
        return changed(live.config, self.config), changed(live.credentials, self.credentials)


@dataclass(frozen=True)
class Live:
    """A destination that passes its check, and the ways to break it by the failures that they are examples of."""

    config: Mapping[str, Any]
    credentials: Mapping[str, Any]
    broken: Mapping[str, Broken]

    @property
    def mistakes(self) -> list[Broken]:
        """What whoever edits the destination does wrong most often."""
        made = [self.broken.get(failure) for failure in (WRONG_CREDENTIAL, MISSING_RESOURCE)]
        return [one for one in made if one and one.outside is None]


Make = Callable[[pytest.FixtureRequest], Live]


@dataclass(frozen=True)
class Entry:
    make: Make
    #: The failures that cannot be had of this type, and why.
    lacks: Mapping[str, str]


ENTRIES: dict[str, Entry] = {}


def live(type_: str, lacks: Mapping[str, str] | None = None) -> Callable[[Make], Make]:
    """Declare how a type is used for real; what is decorated asks pytest for the servers it needs."""

    def declare(make: Make) -> Make:
        assert type_ not in ENTRIES, type_
        ENTRIES[type_] = Entry(make, lacks or {})
        return make

    return declare


def changed(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**values, **changes}.items() if value is not None}
