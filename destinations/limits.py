"""How many destinations a tenant may have."""

from collections.abc import Collection
from dataclasses import dataclass

from django.conf import settings

from destinations.exceptions import LimitReached, Problem
from destinations.models import Destination
from tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class Limit:
    """How many destinations of these types a tenant may have that are not archived; 0 is no limit."""

    most: int
    types: Collection[str]


def refuse_over(tenant: Tenant, limit: Limit | None = None) -> None:
    """Raise `LimitReached` if the tenant may have no more: by its own limit or else the installation's, or by this one.

    The tenant is one that was just read, and held where something is about to be added.
    """
    owned = Destination.objects.filter(tenant=tenant)
    own = tenant.destination_limit
    bounds = [(settings.DESTINATIONS_PER_TENANT if own is None else own, owned)]
    if limit is not None:
        bounds.append((limit.most, owned.live().filter(type__in=limit.types)))
    for most, counted in bounds:
        if most and counted.count() >= most:
            message = f"The tenant may have at most {most} destinations. Delete one or ask for a higher limit."
            raise LimitReached([Problem("", "limit", message)])
