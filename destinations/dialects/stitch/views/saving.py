"""Save and have it checked: every change of a destination asks for a check."""

from django.conf import settings
from django.db import transaction

from destinations import services
from destinations.dialects.stitch.types import BY_NATIVE
from destinations.drafts import Draft
from destinations.limits import Limit
from destinations.models import ConnectionCheck, Destination
from tenants.models import Tenant


@transaction.atomic
def create(account: Tenant, draft: Draft) -> Destination:
    limit = Limit(settings.STITCH_DESTINATIONS_PER_ACCOUNT, frozenset(BY_NATIVE))
    return services.create(account, draft, check=True, limit=limit)


@transaction.atomic
def update(stored: Destination, draft: Draft) -> Destination:
    changed = services.update(stored, draft)
    services.check_saved(changed, ConnectionCheck.Trigger.UPDATE)
    return changed
