"""Values that serve once, remembered in the database: for every process of every machine."""

import hashlib
from datetime import datetime

from django.utils import timezone

from tenants.models import SpentValue


def spend(purpose: str, value: str, until: datetime) -> bool:
    """True the first time a value is spent for a purpose, False ever after. Of several callers at once one gets True.

    After `until`, when the value must be worthless for another reason, it may be forgotten. Inside a transaction
    that is rolled back nothing is spent.
    """
    # The length keeps apart what would be the same when written one after the other.
    digest = hashlib.sha256(f"{len(purpose)} {purpose} {value}".encode()).hexdigest()
    return SpentValue.objects.get_or_create(digest=digest, defaults={"until": until})[1]


def prune() -> int:
    """Forget what is worthless by now. Returns how many."""
    return SpentValue.objects.filter(until__lt=timezone.now()).delete()[0]
