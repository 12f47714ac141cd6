"""Write the audit trail: services say what they change, and faces who is acting.

An entry is written in the transaction of its change, so that neither is without the other.
"""

import getpass
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import Model

from tenants.changes import Changes
from tenants.principals import Principal
from tenants.trail import AuditEvent, Subject

__all__ = ["Subject", "acting", "acting_as", "operator", "record", "record_many"]

BATCH = 500


@dataclass(frozen=True, slots=True)
class Caller:
    """Who acts now. `principal` is asked only when something is recorded: by then a request knows who called."""

    face: str
    principal: Callable[[], Principal]
    address: str = ""
    request_id: str = ""


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


@contextmanager
def acting_as(principal: Principal) -> Iterator[None]:
    """The same request, of a caller who proves otherwise than its face has it who he is."""
    caller = _caller.get()
    with acting(principal, face=caller.face, address=caller.address, request_id=caller.request_id):
        yield


def operator() -> Principal:
    """Whoever runs a command on the machine."""
    try:
        return Principal(name=getpass.getuser())
    except (KeyError, OSError):  # a user id without a name, as containers have
        return Principal(name=f"user {os.getuid()}")


def record(
    action: str, subject: Model | Subject, *, tenant: str | None = None, changes: Changes = (), security: bool = False
) -> None:
    """Add an entry. Call it in the transaction of the change.

    `action` is what was done, beginning with the kind of the subject, as `destination.update`. `tenant` is the id of
    another tenant than the subject's own. `security` marks what decides who may do what, or where secrets go.
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
    """As `record`, for any number of subjects that the same is done to at once."""
    same = {"action": action, **_who(_caller.get()), "changes": list(changes), "security": security}
    left = iter(subjects)
    while batch := [AuditEvent(**same, **_what(subject, tenant)) for subject in islice(left, BATCH)]:
        AuditEvent.objects.bulk_create(batch)


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
    what = subject if isinstance(subject, Subject) else Subject.of(subject)
    return {
        "subject_kind": what.kind,
        "subject_id": what.id[:255],
        "subject_label": what.label[:255],
        "tenant": what.tenant if tenant is None else tenant,
    }
