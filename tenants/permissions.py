"""What a principal may see of tenants and keys, and the refusal of what it may not do."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet

from tenants.models import ApiKey, Environment, Role, Tenant
from tenants.principals import Principal


def require(principal: Principal, role: Role, tenant: str, environment: UUID | None = None) -> None:
    """Raise PermissionDenied unless the caller has `role` there. Without an environment: in the whole tenant."""
    if not principal.may(role, tenant, environment):
        where = "this environment" if environment else f"the whole tenant {tenant}"
        raise PermissionDenied(f"This needs the role {role} in {where}.")


def require_everywhere(principal: Principal) -> None:
    if not principal.may_everywhere(Role.ADMIN):
        raise PermissionDenied("Only an admin of the installation may do this.")


def visible_tenants(principal: Principal) -> QuerySet[Tenant]:
    everything = Tenant.objects.all()
    return everything if principal.tenants is None else everything.filter(pk__in=principal.tenants)


def visible_environments(principal: Principal, tenant: str) -> QuerySet[Environment]:
    """The environments of one tenant; none of a tenant that does not exist for the caller."""
    if principal.tenants is not None and tenant not in principal.tenants:
        return Environment.objects.none()
    confined = principal.environments(tenant)
    rows = Environment.objects.filter(tenant=tenant)
    return rows if confined is None else rows.filter(pk__in=confined)


def manageable_keys(principal: Principal) -> QuerySet[ApiKey]:
    """The keys that exist for the caller: those of tenants the caller is admin of. Nobody else is shown keys."""
    if principal.may_everywhere(Role.ADMIN):
        return ApiKey.objects.all()
    tenants = [tenant for tenant in principal.tenants or () if principal.may(Role.ADMIN, tenant)]
    if not tenants:
        raise PermissionDenied("This needs the role admin in a tenant.")
    return ApiKey.objects.filter(tenant__in=tenants)
