"""One test record to a collector, as OTLP/HTTP with JSON has it."""

import gzip
import json
import secrets
import ssl
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from connectors.probes import endpoint, http
from connectors.problems import CheckFailed
from connectors.steps import Steps

SEND = "send a test record"
SERVICE = "landfall"
NAME = "landfall.check"
TEXT = "Landfall checks whether it can reach this collector. There is nothing to do."


async def send(url: str, signal: str, given: Mapping[str, str], steps: Steps, tls: ssl.SSLContext) -> None:
    """`given` are the user's headers, which replace ours. Raises `CheckFailed`."""
    headers = endpoint.merged(endpoint.OWN | {"Content-Encoding": "gzip"}, given)
    body = json.dumps(record(signal), separators=(",", ":")).encode()
    if any(name.lower() == "content-encoding" and value.lower() == "gzip" for name, value in headers.items()):
        body = gzip.compress(body)
    try:
        answer = await http.call("POST", url, steps, headers=headers, body=body, tls=tls, sign=steps.sign)
    except CheckFailed as failure:
        if failure.code == "protocol":
            failure.remedy += " OTLP over HTTP usually has the port 4318; the port 4317 speaks gRPC."
        raise
    endpoint.judge(answer.status, _FAULTS, "The collector")
    if _rejected(answer.body, SIGNALS[signal].rejected):
        raise CheckFailed(
            "remote",
            "The collector took the request but rejected the test record in it.",
            f"Look into the collector's own log, and let it take {signal} of the service “{SERVICE}”.",
        )


def record(signal: str) -> dict[str, Any]:
    """A whole export request with one record."""
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": SERVICE}}]}
    outer, inner, name, make, _ = SIGNALS[signal]
    scope = {"scope": {"name": SERVICE}, name: [make(str(time.time_ns()))]}
    return {outer: [{"resource": resource, inner: [scope]}]}


# 64-bit numbers are strings in OTLP's JSON, identifiers are hexadecimal, and enumerations are numbers.


def _span(now: str) -> dict[str, Any]:
    identity = {"traceId": secrets.token_hex(16), "spanId": secrets.token_hex(8)}
    return {**identity, "name": NAME, "kind": 1, "startTimeUnixNano": now, "endTimeUnixNano": now}


def _log_record(now: str) -> dict[str, Any]:
    severity = {"severityNumber": 9, "severityText": "INFO"}
    label = {"key": "event.name", "value": {"stringValue": NAME}}
    times = {"timeUnixNano": now, "observedTimeUnixNano": now}
    return {**times, **severity, "body": {"stringValue": TEXT}, "attributes": [label]}


def _metric(now: str) -> dict[str, Any]:
    point = {"timeUnixNano": now, "asInt": "1"}
    return {"name": NAME, "description": TEXT, "unit": "1", "gauge": {"dataPoints": [point]}}


class _Signal(NamedTuple):
    outer: str
    inner: str
    records: str
    make: Callable[[str], dict[str, Any]]
    rejected: str


SIGNALS = {
    "traces": _Signal("resourceSpans", "scopeSpans", "spans", _span, "rejectedSpans"),
    "logs": _Signal("resourceLogs", "scopeLogs", "logRecords", _log_record, "rejectedLogRecords"),
    "metrics": _Signal("resourceMetrics", "scopeMetrics", "metrics", _metric, "rejectedDataPoints"),
}


def _rejected(body: bytes, count: str) -> bool:
    """Whether the answer says that records were rejected. Without such words, or any, the status is the answer."""
    try:
        answer = json.loads(body)
        return int(answer["partialSuccess"][count]) > 0
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return False


_FAULTS: dict[int, endpoint.Fault] = {
    400: (
        "remote",
        "The collector does not understand the test record (status 400).",
        "Check that the URL is the one for the chosen signal, and that OTLP as JSON may be sent there.",
    ),
    404: (
        "not_found",
        "There is nothing at this URL (status 404).",
        "Check the path of the URL: collectors usually take /v1/traces, /v1/logs and /v1/metrics.",
    ),
    405: (
        "remote",
        "The collector does not take POST requests at this URL (status 405).",
        "Check the path of the URL: collectors usually take /v1/traces, /v1/logs and /v1/metrics.",
    ),
    415: (
        "remote",
        "The collector does not take JSON that is compressed with gzip (status 415).",
        "Enable OTLP as JSON over HTTP at the collector, and check that no secret header says another content type.",
    ),
    4: (
        "remote",
        "The collector does not accept the test record (status {status}).",
        "Check the URL and the secret headers, and look into the collector's own log.",
    ),
}
