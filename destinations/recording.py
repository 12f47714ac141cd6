"""Write what checks found: in bulk, in one transaction, and only what the writer still has a claim on."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone

from connectors.running import Report
from destinations.claiming import Claim
from destinations.models import ConnectionCheck, Destination, DestinationState, Health


@dataclass(frozen=True, slots=True)
class Result:
    claim: Claim
    report: Report
    completed_at: datetime


# Both statements end in the same fence: the check must still be running under the claim that reports on it.
_STATE = """
UPDATE {state} SET
    last_check_id = %s,
    lease_until = NULL,
    requested_at = CASE WHEN requested_at <= %s THEN NULL ELSE requested_at END,
    next_check_at = CASE WHEN next_check_at = %s THEN %s ELSE next_check_at END,
    health = CASE %s WHEN 'passed' THEN 'healthy' WHEN 'failed' THEN 'failing' ELSE health END,
    consecutive_failures = CASE %s
        WHEN 'passed' THEN 0 WHEN 'failed' THEN consecutive_failures + 1 ELSE consecutive_failures END,
    last_passed_at = CASE %s WHEN 'passed' THEN %s ELSE last_passed_at END,
    last_failed_at = CASE %s WHEN 'failed' THEN %s ELSE last_failed_at END
WHERE destination_id = %s
    AND EXISTS (SELECT 1 FROM {check} WHERE uuid = %s AND started_at = %s AND status = 'running')
"""
_CHECK = """
UPDATE {check} SET status = %s, completed_at = %s, code = %s, message = %s, remedy = %s, steps = %s
WHERE uuid = %s AND started_at = %s AND status = 'running'
"""
_TABLES = {"state": DestinationState._meta.db_table, "check": ConnectionCheck._meta.db_table}


def record(results: Sequence[Result]) -> None:
    """Store finished checks and the states they lead to. Rows deleted meanwhile are passed over."""
    if not results:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(_STATE.format(**_TABLES), [_state_row(result) for result in results])
        cursor.executemany(_CHECK.format(**_TABLES), [_check_row(result) for result in results])


@transaction.atomic
def record_at_once(destination: Destination, report: Report, trigger: ConnectionCheck.Trigger) -> ConnectionCheck:
    """Store a check that was made outside of the queue, of the destination as it now is."""
    now = timezone.now()
    took = timedelta(milliseconds=sum(step["duration_ms"] for step in report.steps))
    times = {"queued_at": now - took, "started_at": now - took, "completed_at": now}
    outcome = {name: getattr(report, name) for name in ("status", "code", "message", "remedy", "steps")}
    check = ConnectionCheck.objects.create(
        destination=destination, revision=destination.revision, trigger=trigger, **times, **outcome
    )
    state = DestinationState.objects.filter(destination=destination)
    state.update(last_check=check, **_consequence(report, now))
    failures = state.values_list("consecutive_failures", flat=True).get()
    state.exclude(next_check_at=None).update(next_check_at=now + interval(failures))
    return check


def _consequence(report: Report, now: datetime) -> dict[str, Any]:
    if report.status == "passed":
        return {"last_passed_at": now, "health": Health.HEALTHY, "consecutive_failures": 0}
    if report.status == "failed":
        failures = models.F("consecutive_failures") + 1
        return {"last_failed_at": now, "health": Health.FAILING, "consecutive_failures": failures}
    return {}


def interval(failures: int) -> timedelta:
    """The time to the next scheduled check: doubled with each failure in a row, with 10 % of jitter."""
    base = settings.CHECK_INTERVAL * 2 ** max(0, min(failures, 32) - 1)
    seconds = max(settings.CHECK_INTERVAL, min(base, settings.CHECK_BACKOFF_MAX))
    return timedelta(seconds=seconds * random.uniform(0.9, 1.1))  # noqa: S311  spreads load, guards nothing


def _state_row(result: Result) -> tuple[Any, ...]:
    claim, status = result.claim, result.report.status
    time = _prepare(DestinationState, "next_check_at")
    failures = claim.state.consecutive_failures + 1 if status == "failed" else 0
    completed = time(result.completed_at)
    uuid = _prepare(ConnectionCheck, "uuid")(claim.check.pk)
    started = time(claim.started_at)
    return (
        *(uuid, started, time(claim.state.next_check_at), time(result.completed_at + interval(failures))),
        *(status, status, status, completed, status, completed),
        *(claim.destination.pk, uuid, started),
    )


def _check_row(result: Result) -> tuple[Any, ...]:
    claim, report = result.claim, result.report
    time = _prepare(ConnectionCheck, "completed_at")
    steps = _prepare(ConnectionCheck, "steps")(report.steps)
    uuid = _prepare(ConnectionCheck, "uuid")(claim.check.pk)
    outcome = (report.status, time(result.completed_at), report.code, report.message, report.remedy, steps)
    return (*outcome, uuid, time(claim.started_at))


def _prepare(model: type[models.Model], name: str) -> Any:
    """How this database wants values of a column."""
    field = model._meta.get_field(name)
    return lambda value: field.get_db_prep_save(value, connection)  # type: ignore[union-attr]


def finished(claim: Claim, report: Report) -> Result:
    return Result(claim, report, timezone.now())
