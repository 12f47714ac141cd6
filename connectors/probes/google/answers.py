"""What the answers of Google's APIs mean. Their text is never repeated."""

from collections.abc import Iterator
from typing import Any

from connectors.probes import fhir
from connectors.probes.google.service import Session
from connectors.probes.http import Answer
from connectors.problems import CheckFailed, Fault
from connectors.steps import Steps


def failure(answer: Answer, session: Session, *, missing: Fault, forbidden: Fault) -> CheckFailed:
    """Why `answer` is no success."""
    fault = _named(answer) or _by_status(answer, missing, forbidden)
    return fault.failure(session)


def may_not(answer: Answer) -> bool:
    """Whether nothing else is wrong than that the account lacks the right."""
    return answer.status == 403 and bool(_error(answer)) and _named(answer) is None


async def find(session: Session, steps: Steps, step: str, path: str, *, unknown: str, missing: Fault) -> dict[str, Any]:
    """Look whether something is there, as one step. Without the right to look it is skipped as `unknown`, and empty.

    Raises `CheckFailed`.
    """
    with steps(step):
        found = await look(session, path, missing)
        if not found:
            steps.skip(step, unknown)
        return found


async def look(session: Session, path: str, missing: Fault) -> dict[str, Any]:
    """What is there, empty without the right to look. Raises `CheckFailed`."""
    answer = await session.call("GET", path)
    found = answer.json
    if may_not(answer):
        return {}
    if answer.status != 200 or not found:
        raise failure(answer, session, missing=missing, forbidden=missing)
    return found


async def ask(session: Session, path: str, right: str, *, missing: Fault, forbidden: Fault) -> None:
    """Whether the account has the right to what is there, by asking and doing nothing. Raises `CheckFailed`."""
    answer = await session.call("POST", f"{path}:testIamPermissions", {"permissions": [right]})
    if answer.status != 200 or answer.json is None:
        raise failure(answer, session, missing=missing, forbidden=forbidden)
    granted = answer.json.get("permissions")
    if not isinstance(granted, list) or right not in granted:
        raise forbidden.failure(session)


def _named(answer: Answer) -> Fault | None:
    """The fault that the answer itself tells."""
    if answer.status < 400:
        return None
    return next((_REASONS[reason] for reason in _reasons(_error(answer)) if reason in _REASONS), None)


def _error(answer: Answer) -> dict[str, Any]:
    """What an answer says of an error; FHIR stores say it in FHIR's own form, of which nothing is read."""
    said = answer.json or {}
    error = said if fhir.is_outcome(answer) else said.get("error")
    return error if isinstance(error, dict) else {}


def _reasons(error: dict[str, Any]) -> Iterator[str]:
    """From the most to the least exact: older and newer APIs put them in different places."""
    for place in ("details", "errors"):
        listed = error.get(place)
        for one in listed if isinstance(listed, list) else ():
            if isinstance(one, dict) and isinstance(one.get("reason"), str):
                yield one["reason"]
    if isinstance(error.get("status"), str):
        yield error["status"]


def _by_status(answer: Answer, missing: Fault, forbidden: Fault) -> Fault:
    status = answer.status
    if status >= 500:
        return _REMOTE
    if status == 429:
        return _SLOW_DOWN
    if not _error(answer) and (answer.body or status != 404):  # some emulators say nothing more than 404
        return _ODD
    return {401: _DENIED, 403: forbidden, 404: missing}.get(status, _REFUSED)


_DENIED = Fault(
    "denied",
    "{label} does not accept the sign-in of {who}.",
    "Make a new key for the service account in Google Cloud, and enter its JSON file as it is.",
)
_DISABLED = Fault(
    "forbidden",
    "The {api} is not enabled in the project.",
    "Enable the {api} in the project of the service account, wait some minutes, and check again.",
)
_BILLING = Fault(
    "forbidden",
    "The project has no active billing account, which {label} asks for.",
    "Link an active billing account to the project in Google Cloud.",
)
_PERIMETER = Fault(
    "forbidden",
    "A security perimeter or a policy of the Google organization refuses the request.",
    "Let the addresses of Landfall, or {who}, pass the perimeter (VPC Service Controls).",
)
_SLOW_DOWN = Fault(
    "quota",
    "A quota of {label} is used up.",
    "Wait a while and check again; if it lasts, raise the quota in Google Cloud.",
)
_RETAINED = Fault(
    "forbidden",
    "A retention policy or a hold keeps objects from being removed.",
    "Exempt the test object from the policy, for example by another bucket for checks.",
)
_REMOTE = Fault(
    "remote",
    "{label} reports a failure of its own.",
    "Check again later; if it lasts, look at Google Cloud's status page.",
)
_REFUSED = Fault(
    "remote",
    "{label} does not accept the request.",
    "Check the names in the config, and the endpoint if there is one.",
)
_ODD = Fault(
    "protocol",
    "What answers does not do so as {label} does.",
    "Check the endpoint if there is one, and whether a proxy answers in its place.",
)
_REASONS = {
    "SERVICE_DISABLED": _DISABLED,
    "accessNotConfigured": _DISABLED,
    "BILLING_DISABLED": _BILLING,
    "billingDisabled": _BILLING,
    "billingNotEnabled": _BILLING,
    "accountDisabled": _BILLING,
    "SECURITY_POLICY_VIOLATED": _PERIMETER,
    "vpcServiceControls": _PERIMETER,
    "retentionPolicyNotMet": _RETAINED,
    "objectUnderActiveHold": _RETAINED,
    "RATE_LIMIT_EXCEEDED": _SLOW_DOWN,
    "RESOURCE_EXHAUSTED": _SLOW_DOWN,
    "RESOURCE_QUOTA_EXCEEDED": _SLOW_DOWN,
    "rateLimitExceeded": _SLOW_DOWN,
    "userRateLimitExceeded": _SLOW_DOWN,
    "dailyLimitExceeded": _SLOW_DOWN,
    "quotaExceeded": _SLOW_DOWN,
}
