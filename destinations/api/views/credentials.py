"""Shared credentials, and the ways to sign in that they can have."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from connectors import strategies
from destinations import credentials
from destinations.api import drafting, inputs, outputs
from destinations.api.base import ApiViewSet
from destinations.api.filters import AuthCredentialFilter
from destinations.drafts import UNSET, CredentialDraft
from destinations.exceptions import InvalidDestination, Problem
from destinations.models import AuthCredential
from tenants.models import Role
from tenants.permissions import require


class AuthCredentialViewSet(ApiViewSet):
    shape = outputs.AuthCredential()
    filterset_class = AuthCredentialFilter
    sorts = ("created", "name", "updated")

    def get_queryset(self) -> QuerySet[AuthCredential]:
        return AuthCredential.objects.visible_to(self.principal)

    @extend_schema(responses=outputs.AuthCredential(many=True))
    def list(self, request: Request, **_kwargs: Any) -> Response:
        """The shared credentials you may see, with every secret masked."""
        return self.page()

    @extend_schema(responses=outputs.AuthCredential)
    def retrieve(self, request: Request, **_kwargs: Any) -> Response:
        """One shared credential."""
        return self.one()

    @extend_schema(request=inputs.AuthCredentialInput, responses={201: outputs.AuthCredential})
    def create(self, request: Request) -> Response:
        """Make a credential that destinations can attach. Needs the role editor."""
        values = inputs.AuthCredentialInput().run_validation(request.data)
        tenant = drafting.tenant_of(values.pop("tenant", None), self.principal)
        draft = self.drafted(values, tenant.pk)
        require(self.principal, Role.EDITOR, tenant.pk, draft.environment.pk if draft.environment else None)
        made = credentials.create(tenant, draft)
        return self.created(made, reverse("api:auth-credential-detail", args=(made.pk,)))

    @extend_schema(request=inputs.AuthCredentialInput, responses=outputs.AuthCredential)
    def partial_update(self, request: Request, **_kwargs: Any) -> Response:
        """Change what the body names; what is attached proves itself anew (RFC 7396). Needs the role editor."""
        values = inputs.AuthCredentialInput(partial=True).run_validation(request.data)
        with self.changing() as stored:
            require(self.principal, Role.EDITOR, stored.tenant_id, stored.environment_id)
            if values.pop("tenant", stored.tenant_id) != stored.tenant_id:
                raise InvalidDestination([Problem("tenant", "immutable", "The tenant of a credential never changes.")])
            draft = self.drafted(values, stored.tenant_id)
            if draft.environment is not UNSET:
                require(
                    self.principal, Role.EDITOR, stored.tenant_id, draft.environment.pk if draft.environment else None
                )
            credentials.update(stored, draft)
        return self.one()

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, **_kwargs: Any) -> Response:
        """Remove a credential; 409 while destinations sign in with it. Needs the role editor."""
        with self.changing() as stored:
            require(self.principal, Role.EDITOR, stored.tenant_id, stored.environment_id)
            credentials.delete(stored)
        return Response(status=204)

    def drafted(self, values: dict[str, Any], tenant: str) -> CredentialDraft:
        """Raises `InvalidDestination`."""
        problems: list[Problem] = []
        if "environment" in values:
            found = drafting.environment_of(values["environment"], tenant, self.principal, problems)
            values = values | {"environment": found}
        if problems:
            raise InvalidDestination(problems)
        return CredentialDraft(**values)


class AuthStrategyViewSet(ApiViewSet):
    pagination_class = None

    @extend_schema(responses=outputs.AuthStrategies)
    def list(self, request: Request, **_kwargs: Any) -> Response:
        """The ways to sign in that shared credentials can have, with the schemas of their fields."""
        items = [outputs.auth_strategy(strategy) for strategy in strategies.every()]
        return Response({"items": items, "next": None})
