"""What a change was, as the audit trail keeps it: plain values before and after, and fingerprints of secrets."""

import hashlib
import hmac
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import Model

from tenants.signing import signing_key

Change = dict[str, Any]
Changes = Sequence[Change]

LONGEST = 500  # characters of a value that is shown
FINGERPRINT = 12  # hexadecimal digits


def columns(row: Model | None, apart: Collection[str] = ()) -> dict[str, Any]:
    """What people can change of a row, by name, without the columns `apart`; nothing of no row."""
    if row is None:
        return {}
    fields = (field for field in row._meta.concrete_fields if field.editable and not field.primary_key)
    return {field.name: getattr(row, field.name) for field in fields if field.name not in {*apart, "tenant"}}


def spread(prefix: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{prefix}.{name}": value for name, value in values.items()}


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """The plain fields whose values differ. What is empty is no other than what is not there."""
    return [{"field": name, "before": shown(old), "after": shown(new)} for name, old, new in _pairs(before, after)]


def secret_differences(before: Mapping[str, Any], after: Mapping[str, Any], where: str) -> list[Change]:
    """As `differences`, of secrets: a fingerprint stands for each. `where` names the tenant and the row they are of."""
    return [
        {
            "field": name,
            "before": fingerprint(old, f"{where}/{name}"),
            "after": fingerprint(new, f"{where}/{name}"),
            "secret": True,
        }
        for name, old, new in _pairs(before, after)
    ]


def _pairs(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        if (None if _is_empty(old) else old) != (None if _is_empty(new) else new):
            yield name, old, new


def _is_empty(value: Any) -> bool:
    return value is None or value is False or value in ("", [], {}, ())


def fingerprint(secret: Any, where: str) -> str | None:
    """Tells whether a secret is another one than before, and nothing else: another place gives another fingerprint."""
    if _is_empty(secret):
        return None
    text = json.dumps([where, secret], sort_keys=True, separators=(",", ":"), default=str)
    return hmac.new(signing_key(b"audit fingerprints"), text.encode(), hashlib.sha256).hexdigest()[:FINGERPRINT]


def shown(value: Any) -> Any:
    """A plain value as it is kept: as JSON, and no longer than a reader wants."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Model):
        return str(value)[:LONGEST]
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = text.encode(errors="replace").decode()  # an entry can never be mended
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
