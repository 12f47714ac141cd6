"""Auth credentials: any role in the environment may look, engineers write."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from destinations import credentials as services
from destinations.dialects.redox import access, bodies, credentials
from destinations.dialects.redox.strategies import BY_NATIVE, STRATEGIES, find
from destinations.dialects.redox.views.base import RedoxViewSet
from destinations.exceptions import InvalidDestination
from destinations.models import AuthCredential
from tenants.models import Role


class CredentialViewSet(RedoxViewSet):
    def list(self, request: Request, **_kwargs: Any) -> Response:
        id_ = access.identifier(self.kwargs["environment"])
        environment = access.environment(self.principal, id_, Role.VIEWER)
        rows = AuthCredential.objects.filter(environment=environment, strategy__in=BY_NATIVE)
        ordered = rows.defer("sealed").order_by("created", "pk")
        return self.told({"credentials": [credentials.shown(row) for row in ordered]})

    def create(self, request: Request) -> Response:
        body = self.given()
        # An environment that is none of the caller's does not exist for him, wherever it is named.
        id_ = bodies.uuid(body.get("environmentId"), "environmentId")
        environment = access.environment(self.principal, id_)
        draft = credentials.creation(body, environment)
        try:
            made = services.create(environment.tenant, draft)
        except InvalidDestination as error:
            raise credentials.refused(error, find(body["authStrategy"])) from None
        return self.told({"credential": credentials.shown(made)})

    def retrieve(self, request: Request, **_kwargs: Any) -> Response:
        return self.told({"credential": credentials.shown(self._found(Role.VIEWER))})

    def partial_update(self, request: Request, **_kwargs: Any) -> Response:
        stored = self._found(access.ENGINEER)
        draft = credentials.change(self.given(), stored)
        try:
            changed = services.update(stored, draft)
        except InvalidDestination as error:
            raise credentials.refused(error, BY_NATIVE[stored.strategy]) from None
        return self.told({"credential": credentials.shown(changed)})

    def destroy(self, request: Request, **_kwargs: Any) -> Response:
        stored = self._found(access.ENGINEER)
        id_ = stored.pk  # which deleting takes away
        services.delete(stored)
        return self.told({"message": f"Auth credential id [{id_}] was successfully deleted."})

    def strategies(self, request: Request) -> Response:
        named = {one.name: {"availableFields": [field.key for field in one.fields]} for one in STRATEGIES}
        return self.told({"strategies": named})

    def _found(self, role: Role) -> AuthCredential:
        return access.credential(self.principal, self.kwargs["credential"], role)
