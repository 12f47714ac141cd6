"""Destinations: made, changed and removed."""

from collections.abc import Collection
from copy import copy
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from connectors.running import Report
from destinations import recording, trail
from destinations.applying import apply, completed, generated, save, touch
from destinations.drafts import Draft
from destinations.exceptions import Conflict, InUse, InvalidDestination
from destinations.limits import Limit, refuse_over
from destinations.models import ConnectionCheck, Destination, DestinationState
from destinations.naming import taken
from destinations.services.checks import check_saved
from destinations.services.rows import first_check, locked, refuse_incomplete, reschedule
from tenants import audit
from tenants.models import Tenant
from tenants.services import delete_tenant as delete_empty_tenant

GRACE = timedelta(hours=24)  # how long a signing secret stays valid beside the one that replaced it
SHOWN_USERS = 5  # that a refusal to delete names

Trigger = ConnectionCheck.Trigger


@transaction.atomic
def create(
    tenant: Tenant, draft: Draft, *, check: bool = False, proof: Report | None = None, limit: Limit | None = None
) -> Destination:
    """Register a destination. Raises `InvalidDestination` (with every problem) or `LimitReached`.

    Secrets that the type made itself are readable once, as `destination.generated`. `check` asks for a connection
    check; `proof` is one that this very draft has passed (`prove`), and what it learned completes the config.
    `limit` is one that a surface has beside that of the installation.
    """
    draft = completed(draft, proof)
    tenant = Tenant.objects.select_for_update().get(pk=tenant.pk)  # one writer at a time decides limit, name, default
    refuse_over(tenant, limit)
    destination = Destination(tenant=tenant, type=draft.type or "", sealed=None)
    credentials = apply(destination, draft).credentials
    destination.credentials = credentials
    destination.generated = generated(destination, draft, {}, credentials)
    save(destination, force_insert=True)
    trail.record_saved("create", None, destination, {}, credentials)
    DestinationState.objects.create(destination=destination, next_check_at=first_check(destination))
    if proof:
        recording.record_at_once(destination, proof, Trigger.CREATE)
    elif check and not destination.incomplete:
        check_saved(destination, Trigger.CREATE)
    return destination


@transaction.atomic
def update(
    destination: Destination,
    draft: Draft,
    *,
    check: bool = False,
    proof: Report | None = None,
    revision: int | None = None,
    allow_archived: bool = False,
    changed: bool = False,
    may_follow: Collection[str] = (),
) -> Destination:
    """Change a destination: the draft is merged into what is stored and the whole is validated.

    `check` asks for a connection check if config or credentials really changed, `proof` is as in `create`.
    `revision` is the one the caller has read; `changed` says that the credential attached to it was changed already.
    A secret that was removed and made anew is in `generated`, as after `create`. `allow_archived` is for vendors to
    whom archived only means hidden. `may_follow` is for what a vendor's contract has to let pass: the paths of what is
    stored and may go along to another place although nobody enters it anew; the audit trail is told so.

    Raises `InvalidDestination`, `Archived`, `RevisionMismatch` or `SecretUnreadable`; nothing is changed then.
    """
    draft = completed(draft, proof)
    current = locked(destination, revision, allow_archived=allow_archived)
    before = copy(current)
    merged = apply(current, draft, may_follow=may_follow)
    credentials_before, credentials = merged.stored, merged.credentials
    if credentials != credentials_before:
        current.credentials = credentials
        current.generated = generated(current, draft, credentials_before, credentials)
    connection = (current.config, credentials, current.auth_credential_id)
    connection_changed = changed or connection != (before.config, credentials_before, before.auth_credential_id)
    if connection_changed:
        current.verified_at = None
    touch(current)
    save(current)
    action = "credential_update" if changed else "update"
    trail.record_saved(action, before, current, credentials_before, credentials)
    trail.record_followed(before, current, merged.followed, credentials)
    reschedule(current, changed=connection_changed)
    if proof:
        recording.record_at_once(current, proof, Trigger.UPDATE)
    elif check and connection_changed and not current.incomplete:
        check_saved(current, Trigger.UPDATE)
    return current


@transaction.atomic
def rotate_secret(destination: Destination, grace: timedelta = GRACE, until: datetime | None = None) -> Destination:
    """Make a new signing secret; the one before stays valid for `grace`, or `until` a moment.

    The new secret is in `generated`. Raises `Conflict` for a type that has none and for one that is incomplete,
    `Archived` or `SecretUnreadable`.
    """
    current = locked(destination)
    refuse_incomplete(current)
    if not current.connector.rotates:
        raise Conflict(f"{current.connector.label} has no signing secret that Landfall could make anew.")
    stored = current.credentials
    current.credentials = rotated = current.connector.rotate(stored, until or timezone.now() + grace)
    current.generated = {current.connector.rotates: rotated[current.connector.rotates]}
    touch(current)
    save(current)
    trail.record_saved("rotate_secret", copy(current), current, stored, rotated)
    reschedule(current, changed=True)
    return current


def validate(tenant: Tenant, draft: Draft) -> None:
    """Raise `InvalidDestination` or `LimitReached` as `create` would, and write nothing."""
    refuse_over(tenant)
    destination = Destination(tenant=tenant, type=draft.type or "", sealed=None)
    apply(destination, draft)
    if problems := taken(destination):
        raise InvalidDestination(problems)


@transaction.atomic
def delete(destination: Destination, *, force: bool = False) -> None:
    """Remove a destination, its credentials and its history for good. Raises `InUse` while it has consumers, unless
    `force` says that whoever deletes it knows of them."""
    users = [] if force else [str(consumer) for consumer in destination.consumers.all()[: SHOWN_USERS + 1]]
    if users:
        shown = ", ".join(users[:SHOWN_USERS]) + (" and others" if len(users) > SHOWN_USERS else "")
        raise InUse(f"The destination is used by {shown}. Delete it with force if they can do without it.")
    if Destination.objects.filter(pk=destination.pk).delete()[0]:
        trail.record("delete", destination)


@transaction.atomic
def delete_tenant(tenant: Tenant) -> None:
    """Remove a tenant with its destinations, environments and keys for good."""
    Tenant.objects.select_for_update().get(pk=tenant.pk)  # which gets no more destinations meanwhile
    owned = Destination.objects.filter(tenant=tenant)
    audit.record_many("destination.delete", owned.only("uuid", "name", "tenant_id").iterator())
    owned.delete()
    delete_empty_tenant(tenant)
