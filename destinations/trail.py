"""What the audit trail is told of destinations and shared credentials: of secrets only fingerprints."""

from collections.abc import Collection, Mapping
from typing import Any

from destinations.models import AuthCredential, Destination
from tenants import audit, wording
from tenants.changes import Change, columns, differences, fingerprint, secret_differences, shown, spread

# Told part by part, derived from what is told, or told by the entry itself.
APART = ("config", "properties", "metadata", "masked", "extra", "sealed", "sealed_extra")
TIMES = ("created", "updated", "revision")

Values = Mapping[str, Any]

wording.KINDS |= {"destination": "Destination", "auth_credential": "Shared credential", "tunnel_key": "SSH key"}
wording.DONE |= {
    "check": "Check asked for",
    "rotate_secret": "Signing secret made anew",
    "credential_update": "Shared credential changed",
    "secret_followed": "Secret taken along to another place",
    "set_default": "Made the default",
    "unset_default": "No longer the default",
    "add_consumer": "Consumer added",
    "remove_consumer": "Consumer removed",
    "verify": "Verified or not",
    "enable": "Enabled",
    "disable": "Disabled",
    "archive": "Archived",
    "restore": "Restored",
}


def record(action: str, destination: Destination, *changes: Change) -> None:
    audit.record(f"destination.{action}", destination, changes=changes)


def record_saved(action: str, before: Destination | None, after: Destination, was: Values, now: Values) -> None:
    """`before` is a copy of the row as it was; `was` and `now` are the credentials in clear."""
    hidden_before = {**spread("credentials", was), **spread("extra", before.extra if before else {})}
    hidden = {**spread("credentials", now), **spread("extra", after.extra)}
    if before is None or before.sealed_extra is not after.sealed_extra:
        hidden_before |= spread("secret_extra", before.readable_extra if before else {})
        hidden |= spread("secret_extra", after.secret_extra)
    record(action, after, *differences(_plain(before), _plain(after)), *_hidden(after, hidden_before, hidden))


def record_followed(before: Destination, after: Destination, paths: Collection[str], credentials: Values) -> None:
    """That what is at these paths, if anything, went along to where it is now without being entered anew."""
    if not paths:
        return
    places = after.connector.places.keys()
    was, now = ({name: row.config.get(name) for name in places} for row in (before, after))
    told = differences(spread("config", was), spread("config", now))
    for name in dict.fromkeys(".".join(path.split(".")[:2]) for path in paths):
        told.append(_stayed(after, name, credentials))
    audit.record("destination.secret_followed", after, changes=told, security=True)


def _stayed(row: Destination, name: str, credentials: Values) -> Change:
    if name == "auth_credential":
        return {"field": name, "before": shown(row.auth_credential), "after": shown(row.auth_credential)}
    print_ = fingerprint(spread("credentials", credentials)[name], f"{row.tenant_id}/{row.uuid}/{name}")
    return {"field": name, "before": print_, "after": print_, "secret": True}


def record_credential(
    action: str, before: AuthCredential | None, after: AuthCredential, was: Values, now: Values
) -> None:
    """As `record_saved`; `was` and `now` are the secrets in clear."""
    hidden = _hidden(after, spread("secrets", was), spread("secrets", now))
    audit.record(f"auth_credential.{action}", after, changes=[*differences(_plain(before), _plain(after)), *hidden])


def _plain(row: Destination | AuthCredential | None) -> dict[str, Any]:
    parts = ("config", "properties", "metadata")
    told = columns(row, (*APART, *TIMES))
    for part in parts:
        told |= spread(part, getattr(row, part, {}))
    return told


def _hidden(row: Destination | AuthCredential, before: Values, after: Values) -> list[Change]:
    return secret_differences(before, after, f"{row.tenant_id}/{row.uuid}")
