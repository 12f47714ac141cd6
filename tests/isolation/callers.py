"""Who might want to see what is not his."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from destinations.dialects.outpost import tokens as outpost
from destinations.dialects.planet import tokens as planet
from destinations.dialects.redox import tokens as redox
from tenants import services
from tenants.models import ApiKey, Membership, Role, Tenant


@dataclass
class Caller:
    """`credential` is what goes into a header; `person` is signed in to the admin."""

    credential: str = ""
    person: User | None = None

    def client(self, face: str) -> Client:
        scheme = "api-key" if face == "planet" and self.credential.startswith("lfk_") else "Bearer"
        client = Client(headers={"Authorization": f"{scheme} {self.credential}"} if self.credential else {})
        client.raise_request_exception = False
        if self.person:
            client.force_login(self.person)
        return client


def _member(tenant: Tenant, role: str) -> User:
    user = User.objects.create_user(f"the-{role}", is_staff=True)
    services.save_membership(Membership(user=user, tenant=tenant, role=role))
    return user


def _key(tenant: Tenant, role: str = Role.ADMIN, **values: Any) -> tuple[ApiKey, str]:
    return services.issue_key(name="key", tenant=tenant, role=role, **values)


def _expired(tenant: Tenant) -> str:
    key, secret = _key(tenant)
    ApiKey.objects.filter(pk=key.pk).update(expires=timezone.now() - timedelta(seconds=1))
    return secret


def _revoked(tenant: Tenant) -> str:
    key, secret = _key(tenant)
    services.revoke_key(key)
    return secret


def _of_someone_who_left(tenant: Tenant) -> str:
    return _key(tenant, user=User.objects.create_user("left", is_active=False))[1]


#: How each is made, of the tenant that is his and the one that is not.
CALLERS: dict[str, Callable[[Tenant, Tenant], Caller]] = {
    "anonymous": lambda own, other: Caller(),
    "viewer": lambda own, other: Caller(_key(own, Role.VIEWER)[1]),
    "editor": lambda own, other: Caller(_key(own, Role.EDITOR)[1]),
    "admin": lambda own, other: Caller(_key(own)[1]),
    "expired key": lambda own, other: Caller(_expired(other)),
    "revoked key": lambda own, other: Caller(_revoked(other)),
    "key of someone who left": lambda own, other: Caller(_of_someone_who_left(other)),
    "outpost token": lambda own, other: Caller(outpost.issue(own)),
    "planet token": lambda own, other: Caller(planet.issue(_key(own)[0], "https://landfall.example.com")),
    "redox token": lambda own, other: Caller(redox.issue(_member(own, "admin"))),
    "session of a viewer": lambda own, other: Caller(person=_member(own, "viewer")),
    "session of an editor": lambda own, other: Caller(person=_member(own, "editor")),
    "session of an admin": lambda own, other: Caller(person=_member(own, "admin")),
}


def _neighbour(tenant: Tenant) -> User:
    """Admin of one environment of the tenant, and nothing to the rest of it."""
    user = User.objects.create_user("neighbour", is_staff=True)
    stage = services.create_environment(tenant, name="next door")
    services.save_membership(Membership(user=user, tenant=tenant, environment=stage, role=Role.ADMIN))
    return user


NEIGHBOURS: dict[str, Callable[[Tenant], Caller]] = {
    "session": lambda tenant: Caller(person=_neighbour(tenant)),
    "redox token": lambda tenant: Caller(redox.issue(_neighbour(tenant))),
}
