"""Destinations: on and off, put away and back, and the default of the tenant."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from destinations import trail
from destinations.applying import release_default, touch
from destinations.models import Destination
from destinations.services.rows import locked, reschedule, switch
from tenants.models import Tenant


@transaction.atomic
def enable(destination: Destination) -> Destination:
    return _set_disabled(destination, None)


@transaction.atomic
def disable(destination: Destination) -> Destination:
    """Stop scheduled checks and use; disabling twice keeps the first time."""
    return _set_disabled(destination, timezone.now())


@transaction.atomic
def archive(destination: Destination) -> Destination:
    """Put away without deleting: it can be read and restored, nothing else. Twice is not an error."""
    current = locked(destination, allow_archived=True)
    if current.archived_at is None:
        current.archived_at, current.is_default = timezone.now(), False
        touch(current)
        current.save(update_fields=["archived_at", "is_default", "updated", "revision"])
        trail.record("archive", current)
        reschedule(current)
    return current


@transaction.atomic
def restore(destination: Destination) -> Destination:
    current = locked(destination, allow_archived=True)
    if current.archived_at is not None:
        current.archived_at = None
        touch(current)
        current.save(update_fields=["archived_at", "updated", "revision"])
        trail.record("restore", current)
        reschedule(current)
    return current


@transaction.atomic
def set_default(destination: Destination, *, on: bool = True) -> Destination:
    """Make it the one default of its tenant, or not the default any more. Raises `Archived` for what cannot be it."""
    Tenant.objects.select_for_update().get(pk=destination.tenant_id)  # one writer at a time decides the default
    current = locked(destination, allow_archived=not on)
    if current.is_default != on:
        if on:
            release_default(current)
        switch(current, "is_default", on)
        trail.record("set_default" if on else "unset_default", current)
    return current


def _set_disabled(destination: Destination, at: datetime | None) -> Destination:
    current = locked(destination)
    if (current.disabled_at is None) != (at is None):
        switch(current, "disabled_at", at)
        trail.record("disable" if at else "enable", current)
        reschedule(current)
    return current
