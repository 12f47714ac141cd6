"""Write the audit trail: services say what they change, and faces who is acting.

An entry is written in the transaction of its change, so that neither is without the other.
"""

import getpass
import hashlib
import hmac
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Model

from tenants.models import Tenant
from tenants.principals import Principal
from tenants.signing import signing_key
from tenants.trail import AuditEvent

Changes = Sequence[Mapping[str, Any]]

LONGEST = 500  # characters of a value that is shown
FINGERPRINT = 12  # hexadecimal digits


@dataclass(frozen=True, slots=True)
class Caller:
    """Who acts now. `principal` is asked only when something is recorded: by then a request knows who called."""

    face: str
    principal: Callable[[], Principal]
    address: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What an entry is about, where that is no row."""

    kind: str
    id: str
    label: str


# Without anybody else it is the installation itself that acts, as in a task.
SYSTEM = Caller("system", Principal)
_caller: ContextVar[Caller] = ContextVar("caller", default=SYSTEM)


@contextmanager
def acting(
    principal: Principal | Callable[[], Principal], *, face: str, address: str = "", request_id: str = ""
) -> Iterator[None]:
    """What is recorded within is recorded as done by the principal, or by whoever it gives when it is called."""
    known = principal if callable(principal) else lambda: principal
    token = _caller.set(Caller(face, known, address, request_id))
    try:
        yield
    finally:
        _caller.reset(token)


def operator() -> Principal:
    """Whoever runs a command on the machine."""
    try:
        return Principal(name=getpass.getuser())
    except (KeyError, OSError):  # a user id without a name, as containers have
        return Principal(name=f"user {os.getuid()}")


def record(
    action: str, subject: Model | Subject, *, tenant: str | None = None, changes: Changes = (), security: bool = False
) -> None:
    """Add an entry. Call it in the transaction of the change, before a row that is deleted loses its key.

    `tenant` is the id; left out, it is that of the subject, and empty for what belongs to none.
    """
    record_many(action, [subject], tenant=tenant, changes=changes, security=security)


def record_many(
    action: str,
    subjects: Iterable[Model | Subject],
    *,
    tenant: str | None = None,
    changes: Changes = (),
    security: bool = False,
) -> None:
    """As `record`, for many subjects that the same is done to at once."""
    caller = _caller.get()
    who = _who(caller)
    AuditEvent.objects.bulk_create(
        [
            AuditEvent(action=action, **_what(subject, tenant), **who, changes=changes, security=security)
            for subject in subjects
        ],
        batch_size=500,
    )


def _who(caller: Caller) -> dict[str, Any]:
    by = caller.principal()
    return {
        "face": caller.face,
        "address": caller.address,
        "request_id": caller.request_id,
        "user_id": by.user.pk if by.user else None,
        "user_name": by.user.get_username() if by.user else by.name,
        "key_id": by.key.pk if by.key else None,
        "key_name": str(by.key) if by.key else "",
    }


def _what(subject: Model | Subject, tenant: str | None) -> dict[str, str]:
    if isinstance(subject, Subject):
        what = subject
    else:
        id_ = getattr(subject, "uuid", None) or subject.pk
        what = Subject(str(subject._meta.model_name), str(id_), str(subject))
        if tenant is None:
            tenant = subject.pk if isinstance(subject, Tenant) else getattr(subject, "tenant_id", None)
    return {
        "subject_kind": what.kind,
        "subject_id": what.id[:255],
        "subject_label": what.label[:255],
        "tenant": tenant or "",
    }


def differences(before: Mapping[str, Any], after: Mapping[str, Any], prefix: str = "") -> Changes:
    """The plain fields whose values differ; a field that one side lacks is null there."""
    names = [*before, *(name for name in after if name not in before)]
    pairs = ((name, shown(before.get(name)), shown(after.get(name))) for name in names)
    return [
        {"field": prefix + name, "before": old, "after": new}
        for name, old, new in pairs
        if before.get(name) != after.get(name)
    ]


def secret_differences(before: Mapping[str, Any], after: Mapping[str, Any], prefix: str = "", *, owner: str) -> Changes:
    """As `differences`, of secrets: a fingerprint stands for each. `owner` names the tenant and the row they are of."""
    names = [*before, *(name for name in after if name not in before)]
    return [
        {
            "field": prefix + name,
            "before": fingerprint(before.get(name), f"{owner}/{name}"),
            "after": fingerprint(after.get(name), f"{owner}/{name}"),
            "secret": True,
        }
        for name in names
        if before.get(name) != after.get(name)
    ]


def fingerprint(secret: Any, where: str) -> str | None:
    """Tells whether a secret is another one than before, and nothing else: another place gives another fingerprint."""
    if secret is None:
        return None
    text = json.dumps([where, secret], sort_keys=True, separators=(",", ":"), default=str)
    return hmac.new(signing_key(b"audit fingerprints"), text.encode(), hashlib.sha256).hexdigest()[:FINGERPRINT]


def shown(value: Any) -> Any:
    """A plain value as it is kept: as JSON, and no longer than a reader wants."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Model):
        return str(value)[:LONGEST]
    text = value if isinstance(value, str | UUID) else json.dumps(value, ensure_ascii=False, default=str)
    text = str(text)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
