"""The only writer of destinations: every surface makes a `Draft` and calls one of these."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from connectors.running import Report
from destinations import checking, tasks
from destinations.drafts import UNSET, Draft, Unset
from destinations.exceptions import (
    Archived,
    Conflict,
    InvalidDestination,
    LimitReached,
    Problem,
    RevisionMismatch,
)
from destinations.merging import merge, stored_credentials
from destinations.models import ConnectionCheck, Destination, DestinationState
from destinations.naming import free_name, free_slug, name_problems, taken
from tenants.models import Tenant

Trigger = ConnectionCheck.Trigger
Secrets = dict[str, Any]


@transaction.atomic
def create(tenant: Tenant, draft: Draft, *, check: bool = False) -> Destination:
    """Register a destination. Raises `InvalidDestination` (with every problem) or `LimitReached`.

    Secrets that the type made itself are readable once, as `destination.generated`.
    """
    Tenant.objects.select_for_update().get(pk=tenant.pk)  # one writer at a time decides limit, name and default
    _refuse_over_limit(tenant)
    destination = Destination(tenant=tenant, type=draft.type or "", sealed=None)
    credentials = _apply(destination, draft)
    destination.credentials = credentials
    destination.generated = _generated(destination, draft, {}, credentials)
    _save(destination, force_insert=True)
    DestinationState.objects.create(destination=destination, next_check_at=_first_check(destination))
    if check:
        request_check(destination, Trigger.CREATE)
    return destination


@transaction.atomic
def update(destination: Destination, draft: Draft, *, check: bool = False, revision: int | None = None) -> Destination:
    """Change a destination: the draft is merged into what is stored and the whole is validated.

    `check` asks for a connection check if config or credentials really changed. `revision` is the one the
    caller has read. A secret that was removed and made anew is in `generated`, as after `create`.
    Raises `InvalidDestination`, `Archived`, `RevisionMismatch` or `SecretUnreadable`; nothing is changed then.
    """
    current = _locked(destination, revision)
    config_before, credentials_before = current.config, stored_credentials(current, draft)
    credentials = _apply(current, draft)
    if credentials != credentials_before:
        current.credentials = credentials
        current.generated = _generated(current, draft, credentials_before, credentials)
    connection_changed = (current.config, credentials) != (config_before, credentials_before)
    _touch(current)
    _save(current)
    _reschedule(current, changed=connection_changed)
    if check and connection_changed:
        request_check(current, Trigger.UPDATE)
    return current


def validate(tenant: Tenant, draft: Draft) -> None:
    """Raise `InvalidDestination` or `LimitReached` as `create` would, and write nothing."""
    _refuse_over_limit(tenant)
    destination = Destination(tenant=tenant, type=draft.type or "", sealed=None)
    _apply(destination, draft)
    if problems := taken(destination):
        raise InvalidDestination(problems)


def try_out(tenant: Tenant, draft: Draft, *, stored: Destination | None = None) -> Report:
    """Check a draft for real without saving it. Raises `InvalidDestination`; secrets stay in this process."""
    trial = stored or Destination(tenant=tenant, type=draft.type or "", sealed=None)
    credentials = _apply(trial, draft)
    return checking.run_now(trial.connector, trial.config, credentials)


@transaction.atomic
def enable(destination: Destination) -> Destination:
    return _set_disabled(destination, None)


@transaction.atomic
def disable(destination: Destination) -> Destination:
    """Stop scheduled checks and use; disabling twice keeps the first time."""
    return _set_disabled(destination, timezone.now())


@transaction.atomic
def archive(destination: Destination) -> Destination:
    """Put away without deleting: it can be read and restored, nothing else. Twice is not an error."""
    current = _locked(destination, allow_archived=True)
    if current.archived_at is None:
        current.archived_at, current.is_default = timezone.now(), False
        _touch(current)
        current.save(update_fields=["archived_at", "is_default", "updated", "revision"])
        _reschedule(current)
    return current


@transaction.atomic
def restore(destination: Destination) -> Destination:
    current = _locked(destination, allow_archived=True)
    if current.archived_at is not None:
        current.archived_at = None
        _touch(current)
        current.save(update_fields=["archived_at", "updated", "revision"])
        _reschedule(current)
    return current


@transaction.atomic
def delete(destination: Destination) -> None:
    """Remove a destination, its credentials and its history for good."""
    Destination.objects.filter(pk=destination.pk).delete()


@transaction.atomic
def request_check(destination: Destination, trigger: Trigger = Trigger.MANUAL, *, wake: bool = True) -> ConnectionCheck:
    """Queue a check, or return the one already queued. Raises `Archived`.

    The row is the queue; the message only wakes a worker up, so losing it loses nothing. A caller that runs the
    queue itself does without (`wake`).
    """
    current = _locked(destination)
    check = ConnectionCheck.objects.filter(destination=current, status=ConnectionCheck.Status.QUEUED).first()
    if check is None:
        check = ConnectionCheck.objects.create(destination=current, trigger=trigger, revision=current.revision)
        DestinationState.objects.filter(destination=current).update(requested_at=check.queued_at)
    if wake:
        transaction.on_commit(tasks.wake_up)
    return check


def _locked(destination: Destination, revision: int | None = None, *, allow_archived: bool = False) -> Destination:
    """The row as it is now, held until the transaction ends."""
    current: Destination | None = (
        Destination.objects.select_for_update(of=("self",))
        .select_related("tenant", "environment", "owner", "state", "state__last_check")
        .filter(pk=destination.pk)
        .first()
    )
    if current is None:
        raise Conflict("The destination has been deleted.")
    if revision is not None and revision != current.revision:
        raise RevisionMismatch(f"The destination is at revision {current.revision}, not {revision}.")
    if current.archived_at is not None and not allow_archived:
        raise Archived("The destination is archived. Restore it first.")
    return current


def _apply(destination: Destination, draft: Draft) -> dict[str, Any]:
    """Merge the draft into the row, judge the whole, and return the credentials in clear."""
    destination_problems = list(name_problems(destination, draft))
    config, credentials, problems = merge(destination, draft)
    problems = [*destination_problems, *problems]
    if problems:
        raise InvalidDestination(problems)
    destination.config = config
    _apply_plain(destination, draft)
    _apply_name(destination, draft)
    return credentials


def _generated(destination: Destination, draft: Draft, before: Mapping[str, Any], after: Mapping[str, Any]) -> Secrets:
    """The secrets that nobody sent, and that somebody has to be told."""
    sent = draft.credentials or {}
    made = (name for name in destination.connector.secrets & after.keys() if after[name] != before.get(name))
    return {name: after[name] for name in made if sent.get(name) is None}


def _apply_plain(destination: Destination, draft: Draft) -> None:
    plain: tuple[tuple[str, Any], ...] = (
        ("description", draft.description or ""),
        ("topics", draft.topics or ["*"]),
        ("metadata", dict(draft.metadata or {})),
        ("environment", draft.environment),
        ("owner", draft.owner),
        ("disabled_at", draft.disabled_at),
    )
    for name, value in plain:
        if getattr(draft, name) is not UNSET:
            setattr(destination, name, value)
    if not isinstance(draft.uid, Unset):
        destination.uid = draft.uid
    if draft.extra is not UNSET:
        destination.extra = {**destination.extra, **draft.extra}
    if draft.is_default is not UNSET:
        destination.is_default = draft.is_default


def _apply_name(destination: Destination, draft: Draft) -> None:
    if draft.name:
        destination.name = draft.name
    elif not destination.name:
        destination.name = free_name(destination)
    if not destination.slug:
        destination.slug = free_slug(destination)


def _save(destination: Destination, *, force_insert: bool = False) -> None:
    """Write the row; a constraint that is broken becomes the problem it stands for."""
    if destination.is_default:
        others = Destination.objects.filter(tenant=destination.tenant, is_default=True).exclude(pk=destination.pk)
        others.update(is_default=False, revision=F("revision") + 1, updated=timezone.now())
    try:
        with transaction.atomic():
            destination.save(force_insert=force_insert)
    except IntegrityError as error:
        raise InvalidDestination(taken(destination) or _unexplained(error)) from None


def _unexplained(error: IntegrityError) -> Iterable[Problem]:
    raise error


def _touch(destination: Destination) -> None:
    destination.revision += 1
    destination.updated = timezone.now()


def _set_disabled(destination: Destination, at: datetime | None) -> Destination:
    current = _locked(destination)
    if (current.disabled_at is None) != (at is None):
        current.disabled_at = at
        _touch(current)
        current.save(update_fields=["disabled_at", "updated", "revision"])
        _reschedule(current)
    return current


def _reschedule(destination: Destination, *, changed: bool = False) -> None:
    """Scheduled checks run for enabled, live destinations only; a changed one has to prove itself anew."""
    state = DestinationState.objects.filter(destination=destination)
    if destination.disabled_at or destination.archived_at:
        state.update(next_check_at=None)
    else:
        state.filter(next_check_at=None).update(next_check_at=timezone.now())
    if changed:
        state.update(health="unknown", consecutive_failures=0)
        checking.cancel_running(destination)
    if destination.archived_at:
        checking.cancel_queued(destination)


def _first_check(destination: Destination) -> datetime | None:
    if destination.disabled_at:
        return None
    return timezone.now() + checking.interval(0)


def _refuse_over_limit(tenant: Tenant) -> None:
    limit = settings.DESTINATIONS_PER_TENANT
    if limit and Destination.objects.filter(tenant=tenant).count() >= limit:
        message = f"The tenant may have at most {limit} destinations. Delete one or ask for a higher limit."
        raise LimitReached([Problem("", "limit", message)])
