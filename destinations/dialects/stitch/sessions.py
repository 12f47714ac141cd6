"""Tokens that open the admin for an hour, to whoever an application hands one."""

from typing import cast

from django.core import signing

from destinations.dialects import portal

LIFETIME = 3600  # seconds
SESSION = 12 * 3600
_SALT = "stitch ephemeral token"


def issue(tenant: str) -> str:
    return signing.dumps(tenant, salt=_SALT)


class SessionView(portal.PortalView):
    good_for = "an hour"
    parameter = "ephemeral_token"

    def tenant_id(self, token: str) -> str | None:
        try:
            return cast(str, signing.loads(token, salt=_SALT, max_age=LIFETIME))
        except signing.BadSignature:
            return None

    def lasts(self, token: str) -> int:
        return SESSION
