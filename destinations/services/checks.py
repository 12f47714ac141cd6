"""Checks: asked for, made at once, or made of what is not saved yet."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from connectors.running import Report
from destinations import checking, recording, tasks, trail
from destinations.applying import apply
from destinations.drafts import Draft
from destinations.exceptions import RevisionMismatch, Unproven
from destinations.keys import ssh_key
from destinations.models import ConnectionCheck, Destination, DestinationState
from destinations.services.rows import locked, refuse_incomplete
from tenants.limits import CHECKS, TooMany, take
from tenants.models import Tenant

Trigger = ConnectionCheck.Trigger


@transaction.atomic
def request_check(destination: Destination, trigger: Trigger = Trigger.MANUAL, *, wake: bool = True) -> ConnectionCheck:
    """Queue a check, or return the one already queued. Raises `Archived`, `Conflict` for one that is incomplete, or
    `TooMany`.

    The row is the queue; the message only wakes a worker up, so losing it loses nothing. A command that runs the
    queue itself does without (`wake`), and its checks are not counted: no caller has asked for them.
    """
    current = locked(destination)
    refuse_incomplete(current)
    check = ConnectionCheck.objects.filter(destination=current, status=ConnectionCheck.Status.QUEUED).first()
    if check is None:
        if wake:
            take(CHECKS, current.tenant_id)
        check = ConnectionCheck.objects.create(destination=current, trigger=trigger, revision=current.revision)
        DestinationState.objects.filter(destination=current).update(requested_at=check.queued_at)
        if trigger == Trigger.MANUAL:  # another follows from a change, which is recorded itself
            trail.record("check", current)
    if wake:
        transaction.on_commit(tasks.wake_up)
    return check


def check_saved(destination: Destination, trigger: Trigger) -> bool:
    """Queue a check of what was just saved, unless the tenant has asked for too many: nothing is refused for that.
    The schedule then gets to it, no later than to one that is new. Returns whether it is queued."""
    try:
        request_check(destination, trigger)
    except TooMany:
        due = timezone.now() + checking.interval(0)
        DestinationState.objects.filter(destination=destination, next_check_at__gt=due).update(next_check_at=due)
        return False
    return True


def try_out(tenant: Tenant, draft: Draft, *, stored: Destination | None = None, limit: float | None = None) -> Report:
    """Check a draft for real without saving it, for `limit` seconds if that is less than usual. Raises
    `InvalidDestination` or `TooMany`; secrets stay in this process."""
    trial = stored or Destination(tenant=tenant, type=draft.type or "", sealed=None)
    credentials = apply(trial, draft).credentials
    identity = ssh_key(tenant).identity if trial.needs_identity else None
    attached = trial.attached
    take(CHECKS, tenant.pk)
    seconds = min(limit or settings.CHECK_TIMEOUT, settings.CHECK_TIMEOUT)
    return checking.run_now(
        trial.connector, trial.config, credentials, identity=identity, attached=attached, limit=seconds
    )


def prove(tenant: Tenant, draft: Draft, *, stored: Destination | None = None, limit: float | None = None) -> Report:
    """As `try_out`, for what may only be saved if it works. Raises `Unproven` for what does not pass."""
    report = try_out(tenant, draft, stored=stored, limit=limit)
    if report.status != "passed":
        raise Unproven(report)
    return report


def verify(destination: Destination, *, limit: float | None = None) -> ConnectionCheck:
    """Check a destination here and now, record that, and mark it as verified or not by the outcome.

    `limit` is in seconds and takes the place of the usual time.

    Raises `Archived`, `Conflict` for one that is incomplete, `TooMany`, or `SecretUnreadable`.
    """
    with transaction.atomic():
        current = locked(destination)
        refuse_incomplete(current)
        take(CHECKS, current.tenant_id)
    report = checking.run_now(current.connector, current.config, limit=limit, **current.access)
    with transaction.atomic():
        if locked(destination).revision != current.revision:
            raise RevisionMismatch("The destination was changed while it was being verified. Verify it again.")
        check = recording.record_at_once(current, report, Trigger.VERIFY)
        verified_at = check.completed_at if report.status == "passed" else None
        Destination.objects.filter(pk=current.pk).update(verified_at=verified_at)
        trail.record("verify", current, {"field": "outcome", "before": None, "after": check.status})
    return check
