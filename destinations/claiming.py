"""Take due destinations, so that no two workers check the same one at once."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from destinations.models import ConnectionCheck, Destination, DestinationState

Status = ConnectionCheck.Status


@dataclass(frozen=True, slots=True)
class Claim:
    """A destination to check now. `started_at` fences: only the latest claimant of a check may record it."""

    check: ConnectionCheck
    destination: Destination
    state: DestinationState
    started_at: datetime


def claim(slots: int, among: Collection[int] | None = None) -> list[Claim]:
    """Lease up to `slots` due destinations, asked-for checks before scheduled ones; with `among`, only of these ids."""
    if not anything_due(among):  # an idle tick must not take SQLite's write lock
        return []
    with transaction.atomic():
        now = timezone.now()
        states = _lease(slots, now, among)
        return _start(states, now)


def anything_due(among: Collection[int] | None = None) -> bool:
    now = timezone.now()
    due = Q(requested_at__isnull=False) | Q(next_check_at__lte=now)
    return _free(now, among).filter(due).exists()


def renew(claims: Iterable[Claim]) -> None:
    """Keep the leases of checks that are still running."""
    ids = [claim.destination.pk for claim in claims]
    DestinationState.objects.filter(pk__in=ids).update(lease_until=_lease_end(timezone.now()))


@transaction.atomic
def release(claims: Iterable[Claim]) -> None:
    """Give back checks that will not be finished here: they are queued again, for any worker to take."""
    for claim in claims:
        ours = ConnectionCheck.objects.filter(pk=claim.check.pk, started_at=claim.started_at, status=Status.RUNNING)
        if ours.update(status=Status.QUEUED, started_at=None):
            DestinationState.objects.filter(pk=claim.destination.pk).update(lease_until=None)


def _free(now: datetime, among: Collection[int] | None) -> QuerySet[DestinationState]:
    states = DestinationState.objects.filter(Q(lease_until=None) | Q(lease_until__lt=now))
    return states if among is None else states.filter(pk__in=among)


def _lease(slots: int, now: datetime, among: Collection[int] | None) -> list[DestinationState]:
    free = _free(now, among).select_for_update(skip_locked=True)
    states = list(free.filter(requested_at__isnull=False).order_by("requested_at")[:slots])
    scheduled = free.filter(requested_at=None, next_check_at__lte=now).order_by("next_check_at")
    states += scheduled[: slots - len(states)]
    DestinationState.objects.filter(pk__in=[state.pk for state in states]).update(lease_until=_lease_end(now))
    return states


def _lease_end(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.CHECK_LEASE)


def _start(states: Sequence[DestinationState], now: datetime) -> list[Claim]:
    """Mark a check of each destination as running: the one asked for or left by a dead worker, or a new one."""
    ids = [state.pk for state in states]
    destinations = Destination.objects.select_related("auth_credential").in_bulk(ids)
    waiting = _waiting(ids, now)
    claims = []
    for state in states:
        destination = destinations[state.pk]
        check = waiting.get(state.pk) or ConnectionCheck(
            destination=destination, trigger=ConnectionCheck.Trigger.SCHEDULE, queued_at=now
        )
        check.status, check.started_at, check.revision = Status.RUNNING, now, destination.revision
        claims.append(Claim(check, destination, state, now))
    _store([claim.check for claim in claims], now)
    return claims


def _waiting(ids: Sequence[int], now: datetime) -> dict[int, ConnectionCheck]:
    """The newest unfinished check of each destination; older ones are superseded by it."""
    newest: dict[int, ConnectionCheck] = {}
    superseded = []
    for check in ConnectionCheck.objects.unfinished().filter(destination__in=ids).order_by("queued_at"):
        if older := newest.get(check.destination_id):
            superseded.append(older.pk)
        newest[check.destination_id] = check
    ConnectionCheck.objects.filter(pk__in=superseded).update(
        status=Status.CANCELLED, completed_at=now, message="A newer check took its place."
    )
    return newest


def _store(checks: Sequence[ConnectionCheck], now: datetime) -> None:
    resumed = [check.pk for check in checks if not check._state.adding]
    revision = Destination.objects.filter(pk=OuterRef("destination")).values("revision")
    ConnectionCheck.objects.filter(pk__in=resumed).update(
        status=Status.RUNNING, started_at=now, revision=Subquery(revision)
    )
    ConnectionCheck.objects.bulk_create([check for check in checks if check._state.adding])
