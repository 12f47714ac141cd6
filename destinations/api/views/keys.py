"""API keys: issued, shown once, revoked."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from destinations.api import drafting, inputs, outputs
from destinations.api.base import ApiViewSet
from destinations.api.filters import KeyFilter
from tenants import services
from tenants.models import ApiKey, Role, Tenant
from tenants.permissions import manageable_keys, require, require_everywhere


class KeyViewSet(ApiViewSet):
    shape = outputs.Key()
    filterset_class = KeyFilter

    def get_queryset(self) -> QuerySet[ApiKey]:
        return manageable_keys(self.principal)

    @extend_schema(responses=outputs.Key(many=True))
    def list(self, request: Request, **_kwargs: Any) -> Response:
        """The keys of the tenants you are admin of, without their secrets."""
        return self.page()

    @extend_schema(responses=outputs.Key)
    def retrieve(self, request: Request, **_kwargs: Any) -> Response:
        """One key, without its secret."""
        return self.one()

    @extend_schema(request=inputs.KeyInput, responses={201: outputs.NewKey})
    def create(self, request: Request) -> Response:
        """Issue a key. Its `secret` is in this answer and nowhere else. Needs the role admin in its tenant, and for
        a key of the installation (`"tenant": null`) an admin of the installation."""
        values = inputs.KeyInput().run_validation(request.data)
        tenant = self.owner(values)
        key, secret = services.issue_key(**values | {"tenant": tenant})
        response = self.created(key, reverse("api:key-detail", args=(key.pk,)))
        response.data["secret"] = secret
        return response

    def owner(self, values: dict[str, Any]) -> Tenant | None:
        """Whose key it is to be. No tenant at all has to be said, for such a key may do everything."""
        if "tenant" in values and values["tenant"] is None:
            require_everywhere(self.principal)
            return None
        tenant = drafting.tenant_of(values.get("tenant"), self.principal)
        require(self.principal, Role.ADMIN, tenant.pk)
        return tenant

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, **_kwargs: Any) -> Response:
        """Revoke a key for good. It stays in the list, so that its use can be traced."""
        with self.changing() as key:
            services.revoke_key(key)
        return Response(status=204)
