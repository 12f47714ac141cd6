"""The page that a tenant's link leads to."""

import time

from destinations.dialects import portal
from destinations.dialects.outpost import tokens


class PortalView(portal.PortalView):
    good_for = "a day"

    def tenant_id(self, token: str) -> str | None:
        return tokens.tenant_of(token)

    def lasts(self, token: str) -> int:
        return max(1, tokens.expiry_of(token) - int(time.time()))
