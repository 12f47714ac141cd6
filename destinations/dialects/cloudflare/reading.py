"""Destinations in Cloudflare's words: as a change answers them, and as a list shows them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from destinations.models import ConnectionCheck, Destination, Health
from destinations.sealing import SecretUnreadable

TYPE = "otlp_http"
LOGPUSH = "logpush"
DATASETS = {f"opentelemetry-{signal}": signal for signal in ("traces", "logs", "metrics")}
REDACTED = "<REDACTED>"
OWN = {"content-type": "application/json"}  # which is sent, and shown, unless the user has one


def changed(row: Destination) -> dict[str, Any]:
    """With the number of the job and without the headers."""
    return _shown(row, {"logpushJob": row.pk})


def listed(row: Destination, *, clear: bool) -> dict[str, Any]:
    """With the headers, `clear` or redacted, and how the last check went."""
    return _shown(row, {"headers": headers_of(row, clear=clear), "jobStatus": job_status(row)})


def headers_of(row: Destination, *, clear: bool) -> dict[str, str]:
    names = row.masked.get("headers", {})
    own = [name for name in names if name.lower() in OWN]
    readable = names if clear else own  # a content type is no secret
    values = _opened(row) if readable else {}
    shown = {name: values.get(name, REDACTED) if name in readable else REDACTED for name in names}
    return shown if own else {**shown, **OWN}


def job_status(row: Destination) -> dict[str, str]:
    """Empty until a check runs that is not the preflight, and of failures only one that is current."""
    state, check = row.state, row.state.last_check
    if check is None or (check.trigger == ConnectionCheck.Trigger.CREATE and state.last_failed_at is None):
        return _status()
    failing = state.health == Health.FAILING
    return _status(state.last_passed_at, state.last_failed_at if failing else None, check.message if failing else "")


def destination_conf(row: Destination) -> str:
    """Logpush's spelling of URL and headers in one. Its values are never told: it ends up in logs."""
    url = str(row.config["url"])
    names = [*row.masked.get("headers", {})]
    names += [] if any(name.lower() in OWN for name in names) else OWN
    query = "&".join(f"header_{quote(name, safe='')}=REDACTED" for name in names)
    return f"{url}{'&' if '?' in url else '?'}{query}"


def _shown(row: Destination, own: Mapping[str, Any]) -> dict[str, Any]:
    configuration = {
        "type": LOGPUSH,
        "logpushDataset": f"opentelemetry-{row.config['signal']}",
        "url": row.config["url"],
        "destination_conf": destination_conf(row),
        **own,
    }
    return {
        "slug": row.slug,
        "name": row.name,
        "enabled": row.disabled_at is None,
        "scripts": sorted({consumer.name for consumer in row.consumers.all()}),
        "configuration": configuration,
    }


def _opened(row: Destination) -> Mapping[str, str]:
    """Nothing where the credentials cannot be read, which no list may fail for."""
    try:
        headers: Mapping[str, str] = row.credentials.get("headers", {})
    except SecretUnreadable:
        return {}
    return headers


def _status(complete: datetime | None = None, failed: datetime | None = None, message: str = "") -> dict[str, str]:
    return {"last_complete": _moment(complete), "last_error": _moment(failed), "error_message": message}


def _moment(value: datetime | None) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else ""
