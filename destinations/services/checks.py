"""Checks: asked for, made at once, or made of what is not saved yet."""

from django.db import transaction

from connectors.running import Report
from destinations import checking, recording, tasks, trail
from destinations.applying import apply
from destinations.drafts import Draft
from destinations.exceptions import RevisionMismatch, Unproven
from destinations.keys import ssh_key
from destinations.models import ConnectionCheck, Destination, DestinationState
from destinations.services.rows import locked, refuse_incomplete
from tenants.models import Tenant

Trigger = ConnectionCheck.Trigger


@transaction.atomic
def request_check(destination: Destination, trigger: Trigger = Trigger.MANUAL, *, wake: bool = True) -> ConnectionCheck:
    """Queue a check, or return the one already queued. Raises `Archived`, or `Conflict` for one that is incomplete.

    The row is the queue; the message only wakes a worker up, so losing it loses nothing. A caller that runs the
    queue itself does without (`wake`).
    """
    current = locked(destination)
    refuse_incomplete(current)
    check = ConnectionCheck.objects.filter(destination=current, status=ConnectionCheck.Status.QUEUED).first()
    if check is None:
        check = ConnectionCheck.objects.create(destination=current, trigger=trigger, revision=current.revision)
        DestinationState.objects.filter(destination=current).update(requested_at=check.queued_at)
        if trigger == Trigger.MANUAL:  # another follows from a change, which is recorded itself
            trail.record("check", current)
    if wake:
        transaction.on_commit(tasks.wake_up)
    return check


def try_out(tenant: Tenant, draft: Draft, *, stored: Destination | None = None, limit: float | None = None) -> Report:
    """Check a draft for real without saving it, for `limit` seconds at most. Raises `InvalidDestination`; secrets stay
    in this process."""
    trial = stored or Destination(tenant=tenant, type=draft.type or "", sealed=None)
    credentials = apply(trial, draft)
    identity = ssh_key(tenant).identity if trial.needs_identity else None
    attached = trial.attached
    return checking.run_now(
        trial.connector, trial.config, credentials, identity=identity, attached=attached, limit=limit
    )


def prove(tenant: Tenant, draft: Draft, *, stored: Destination | None = None, limit: float | None = None) -> Report:
    """As `try_out`, for what may only be saved if it works. Raises `Unproven` for what does not pass."""
    report = try_out(tenant, draft, stored=stored, limit=limit)
    if report.status != "passed":
        raise Unproven(report)
    return report


def verify(destination: Destination) -> ConnectionCheck:
    """Check a destination here and now, record that, and mark it as verified or not by the outcome.

    Raises `Archived`, `Conflict` for one that is incomplete, or `SecretUnreadable`.
    """
    with transaction.atomic():
        current = locked(destination)
        refuse_incomplete(current)
    report = checking.run_now(current.connector, current.config, **current.access)
    with transaction.atomic():
        if locked(destination).revision != current.revision:
            raise RevisionMismatch("The destination was changed while it was being verified. Verify it again.")
        check = recording.record_at_once(current, report, Trigger.VERIFY)
        verified_at = check.completed_at if report.status == "passed" else None
        Destination.objects.filter(pk=current.pk).update(verified_at=verified_at)
        trail.record("verify", current, {"field": "outcome", "before": None, "after": check.status})
    return check
