"""Who is calling, and what they may see and do. Every face asks here, none decides for itself."""

from dataclasses import dataclass, field
from uuid import UUID

from django.contrib.auth.models import User

from tenants.models import ApiKey, Membership, Role

Grants = dict[tuple[str, UUID | None], Role]


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller. `installation` is a role over every tenant, or None; `grants` are roles per tenant and
    environment, where environment None means the whole tenant. `name` is what somebody without a user is called."""

    user: User | None = None
    key: ApiKey | None = None
    installation: Role | None = None
    grants: Grants = field(default_factory=dict)
    name: str = ""

    @property
    def is_authenticated(self) -> bool:
        """DRF and Django ask this of a request's user."""
        return True

    @property
    def tenants(self) -> frozenset[str] | None:
        """The ids of the tenants that exist for this caller; None means all."""
        return None if self.installation else frozenset(tenant for tenant, _ in self.grants)

    def environments(self, tenant: str) -> frozenset[UUID] | None:
        """The environments of a tenant this caller is confined to; None means all of it."""
        if self.installation or (tenant, None) in self.grants:
            return None
        return frozenset(env for owner, env in self.grants if owner == tenant and env is not None)

    def role(self, tenant: str, environment: UUID | None = None) -> Role | None:
        held = (self.installation, self.grants.get((tenant, None)), self.grants.get((tenant, environment)))
        return max((role for role in held if role), key=lambda role: role.rank, default=None)

    def may(self, needed: Role, tenant: str, environment: UUID | None = None) -> bool:
        role = self.role(tenant, environment)
        return role is not None and role.rank >= needed.rank

    def may_everywhere(self, needed: Role) -> bool:
        return self.installation is not None and self.installation.rank >= needed.rank


def of_user(user: User) -> Principal:
    """The principal of a signed-in person: superusers own the installation, others what they are member of."""
    if user.is_superuser:
        return Principal(user=user, installation=Role.ADMIN)
    rows = Membership.objects.filter(user=user).values_list("tenant_id", "environment_id", "role")
    return Principal(user=user, grants={(tenant, env): Role(role) for tenant, env, role in rows})


def of_key(key: ApiKey) -> Principal:
    """The principal of a live API key."""
    if key.tenant_id is None:
        return Principal(user=key.user, key=key, installation=Role(key.role))
    return Principal(user=key.user, key=key, grants={(key.tenant_id, None): Role(key.role)})
