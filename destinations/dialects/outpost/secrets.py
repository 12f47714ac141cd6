"""The signing secrets of webhooks: who may set them, how they are rotated, and in whose words they are refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from connectors import signing
from connectors.signing import rfc3339
from destinations.dialects.outpost.bodies import parsed_moment
from destinations.dialects.outpost.failures import invalid, item
from destinations.dialects.outpost.reading import PREVIOUS, PREVIOUS_END, text
from destinations.services import GRACE

SECRETS = ("secret", PREVIOUS, PREVIOUS_END)
ROTATE = "rotate_secret"
STANDARD = "standard"  # the scheme of the specification; Outpost's own takes any text for a key
TRUTHY = ("true", "1", "on", "yes")


@dataclass(frozen=True, slots=True)
class Change:
    """`values` are the credentials to store, in Outpost's keys, None for what is taken away; `rotate` makes a new
    secret instead, and keeps the present one valid `until` then or for the usual time."""

    values: dict[str, str | None] = field(default_factory=dict)
    rotate: bool = False
    until: datetime | None = None


def on_creation(given: Mapping[str, Any] | None, is_admin: bool, scheme: str) -> Change:
    """Raises `Refused`. Left out, a secret is made. `scheme` is how requests are signed with it."""
    values = {key: text(value) for key, value in (given or {}).items() if value not in (None, "")}
    if _is_on(values.get(ROTATE)):
        raise _refused(ROTATE, "invalid")
    sent = {key: values[key] for key in SECRETS if key in values}
    if sent and not is_admin:
        raise _refused(next(iter(sent)), "forbidden")
    if sent:
        _judge(sent)
        if PREVIOUS in sent and PREVIOUS_END not in sent:  # which a change gives the usual time
            raise _refused(PREVIOUS_END, "required")
        _judge_key(sent["secret"], scheme)
    return Change(dict(sent))


def on_change(given: Mapping[str, Any] | None, stored: Mapping[str, str], is_admin: bool, scheme: str) -> Change:
    """Raises `Refused`. Whoever is no admin may send back what is stored, and rotate, but set nothing."""
    if given is None:
        if is_admin:
            raise _refused("secret", "required")
        return Change()
    sent = {key: None if given[key] is None else text(given[key]) for key in SECRETS if key in given}
    if _is_on(given.get(ROTATE)):
        return _rotation(sent, stored)
    if not is_admin:
        _refuse_other(sent, stored)
        sent = {}
    after = {**stored, **sent}
    _judge(after)
    if after["secret"] != stored.get("secret"):
        _judge_key(after["secret"], scheme)
    if sent.get(PREVIOUS) and not after.get(PREVIOUS_END):
        sent[PREVIOUS_END] = rfc3339(timezone.now() + GRACE)
    return Change({key: value or None for key, value in sent.items()})


def _rotation(sent: Mapping[str, str | None], stored: Mapping[str, str]) -> Change:
    """A secret that is sent along is not looked at, and an end of the last rotation is no end of this one."""
    end = sent.get(PREVIOUS_END)
    if not end or end == stored.get(PREVIOUS_END):
        return Change(rotate=True)
    until = parsed_moment(end)
    if until is None:
        raise _refused(PREVIOUS_END, "pattern")
    return Change(rotate=True, until=until)


def _judge(whole: Mapping[str, str | None]) -> None:
    if not whole.get("secret"):
        raise _refused("secret", "required")
    if (end := whole.get(PREVIOUS_END)) and parsed_moment(end) is None:
        raise _refused(PREVIOUS_END, "pattern")
    if end and not whole.get(PREVIOUS):
        raise _refused(PREVIOUS, "required")


def _judge_key(secret: str | None, scheme: str) -> None:
    if scheme == STANDARD and not (secret and secret.startswith(signing.PREFIX) and signing.is_key(secret)):
        raise _refused("secret", "pattern")


def _refuse_other(sent: Mapping[str, str | None], stored: Mapping[str, str]) -> None:
    for key, value in sent.items():
        if value is not None and value != stored.get(key):
            raise _refused(key, "forbidden")


def _is_on(value: Any) -> bool:
    return text(value).lower() in TRUTHY


def _refused(key: str, tag: str) -> Exception:
    return invalid([item(f"credentials.{key}", tag)])
