"""The page of a tenant, with what only destinations need of it."""

from collections.abc import Sequence

from django.contrib import admin
from django.http import HttpRequest

from destinations.keys import public_ssh_key
from tenants.admin.tenants import TenantAdmin
from tenants.models import Tenant

admin.site.unregister(Tenant)


@admin.register(Tenant)
class OwnerAdmin(TenantAdmin):
    def get_fields(self, request: HttpRequest, obj: Tenant | None = None) -> Sequence[str]:
        return (*super().get_fields(request, obj), "ssh_key") if obj else super().get_fields(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Tenant | None = None) -> Sequence[str]:
        return (*super().get_readonly_fields(request, obj), "ssh_key")

    @admin.display(description="Public SSH key")
    def ssh_key(self, tenant: Tenant) -> str:
        """For `authorized_keys` on the servers that destinations of the tenant are reached through."""
        return public_ssh_key(tenant) or "None yet: it is made when a destination that needs it is saved."
