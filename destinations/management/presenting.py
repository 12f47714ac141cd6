"""Destinations and checks as lines of JSON, in the words of the API."""

import json
from datetime import datetime
from typing import Any

from destinations.models import ConnectionCheck, Destination

PLAIN = (
    "uid",
    "slug",
    "name",
    "description",
    "type",
    "topics",
    "config",
    "metadata",
    "target",
    "incomplete",
    "is_default",
)
TIMES = ("verified_at", "disabled_at", "archived_at", "created", "updated", "revision")
OUTCOME = ("trigger", "status", "code", "message", "remedy", "steps", "started_at", "completed_at")


def line(values: dict[str, Any]) -> str:
    return json.dumps(values, default=_text, ensure_ascii=False)


def whole(destination: Destination) -> dict[str, Any]:
    """Nothing secret: credentials are masked."""
    state = destination.state
    return {
        "id": destination.uuid,
        **{name: getattr(destination, name) for name in PLAIN},
        "credentials": destination.masked,
        "tenant": destination.tenant_id,
        "environment": destination.environment_id,
        "auth_credential": destination.auth_credential_id,
        "enabled": destination.disabled_at is None,
        "health": state.health,
        "last_check": state.last_check and outcome(state.last_check),
        "next_check_at": state.next_check_at,
        **{name: getattr(destination, name) for name in TIMES},
    }


def outcome(check: ConnectionCheck) -> dict[str, Any]:
    error = check.status in (ConnectionCheck.Status.FAILED, ConnectionCheck.Status.ERROR)
    return {"id": check.uuid, "error": error, **{name: getattr(check, name) for name in OUTCOME}}


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return str(value)
