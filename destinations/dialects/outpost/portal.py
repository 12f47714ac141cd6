"""The page that a tenant's link leads to."""

import time

from destinations.dialects import portal
from destinations.dialects.outpost import tokens
from tenants.models import Tenant


class PortalView(portal.PortalView):
    good_for = "a day"

    def let_in(self, token: str) -> tuple[Tenant, int] | None:
        known = tokens.read(token)
        tenant = Tenant.objects.filter(pk=known.tenant).first() if known else None
        if known is None or tenant is None or not known.opens(tenant):
            return None
        return tenant, max(1, known.ends - int(time.time()))
