"""Values that serve once, remembered in the database: for every process of every machine."""

from datetime import datetime, timedelta

from django.utils import timezone

from tenants.digests import digest
from tenants.models import SpentValue

# As much as the clock that prunes may be ahead of one by which a value is still good.
APART = timedelta(hours=1)


def spend(purpose: str, value: str, until: datetime) -> bool:
    """True the first time a value is spent for a purpose, False ever after. Of several callers at once one gets True.

    After `until`, when the value must be worthless for another reason, it may be forgotten. Inside a transaction
    that is rolled back nothing is spent.
    """
    # The length keeps apart what would be the same when written one after the other.
    name = digest(f"{len(purpose)} {purpose} {value}")
    return SpentValue.objects.get_or_create(digest=name, defaults={"until": until})[1]


def prune() -> int:
    """Forget what is worthless by now. Returns how many."""
    return SpentValue.objects.filter(until__lt=timezone.now() - APART).delete()[0]
