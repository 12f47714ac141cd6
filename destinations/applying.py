"""Put a draft onto a row: merged, judged as a whole, named, and written with every constraint explained."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from connectors.running import Report
from destinations import topics, trail
from destinations.drafts import UNSET, Draft, Unset
from destinations.exceptions import InvalidDestination, Problem
from destinations.keys import ssh_key
from destinations.merging import Merged, forgiven, merge
from destinations.models import Destination
from destinations.naming import free_name, free_slug, name_problems, numbered_name, taken

Secrets = dict[str, Any]


def apply(destination: Destination, draft: Draft, *, may_follow: Collection[str] = ()) -> Merged:
    """Merge the draft into the row and judge the whole. What is stored at the paths of `may_follow` may be brought
    elsewhere."""
    problems = list(name_problems(destination, draft))
    _apply_references(destination, draft)
    merged = merge(destination, draft)
    problems += merged.problems
    accepted = forgiven(destination, draft)
    allowed = {(path, "reenter") for path in may_follow}
    if faults := [one for one in problems if one.code not in accepted and (one.path, one.code) not in allowed]:
        raise InvalidDestination(faults)
    destination.incomplete = any(problem.code == "required" for problem in problems)
    destination.config = merged.config
    _apply_plain(destination, draft)
    _apply_name(destination, draft)
    return merged


def generated(destination: Destination, draft: Draft, before: Mapping[str, Any], after: Mapping[str, Any]) -> Secrets:
    """The secrets that nobody sent, and that somebody has to be told."""
    if not after:
        return {}
    sent = draft.credentials or {}
    made = (name for name in destination.connector.secrets & after.keys() if after[name] != before.get(name))
    return {name: after[name] for name in made if sent.get(name) is None}


def completed(draft: Draft, proof: Report | None) -> Draft:
    """With what the destination told of itself, where the draft does not say otherwise."""
    if proof is None or not proof.learned:
        return draft
    given = dict(draft.config or {})
    told = {name: value for name, value in proof.learned.items() if given.get(name) is None}
    return replace(draft, config={**given, **told})


def _apply_references(destination: Destination, draft: Draft) -> None:
    """What the rest is judged by."""
    if draft.auth_credential is not UNSET:
        destination.auth_credential = draft.auth_credential
    if not destination.type and draft.type:
        destination.type = draft.type
    if not isinstance(draft.uuid, Unset) and not destination.pk:
        destination.uuid = draft.uuid


def _apply_plain(destination: Destination, draft: Draft) -> None:
    plain: tuple[tuple[str, Any], ...] = (
        ("description", draft.description or ""),
        ("topics", topics.normalised(draft.topics or ["*"])),
        ("metadata", dict(draft.metadata or {})),
        ("environment", draft.environment),
        ("owner", draft.owner),
        ("disabled_at", draft.disabled_at),
    )
    for name, value in plain:
        if getattr(draft, name) is not UNSET:
            setattr(destination, name, value)
    if not isinstance(draft.uid, Unset):
        destination.uid = draft.uid
    if draft.extra is not UNSET:
        destination.extra = {**destination.extra, **draft.extra}
    if draft.secret_extra is not UNSET:
        destination.secret_extra = {**destination.readable_extra, **draft.secret_extra}
    if not destination.pk:
        destination.created = destination.created if draft.created is UNSET else draft.created
        destination.updated = destination.created if draft.updated is UNSET else draft.updated
    if draft.is_default is not UNSET:
        destination.is_default = draft.is_default


def _apply_name(destination: Destination, draft: Draft) -> None:
    if draft.name:
        destination.name = numbered_name(destination, draft.name) if draft.numbered else draft.name
    elif not destination.name:
        destination.name = free_name(destination)
    if not destination.slug:
        destination.slug = draft.slug or free_slug(destination)


def save(destination: Destination, *, force_insert: bool = False) -> None:
    """Write the row; a constraint that is broken becomes the problem it stands for."""
    if destination.needs_identity:
        ssh_key(destination.tenant)
    if destination.is_default:
        release_default(destination)
    try:
        with transaction.atomic():
            destination.save(force_insert=force_insert)
    except IntegrityError as error:
        raise InvalidDestination(taken(destination) or _unexplained(error)) from None


def release_default(destination: Destination) -> None:
    """No other one of the tenant is its default any more. `updated` stays: what they are has not changed."""
    defaults = Destination.objects.filter(tenant=destination.tenant_id, is_default=True).exclude(pk=destination.pk)
    for other in defaults.only("uuid", "name", "tenant_id"):  # one at most
        Destination.objects.filter(pk=other.pk).update(is_default=False, revision=F("revision") + 1)
        trail.record("unset_default", other)


def _unexplained(error: IntegrityError) -> Iterable[Problem]:
    raise error


def touch(destination: Destination) -> None:
    destination.revision += 1
    destination.updated = timezone.now()
