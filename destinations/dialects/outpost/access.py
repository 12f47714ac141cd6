"""Who calls: the holder of an API key, or a tenant with its token. The order of refusals is Outpost's own."""

from dataclasses import dataclass

from destinations.dialects.outpost import tokens
from destinations.dialects.outpost.failures import FORBIDDEN, TENANT_NOT_FOUND, UNAUTHORIZED, Refused
from destinations.dialects.outpost.tokens import Token
from tenants import principals, services
from tenants.models import Role, Tenant
from tenants.principals import Principal

# What SDKs up to 0.5 send for a tenant that was not given: the name of the parameter itself.
UNNAMED = "{tenant_id}"


@dataclass(frozen=True, slots=True)
class Caller:
    """`own` is the tenant a token or a tenant's key is for; None for a key of the installation, Outpost's admin."""

    principal: Principal
    own: str | None
    token: Token | None = None

    @property
    def is_admin(self) -> bool:
        return self.own is None

    def names(self, tenant: str) -> str:
        """The tenant that a path means."""
        return self.own if tenant == UNNAMED and self.own is not None else tenant


def caller_of(header: str | None) -> Caller:
    """Raises `Refused` for a header or a credential that is not good."""
    scheme, _, secret = (header or "").partition(" ")
    if scheme != "Bearer" or not secret or " " in secret:
        raise Refused(*UNAUTHORIZED)
    if key := services.find_key(secret):
        return Caller(principals.of_key(key), key.tenant_id)
    token = tokens.read(secret)
    if not token or not token.tenant:
        raise Refused(*UNAUTHORIZED)
    principal = Principal(grants={(token.tenant, None): Role.ADMIN}, name=f"token of {token.tenant}")
    return Caller(principal, token.tenant, token)


def admit(caller: Caller, tenant: str | None, *, admin_only: bool, must_exist: bool) -> Tenant | None:
    """The tenant of the path. Nobody learns from a refusal whether a tenant that is not theirs exists."""
    if caller.is_admin:
        found = Tenant.objects.filter(pk=tenant).first() if tenant is not None else None
        if found is None and tenant is not None and must_exist:
            raise Refused(*TENANT_NOT_FOUND)
        return found
    if admin_only or tenant not in (None, caller.own):
        raise Refused(*FORBIDDEN)
    own = Tenant.objects.filter(pk=caller.own).first()
    if own is None or (caller.token and not caller.token.opens(own)):
        raise Refused(*UNAUTHORIZED)
    return own
