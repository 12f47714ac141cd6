"""What a principal may see of tenants, keys and people, and the refusal of what it may not do."""

from uuid import UUID

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet

from tenants.models import ApiKey, Environment, Membership, Role, Tenant
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


def assignable_people(principal: Principal) -> QuerySet[User]:
    """Whom the caller may give roles to: who has one already in a tenant that he is admin of.

    Whoever else signs in here is as if he did not, so that nobody can try out names. The installation's admins bring
    new people.
    """
    tenants = principal.administered
    if tenants is None:
        return User.objects.all()
    return User.objects.filter(pk__in=Membership.objects.filter(tenant__in=tenants).values("user"))


def _administered(principal: Principal) -> frozenset[str] | None:
    """The tenants the caller is admin of; None means all. Raises PermissionDenied where there are none."""
    if principal.administered == frozenset():
        raise PermissionDenied("This needs the role admin in a tenant.")
    return principal.administered
