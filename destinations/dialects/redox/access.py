"""Who calls, and what exists for him: an environment without a role in it does not."""

from typing import Any
from uuid import UUID

from django.http import Http404

from destinations.dialects.redox import tokens
from destinations.dialects.redox.catalogue import spelled
from destinations.dialects.redox.failures import UNAUTHORIZED, Refused
from destinations.dialects.redox.strategies import BY_NATIVE
from destinations.models import AuthCredential, Destination
from destinations.querysets import DestinationQuerySet
from tenants import principals, services
from tenants.models import Environment, Role, Tenant
from tenants.permissions import require, visible_tenants
from tenants.principals import Principal

ENGINEER = Role.EDITOR


def caller_of(header: str | None) -> Principal:
    """Whoever an API key of Landfall or an access token stands for. Raises `Refused`."""
    scheme, _, secret = (header or "").partition(" ")
    if scheme.lower() == "bearer" and secret:
        if key := services.find_key(secret):
            return principals.of_key(key)
        if user := tokens.user_of(secret):
            return principals.of_user(user)
    raise Refused(*UNAUTHORIZED)


def identifier(text: Any) -> UUID:
    """The id in a path. Raises Http404 for what is none."""
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


def organization(principal: Principal, id_: str) -> Tenant:
    """Raises Http404 for one in which the caller has no role."""
    found = None if "\0" in id_ else visible_tenants(principal).filter(pk=id_).first()  # PostgreSQL takes no NUL
    if found is None:
        raise Http404
    return found


def environment(principal: Principal, id_: Any, role: Role = ENGINEER) -> Environment:
    """Raises Http404 for one in which the caller has no role, PermissionDenied for a lesser one than `role`."""
    found = Environment.objects.select_related("tenant").filter(pk=id_).first()
    if found is None or principal.role(found.tenant_id, found.pk) is None:
        raise Http404
    require(principal, role, found.tenant_id, found.pk)
    return found


def destinations() -> DestinationQuerySet:
    """Those that Redox has words for, with what is shown of them. All belong to an environment."""
    rows: DestinationQuerySet = Destination.objects.readable()
    return rows.filter(archived_at=None, environment__isnull=False, type__in=spelled())


def destination(principal: Principal, id_: str, *, hold: bool = False) -> Destination:
    """Kept from others until the transaction ends, to `hold` it. Raises as `environment` does."""
    rows = destinations().visible_to(principal).filter(uuid=identifier(id_))
    found: Destination | None = (rows.select_for_update(of=("self",)) if hold else rows).first()
    if found is None:
        raise Http404
    environment(principal, found.environment_id)
    return found


def sees_attached(principal: Principal, stored: Destination) -> bool:
    """Whether there is a credential attached that the caller could attach himself."""
    attached = AuthCredential.objects.visible_to(principal).filter(pk=stored.auth_credential_id)
    return stored.auth_credential_id is not None and attached.exists()


def credential(principal: Principal, id_: str, role: Role) -> AuthCredential:
    """One of an environment; what is shared by a whole organization Redox does not know. Raises as `environment`."""
    rows = AuthCredential.objects.visible_to(principal).filter(environment__isnull=False, strategy__in=BY_NATIVE)
    found: AuthCredential | None = rows.filter(pk=identifier(id_)).first()
    if found is None:
        raise Http404
    environment(principal, found.environment_id, role)
    return found
