"""The admin pages of tenants, of the people in them and of API keys."""

from tenants.admin.keypairs import KeyPairAdmin
from tenants.admin.keys import ApiKeyAdmin
from tenants.admin.members import MembershipAdmin
from tenants.admin.people import GroupAdmin, UserAdmin
from tenants.admin.tenants import EnvironmentAdmin, TenantAdmin
from tenants.admin.trail import AuditEventAdmin

__all__ = [
    "ApiKeyAdmin",
    "AuditEventAdmin",
    "EnvironmentAdmin",
    "GroupAdmin",
    "KeyPairAdmin",
    "MembershipAdmin",
    "TenantAdmin",
    "UserAdmin",
]
