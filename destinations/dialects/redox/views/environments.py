"""The environments of an organization, and who has which role in them."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from rest_framework.request import Request
from rest_framework.response import Response

from destinations.dialects.redox import access, bodies
from destinations.dialects.redox.credentials import organization
from destinations.dialects.redox.failures import invalid
from destinations.dialects.redox.views.base import RedoxViewSet
from tenants import services
from tenants.models import Role
from tenants.permissions import assignable_people, require, visible_environments
from tenants.principals import Principal

ROLES = {"engineer": Role.EDITOR, "support": Role.VIEWER, "viewer": Role.VIEWER}


class EnvironmentViewSet(RedoxViewSet):
    def list(self, request: Request, **_kwargs: Any) -> Response:
        """Those in which the caller has a role."""
        tenant = access.organization(self.principal, self.kwargs["organization"])
        rows = visible_environments(self.principal, tenant.pk).order_by("created", "pk")
        owner = {"id": organization(tenant.pk)}
        shown = [
            {"id": str(row.pk), "name": row.name, "environmentFlag": row.flag, "organization": owner} for row in rows
        ]
        return self.told({"environments": shown})

    def assign(self, request: Request, **_kwargs: Any) -> Response:
        """Give a person the one role he has in the environment. Needs the role admin in the organization."""
        id_ = access.identifier(self.kwargs["environment"])
        environment = access.environment(self.principal, id_, Role.VIEWER)
        require(self.principal, Role.ADMIN, environment.tenant_id)
        body = self.given()
        role = _role(body)
        services.assign_role(_user(body, self.principal), environment, role)
        return self.told({"success": True})


def _role(body: Mapping[str, Any]) -> Role:
    said = bodies.mapping(body.get("role"), "role")
    name = said.get("name", said.get("id"))
    if not isinstance(name, str) or name.lower() not in ROLES:
        raise invalid("role.name", f"This must be one of: {', '.join(ROLES)}.")
    return ROLES[name.lower()]


def _user(body: Mapping[str, Any], principal: Principal) -> User:
    """Of those the caller may choose: by the id, or without one by the name to sign in with. Raises `Refused`."""
    said = bodies.mapping(body.get("user"), "user")
    people, id_ = assignable_people(principal), str(said.get("id"))
    if said.get("id") is None:
        people = people.filter(username=bodies.text(said, "name", "user.name"))
    elif id_.isascii() and id_.isdecimal() and len(id_) < 18:
        people = people.filter(pk=int(id_))
    else:
        people = people.none()
    found = people.first()
    if found is None:
        raise invalid("user", "There is no such user whom you may give a role.")
    return found
