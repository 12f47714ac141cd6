"""Connection checks as Stitch tells of them, a failure in the words of its catalogue where that has any."""

from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from connectors.probes import ssh
from destinations.dialects.stitch.access import account_id
from destinations.dialects.stitch.moments import moment
from destinations.dialects.stitch.types import BY_NATIVE
from destinations.models import ConnectionCheck, Destination

Status = ConnectionCheck.Status

INTERNAL = "We encountered an internal error while checking the connection."
WRONG_TYPE = (
    "We encountered an error while attempting to check the type or version for this destination. Please select the "
    "correct destination type and try again."
)
TEXTS = {
    "refused": "Connection refused. Check that the hostname and port are correct and that the postmaster is accepting "
    "TCP/IP connections.",
    "timeout": "Connection timed out.",
    "protocol": WRONG_TYPE,
}
DROPPED = "An I/O error occurred while sending to the backend."
NO_CHALLENGE = "An error occurred (404) when calling the HeadObject operation: Not Found"


def newest() -> Subquery:
    """For annotating destinations: the uuid of the newest check of each that was not called off."""
    return Subquery(_told(destination=OuterRef("pk")).values("uuid")[:1])


def newest_of(row: Destination) -> ConnectionCheck | None:
    return _told(destination=row).first()


def job_name(account: int, destination: int, check: UUID) -> str:
    return f"{account}.{destination}.check.{check}"


def last_check(row: Destination) -> dict[str, Any] | None:
    """Version 3: the last one that ended, or else the one that runs."""
    check = row.state.last_check or row.checks.filter(status=Status.RUNNING).first()
    if check is None:
        return None
    return {
        "error": check.is_finished and check.status != Status.PASSED,
        "started_at": moment(check.started_at or check.queued_at),
        "completed_at": check.completed_at and moment(check.completed_at),
    }


def shown(check: ConnectionCheck, row: Destination) -> dict[str, Any]:
    """Version 4. Clients print what stands beside `discovery`, so that is where a reason is; a fault of ours is one of
    the check."""
    passed, failed, ours = (check.status == status for status in (Status.PASSED, Status.FAILED, Status.ERROR))
    status = "succeeded" if passed else "failed" if failed or ours else "running"
    return {
        "name": job_name(account_id(row.tenant_id), row.pk, check.pk),
        "mode": "check",
        "status": status,
        "error": failed or ours,
        "start_time": moment(check.started_at or check.queued_at),
        "completion_time": check.completed_at and moment(check.completed_at),
        "check_exit_status": 0 if passed else 1 if ours else None,
        "discovery_exit_status": 0 if passed else 1 if failed else None,
        "discovery_error_message": _reason(check, row) if failed or ours else None,
        "tap_exit_status": None,
        "tap_error_message": None,
        "target_exit_status": None,
        "target_error_message": None,
    }


def _reason(check: ConnectionCheck, row: Destination) -> str:
    """The catalogue's text, else ours, which holds no secret and no words of a driver."""
    if check.status == Status.ERROR:
        return INTERNAL
    step = _failed_step(check)
    # The catalogue speaks of the destination: the SSH server before it has other passwords, ports and types.
    told = "" if step in ssh.STEPS else _catalogued(check, row, step)
    return told or f"{check.message} {check.remedy}".strip()


def _catalogued(check: ConnectionCheck, row: Destination, step: str) -> str:
    """What the vendor says of such a failure; empty where it has no words for it."""
    if check.code == "denied" and (user := _user(row)):
        return f'FATAL: Password authentication failed for user "{user}"'
    if check.code == "not_found" and step == "find challenge file":
        return NO_CHALLENGE
    # Of the closed list of codes none tells of a connection that was dropped; our sentences do.
    return DROPPED if "closed the connection" in check.message else TEXTS.get(check.code, "")


def _user(row: Destination) -> str:
    """The user name, where it is no credential itself."""
    property_ = BY_NATIVE[row.type].properties.get("username")
    return str(row.masked.get("username", "")) if property_ and not property_.credential else ""


def _failed_step(check: ConnectionCheck) -> str:
    return next((step["name"] for step in check.steps if step["status"] == "failed"), "")


def _told(**wanted: Any) -> QuerySet[ConnectionCheck]:
    return ConnectionCheck.objects.filter(**wanted).exclude(status=Status.CANCELLED).order_by("-queued_at", "-uuid")
