"""The way into every resource: who calls, which tenant the path means, and what the client can read."""

from typing import ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from destinations.dialects.base import DialectViewSet
from destinations.dialects.outpost.access import Caller, admit, caller_of
from destinations.dialects.outpost.failures import answer
from destinations.dialects.outpost.generations import Client
from destinations.dialects.outpost.listing import refuse_unreadable
from tenants.models import Role, Tenant
from tenants.permissions import require, require_everywhere
from tenants.principals import Principal


class OutpostViewSet(DialectViewSet):
    """`admin_actions` are not for tenants, and `makers` do not need the tenant of their path to be there yet."""

    admin_actions: ClassVar[frozenset[str]] = frozenset()
    makers: ClassVar[frozenset[str]] = frozenset()
    first_generation = False

    caller: Caller
    found: Tenant | None

    def enter(self, request: Request) -> Principal:
        self.caller = caller_of(request.headers.get("Authorization"))
        return self.caller.principal

    def admit(self, request: Request) -> None:
        refuse_unreadable(request, self.kwargs)
        admin_only, must_exist = self.action in self.admin_actions, self.action not in self.makers
        self.found = admit(self.caller, self.tenant_id, admin_only=admin_only, must_exist=must_exist)

    def refusal(self, error: Exception) -> HttpResponse:
        return answer(error)

    @property
    def tenant_id(self) -> str | None:
        given = self.kwargs.get("tenant")
        return None if given is None else self.caller.names(given)

    @property
    def tenant(self) -> Tenant:
        assert self.found is not None  # noqa: S101  `enter` has seen to it
        return self.found

    @property
    def client(self) -> Client:
        return Client(self.request.headers.get("User-Agent", ""), first_generation=self.first_generation)

    def permit(self, role: Role) -> None:
        """Raise PermissionDenied unless the caller has `role` in the tenant, or everywhere before there is one."""
        if self.found is None:
            require_everywhere(self.principal)
        else:
            require(self.principal, role, self.found.pk)
