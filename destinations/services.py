"""The only writer of destinations: every surface makes a `Draft` and calls one of these."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from connectors.running import Report
from destinations import checking, recording, tasks
from destinations.applying import apply, completed, generated, release_default, save, touch
from destinations.drafts import Draft
from destinations.exceptions import (
    Archived,
    Conflict,
    InUse,
    InvalidDestination,
    LimitReached,
    Problem,
    RevisionMismatch,
    Unproven,
)
from destinations.keys import ssh_key
from destinations.merging import stored_credentials
from destinations.models import ConnectionCheck, Consumer, Destination, DestinationState
from destinations.naming import taken
from tenants.models import Tenant
from tenants.services import delete_tenant as delete_empty_tenant

GRACE = timedelta(hours=24)  # how long a signing secret stays valid beside the one that replaced it
SHOWN_USERS = 5  # that a refusal to delete names

Trigger = ConnectionCheck.Trigger


@transaction.atomic
def create(tenant: Tenant, draft: Draft, *, check: bool = False, proof: Report | None = None) -> Destination:
    """Register a destination. Raises `InvalidDestination` (with every problem) or `LimitReached`.

    Secrets that the type made itself are readable once, as `destination.generated`. `check` asks for a connection
    check; `proof` is one that this very draft has passed (`prove`), and what it learned completes the config.
    """
    draft = completed(draft, proof)
    Tenant.objects.select_for_update().get(pk=tenant.pk)  # one writer at a time decides limit, name and default
    _refuse_over_limit(tenant)
    destination = Destination(tenant=tenant, type=draft.type or "", sealed=None)
    credentials = apply(destination, draft)
    destination.credentials = credentials
    destination.generated = generated(destination, draft, {}, credentials)
    save(destination, force_insert=True)
    DestinationState.objects.create(destination=destination, next_check_at=_first_check(destination))
    if proof:
        recording.record_proof(destination, proof, Trigger.CREATE)
    elif check:
        request_check(destination, Trigger.CREATE)
    return destination


@transaction.atomic
def update(
    destination: Destination,
    draft: Draft,
    *,
    check: bool = False,
    proof: Report | None = None,
    revision: int | None = None,
    allow_archived: bool = False,
) -> Destination:
    """Change a destination: the draft is merged into what is stored and the whole is validated.

    `check` asks for a connection check if config or credentials really changed, `proof` is as in `create`.
    `revision` is the one the caller has read. A secret that was removed and made anew is in `generated`, as after
    `create`. `allow_archived` is for vendors to whom archived only means hidden.

    Raises `InvalidDestination`, `Archived`, `RevisionMismatch` or `SecretUnreadable`; nothing is changed then.
    """
    draft = completed(draft, proof)
    current = _locked(destination, revision, allow_archived=allow_archived)
    config_before, credentials_before = current.config, stored_credentials(current, draft)
    credentials = apply(current, draft)
    if credentials != credentials_before:
        current.credentials = credentials
        current.generated = generated(current, draft, credentials_before, credentials)
    connection_changed = (current.config, credentials) != (config_before, credentials_before)
    touch(current)
    save(current)
    _reschedule(current, changed=connection_changed)
    if proof:
        recording.record_proof(current, proof, Trigger.UPDATE)
    elif check and connection_changed:
        request_check(current, Trigger.UPDATE)
    return current


@transaction.atomic
def rotate_secret(destination: Destination, grace: timedelta = GRACE, until: datetime | None = None) -> Destination:
    """Make a new signing secret; the one before stays valid for `grace`, or `until` a moment.

    The new secret is in `generated`. Raises `Conflict` for a type that has none, `Archived` or `SecretUnreadable`.
    """
    current = _locked(destination)
    if not current.connector.rotates:
        raise Conflict(f"{current.connector.label} has no signing secret that Landfall could make anew.")
    current.credentials = rotated = current.connector.rotate(current.credentials, until or timezone.now() + grace)
    current.generated = {current.connector.rotates: rotated[current.connector.rotates]}
    touch(current)
    save(current)
    _reschedule(current, changed=True)
    return current


def validate(tenant: Tenant, draft: Draft) -> None:
    """Raise `InvalidDestination` or `LimitReached` as `create` would, and write nothing."""
    _refuse_over_limit(tenant)
    destination = Destination(tenant=tenant, type=draft.type or "", sealed=None)
    apply(destination, draft)
    if problems := taken(destination):
        raise InvalidDestination(problems)


def try_out(tenant: Tenant, draft: Draft, *, stored: Destination | None = None, limit: float | None = None) -> Report:
    """Check a draft for real without saving it, for `limit` seconds at most. Raises `InvalidDestination`; secrets stay
    in this process."""
    trial = stored or Destination(tenant=tenant, type=draft.type or "", sealed=None)
    credentials = apply(trial, draft)
    identity = ssh_key(tenant).identity if trial.connector.needs_identity(trial.config) else None
    return checking.run_now(trial.connector, trial.config, credentials, identity=identity, limit=limit)


def prove(tenant: Tenant, draft: Draft, *, stored: Destination | None = None, limit: float | None = None) -> Report:
    """As `try_out`, for what may only be saved if it works. Raises `Unproven` for what does not pass."""
    report = try_out(tenant, draft, stored=stored, limit=limit)
    if report.status != "passed":
        raise Unproven(report)
    return report


@transaction.atomic
def set_default(destination: Destination, *, on: bool = True) -> Destination:
    """Make it the one default of its tenant, or not the default any more. Raises `Archived` for what cannot be it."""
    Tenant.objects.select_for_update().get(pk=destination.tenant_id)  # one writer at a time decides the default
    current = _locked(destination, allow_archived=not on)
    if current.is_default != on:
        if on:
            release_default(current)
        _switch(current, "is_default", on)
    return current


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
        touch(current)
        current.save(update_fields=["archived_at", "is_default", "updated", "revision"])
        _reschedule(current)
    return current


@transaction.atomic
def restore(destination: Destination) -> Destination:
    current = _locked(destination, allow_archived=True)
    if current.archived_at is not None:
        current.archived_at = None
        touch(current)
        current.save(update_fields=["archived_at", "updated", "revision"])
        _reschedule(current)
    return current


@transaction.atomic
def delete(destination: Destination, *, force: bool = False) -> None:
    """Remove a destination, its credentials and its history for good. Raises `InUse` while it has consumers, unless
    `force` says that whoever deletes it knows of them."""
    users = [] if force else [str(consumer) for consumer in destination.consumers.all()[: SHOWN_USERS + 1]]
    if users:
        shown = ", ".join(users[:SHOWN_USERS]) + (" and others" if len(users) > SHOWN_USERS else "")
        raise InUse(f"The destination is used by {shown}. Delete it with force if they can do without it.")
    Destination.objects.filter(pk=destination.pk).delete()


@transaction.atomic
def register_consumer(destination: Destination, *, kind: str, name: str) -> tuple[Consumer, bool]:
    """Note that something uses the destination, or still does; also tells whether it was not known before.

    Raises `Archived`, and django's ValidationError for what can be no kind or name.
    """
    current = _locked(destination)
    Consumer(destination=current, kind=kind, name=name).clean_fields()
    seen = {"last_seen": timezone.now()}
    return Consumer.objects.update_or_create(destination=current, kind=kind, name=name, defaults=seen)


@transaction.atomic
def forget_consumer(consumer: Consumer) -> None:
    """Note that something uses its destination no more."""
    consumer.delete()


@transaction.atomic
def delete_tenant(tenant: Tenant) -> None:
    """Remove a tenant with its destinations, environments and keys for good."""
    Destination.objects.filter(tenant=tenant).delete()
    delete_empty_tenant(tenant)


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


def _set_disabled(destination: Destination, at: datetime | None) -> Destination:
    current = _locked(destination)
    if (current.disabled_at is None) != (at is None):
        _switch(current, "disabled_at", at)
        _reschedule(current)
    return current


def _switch(current: Destination, name: str, value: object) -> None:
    """What a destination is does not change by it, so `updated` stays; the revision tells that something did."""
    setattr(current, name, value)
    current.revision += 1
    current.save(update_fields=[name, "revision"])


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
