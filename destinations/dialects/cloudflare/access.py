"""Who calls, and whether the account of the path is theirs."""

from collections.abc import Mapping

from destinations.dialects.cloudflare.failures import FORBIDDEN, NOWHERE, UNAUTHORIZED, Fault, Refused
from tenants import principals, services
from tenants.models import ApiKey, Role, Tenant
from tenants.principals import Principal

MISSING = 9106  # Cloudflare's code for headers that would say who calls
NO_KEY = (
    "There is an X-Auth-Email, but neither an X-Auth-Key nor a bearer token. Unset CLOUDFLARE_EMAIL: with it, the "
    "clients send no token."
)
NO_EMAIL = "There is an X-Auth-Key, but no X-Auth-Email."
OTHER = "X-Auth-User-Service-Key is not taken here. Send an API token as `Authorization: Bearer <token>`."
NOTHING = "Send an API token as `Authorization: Bearer <token>`, or a key as X-Auth-Key together with X-Auth-Email."
NOT_GOOD = "This token or key is unknown, expired or revoked, or the key is not that of this email address."


def caller_of(headers: Mapping[str, str]) -> Principal:
    """Raises `Refused`. A token goes before a key, as it is the better way in."""
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    email, key = headers.get("X-Auth-Email"), headers.get("X-Auth-Key")
    if scheme.lower() == "bearer" and token.strip():
        found = services.find_key(token.strip())
    elif email and key:
        found = _of(email, services.find_key(key))
    else:
        raise Refused(401, Fault(_missing(headers), MISSING))
    if found is None:
        raise Refused(401, Fault(NOT_GOOD, UNAUTHORIZED))
    return principals.of_key(found)


def account_of(caller: Principal, id_: str, role: Role) -> Tenant:
    """The tenant that the path names. Raises `Refused`, in the same words for accounts of others and for none."""
    if caller.tenants is not None and id_ not in caller.tenants:
        raise Refused(403, Fault("This token is not for this account.", FORBIDDEN))
    account = Tenant.objects.filter(pk=id_).first()
    if account is None:
        raise Refused(404, *NOWHERE)
    if not caller.may(role, account.pk):
        raise Refused(403, Fault(f"This needs a token with the role {role}.", FORBIDDEN))
    return account


def _of(email: str, key: ApiKey | None) -> ApiKey | None:
    """The key, unless it belongs to a person with another address."""
    owner = key.user.email if key and key.user else ""
    return None if owner and owner.lower() != email.lower() else key


def _missing(headers: Mapping[str, str]) -> str:
    if headers.get("X-Auth-Email"):
        return NO_KEY
    if headers.get("X-Auth-Key"):
        return NO_EMAIL
    return OTHER if headers.get("X-Auth-User-Service-Key") else NOTHING
