"""The row that a service changes: held, and what follows for its checks."""

from datetime import datetime

from django.utils import timezone

from destinations import checking
from destinations.exceptions import Archived, Conflict, RevisionMismatch
from destinations.models import Destination, DestinationState


def locked(destination: Destination, revision: int | None = None, *, allow_archived: bool = False) -> Destination:
    """The row as it is now, held until the transaction ends."""
    current: Destination | None = (
        Destination.objects.select_for_update(of=("self",))
        .select_related("tenant", "environment", "owner", "state", "state__last_check", "auth_credential")
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


def refuse_incomplete(destination: Destination) -> None:
    if destination.incomplete:
        raise Conflict("The destination is not complete yet. Complete it first.")


def switch(current: Destination, name: str, value: object) -> None:
    """What a destination is does not change by it, so `updated` stays; the revision tells that something did."""
    setattr(current, name, value)
    current.revision += 1
    current.save(update_fields=[name, "revision"])


def reschedule(destination: Destination, *, changed: bool = False) -> None:
    """Scheduled checks run for enabled, live destinations only; a changed one has to prove itself anew."""
    state = DestinationState.objects.filter(destination=destination)
    if destination.disabled_at or destination.archived_at or destination.incomplete:
        state.update(next_check_at=None)
    else:
        state.filter(next_check_at=None).update(next_check_at=timezone.now())
    if changed:
        state.update(health="unknown", consecutive_failures=0)
        checking.cancel_running(destination)
    if destination.archived_at:
        checking.cancel_queued(destination)


def first_check(destination: Destination) -> datetime | None:
    if destination.disabled_at or destination.incomplete:
        return None
    return timezone.now() + checking.interval(0)
