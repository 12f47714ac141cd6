"""What every surface hands in: a change that has been spelled but not yet judged."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from django.contrib.auth.models import User

from destinations.models import AuthCredential
from tenants.models import Environment


class Unset(enum.Enum):
    UNSET = "unset"

    def __bool__(self) -> Literal[False]:
        return False


UNSET: Final = Unset.UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A change of a destination. `UNSET` leaves a value as it is; `None` clears it.

    `config` and `credentials` are merged into what is stored, key by key: a key that is absent stays, a key
    that is None is removed, and a credential that equals its current mask keeps the stored secret.
    `uid` and `slug` are for creation: left out, one is generated and the other derived from the name.
    `disabled_at` set to a time disables, to None enables. `extra` and `secret_extra` are merged by dialect name:
    what a vendor's clients send and read back and nobody else has a meaning for, `secret_extra` encrypted.
    With `incomplete` it may lack what its type requires, the type itself included: it is kept, and not checked until
    it is complete. With `numbered` a name that is taken is numbered instead of refused.
    `created` and `updated` are for destinations that were made elsewhere and move in; a change sets `updated` itself.
    """

    type: str | Unset = UNSET
    incomplete: bool | Unset = UNSET
    uuid: UUID | Unset = UNSET
    uid: str | Unset = UNSET
    slug: str | Unset = UNSET
    name: str | Unset | None = UNSET
    numbered: bool | Unset = UNSET
    description: str | Unset | None = UNSET
    topics: list[str] | Unset | None = UNSET
    config: Mapping[str, Any] | Unset | None = UNSET
    credentials: Mapping[str, Any] | Unset | None = UNSET
    auth_credential: AuthCredential | Unset | None = UNSET
    metadata: Mapping[str, Any] | Unset | None = UNSET
    extra: Mapping[str, Any] | Unset = UNSET
    secret_extra: Mapping[str, Any] | Unset = UNSET
    environment: Environment | Unset | None = UNSET
    owner: User | Unset | None = UNSET
    is_default: bool | Unset = UNSET
    disabled_at: datetime | Unset | None = UNSET
    created: datetime | Unset = UNSET
    updated: datetime | Unset = UNSET

    def __repr__(self) -> str:
        return _names(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialDraft:
    """A change of a shared credential, read as a `Draft` is: `properties` and `secrets` are merged key by key."""

    name: str | Unset = UNSET
    strategy: str | Unset = UNSET
    environment: Environment | Unset | None = UNSET
    properties: Mapping[str, Any] | Unset | None = UNSET
    secrets: Mapping[str, Any] | Unset | None = UNSET
    extra: Mapping[str, Any] | Unset = UNSET

    def __repr__(self) -> str:
        return _names(self)


def _names(draft: Any) -> str:
    """Names only: a draft holds secrets in clear and must be safe in a log or a traceback."""
    given = [field.name for field in fields(draft) if getattr(draft, field.name) is not UNSET]
    return f"<{type(draft).__name__} of {', '.join(given)}>"
