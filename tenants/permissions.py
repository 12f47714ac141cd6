"""What a principal may see of tenants and keys, and the refusal of what it may not do."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet

from tenants.models import ApiKey, Environment, Role, Tenant
from tenants.principals import Principal
from tenants.trail import AuditEvent


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
    tenants = _administered(principal)
    return ApiKey.objects.all() if tenants is None else ApiKey.objects.filter(tenant__in=tenants)


def auditable(principal: Principal) -> QuerySet[AuditEvent]:
    """What the caller may see of the audit trail as a whole: that of tenants the caller is admin of.

    An id can be given anew after its tenant was removed; what was before is not the new one's business.
    """
    tenants = _administered(principal)
    if tenants is None:
        return AuditEvent.objects.all()
    own = Tenant.objects.filter(pk=OuterRef("tenant"), created__lte=OuterRef("at"))
    return AuditEvent.objects.filter(Exists(own), tenant__in=tenants)


def sees_addresses(principal: Principal, tenant: str) -> bool:
    """Where the others sit is for a tenant's admins to know."""
    return principal.may(Role.ADMIN, tenant)


def _administered(principal: Principal) -> list[str] | None:
    """The tenants the caller is admin of; None means all. Raises PermissionDenied where there are none."""
    if principal.may_everywhere(Role.ADMIN):
        return None
    tenants = [tenant for tenant in principal.tenants or () if principal.may(Role.ADMIN, tenant)]
    if not tenants:
        raise PermissionDenied("This needs the role admin in a tenant.")
    return tenants
