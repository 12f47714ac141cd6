"""Tenants and their environments."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from destinations.api import inputs, outputs
from destinations.api.base import ApiViewSet
from destinations.api.drafting import patched
from destinations.api.filters import TenantFilter
from destinations.models import TunnelKey
from tenants import services
from tenants.models import Environment, Role, Tenant
from tenants.permissions import require, require_everywhere, visible_environments, visible_tenants


class TenantViewSet(ApiViewSet):
    shape = outputs.Tenant()
    filterset_class = TenantFilter
    sorts = ("created", "name", "updated")
    lookup_field = "id"
    lookup_value_converter = "segment"

    def get_queryset(self) -> QuerySet[Tenant]:
        return visible_tenants(self.principal)

    @extend_schema(responses=outputs.Tenant(many=True))
    def list(self, request: Request, **_kwargs: Any) -> Response:
        """The tenants you may see."""
        return self.page()

    @extend_schema(responses=outputs.Tenant)
    def retrieve(self, request: Request, **_kwargs: Any) -> Response:
        """One tenant."""
        return self.one()

    @extend_schema(request=inputs.TenantInput, responses={201: outputs.Tenant})
    def create(self, request: Request) -> Response:
        """Make a tenant. Needs an admin of the installation."""
        require_everywhere(self.principal)
        values = inputs.TenantInput().run_validation(request.data)
        made = services.create_tenant(id_=values.pop("id", None), **values)
        return self.created(made, reverse("api:tenant-detail", args=(made.pk,)))

    @extend_schema(request=inputs.TenantInput, responses=outputs.Tenant)
    def partial_update(self, request: Request, **_kwargs: Any) -> Response:
        """Change name, metadata or limit (RFC 7396). Needs the role admin, for the limit in the installation."""
        values = inputs.TenantInput(partial=True).run_validation(request.data)
        with self.changing() as tenant:
            require(self.principal, Role.ADMIN, tenant.pk)
            if values.get("destination_limit", tenant.destination_limit) != tenant.destination_limit:
                require_everywhere(self.principal)
            if values.get("id") == tenant.pk:
                del values["id"]
            if "metadata" in values:
                values["metadata"] = patched(tenant.metadata, values["metadata"]) or {}
            services.update_tenant(tenant, **values)
        return self.one()

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, **_kwargs: Any) -> Response:
        """Remove a tenant without destinations, its environments and its keys. Needs an admin of the installation."""
        with self.changing() as tenant:
            require_everywhere(self.principal)
            services.delete_tenant(tenant)
        return Response(status=204)

    @extend_schema(responses=outputs.SshKey)
    @action(detail=True, url_path="ssh-key")
    def ssh_key(self, request: Request, **_kwargs: Any) -> Response:
        """The public key to authorize on SSH servers that destinations of the tenant are reached through. It is made
        with the tenant, and stays the same unless its private key is lost."""
        keys = TunnelKey.objects.filter(tenant__in=self.found(self.get_queryset()))
        return Response(outputs.SshKey().show(get_object_or_404(keys.values(*outputs.SshKey().columns))))


class EnvironmentViewSet(ApiViewSet):
    shape = outputs.Environment()
    sorts = ("created", "name")

    def get_queryset(self) -> QuerySet[Environment]:
        return visible_environments(self.principal, self.tenant().pk)

    def tenant(self) -> Tenant:
        found = visible_tenants(self.principal).filter(pk=self.kwargs["tenant"]).first()
        if found is None:
            raise Http404
        return found

    @extend_schema(responses=outputs.Environment(many=True))
    def list(self, request: Request, **_kwargs: Any) -> Response:
        """The environments of a tenant."""
        return self.page()

    @extend_schema(responses=outputs.Environment)
    def retrieve(self, request: Request, **_kwargs: Any) -> Response:
        """One environment."""
        return self.one()

    @extend_schema(request=inputs.EnvironmentInput, responses={201: outputs.Environment})
    def create(self, request: Request, **_kwargs: Any) -> Response:
        """Make an environment. Needs the role admin in the tenant."""
        tenant = self.tenant()
        require(self.principal, Role.ADMIN, tenant.pk)
        made = services.create_environment(tenant, **inputs.EnvironmentInput().run_validation(request.data))
        return self.created(made, reverse("api:environment-detail", args=(tenant.pk, made.pk)))

    @extend_schema(request=inputs.EnvironmentInput, responses=outputs.Environment)
    def partial_update(self, request: Request, **_kwargs: Any) -> Response:
        """Change name or flag. Needs the role admin in the tenant."""
        values = inputs.EnvironmentInput(partial=True).run_validation(request.data)
        with self.changing() as environment:
            require(self.principal, Role.ADMIN, environment.tenant_id)
            services.update_environment(environment, **values)
        return self.one()

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, **_kwargs: Any) -> Response:
        """Remove an environment without destinations. Needs the role admin in the tenant."""
        with self.changing() as environment:
            require(self.principal, Role.ADMIN, environment.tenant_id)
            services.delete_environment(environment)
        return Response(status=204)
