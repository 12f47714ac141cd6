"""Which destinations and checks exist for whom. Nothing here reads credentials."""

from typing import Any, Self

from django.db import models
from django.db.models import Q

from tenants.principals import Principal

# The columns that reading, listing and searching must never name.
CIPHERTEXT = ("sealed", "sealed_extra")


class DestinationQuerySet(models.QuerySet[Any]):
    def readable(self) -> Self:
        """Everything a surface shows, in one statement, and never the ciphertext."""
        related = ("tenant", "environment", "owner", "state", "state__last_check", "auth_credential")
        return self.select_related(*related).defer(*CIPHERTEXT, "auth_credential__sealed")

    def visible_to(self, principal: Principal) -> Self:
        return self.filter(_visible(principal, ""))

    def live(self) -> Self:
        """What can be used: complete, and not put away."""
        return self.filter(archived_at=None, incomplete=False)


class AuthCredentialQuerySet(models.QuerySet[Any]):
    def visible_to(self, principal: Principal) -> Self:
        return self.filter(_visible(principal, ""))


class CheckQuerySet(models.QuerySet[Any]):
    def visible_to(self, principal: Principal) -> Self:
        return self.filter(_visible(principal, "destination__"))

    def unfinished(self) -> Self:
        return self.filter(status__in=("queued", "running"))


def _visible(principal: Principal, prefix: str) -> Q:
    """Rows of the caller's tenants, or of the environments the caller is confined to."""
    if principal.tenants is None:
        return Q()
    visible = Q(pk__in=())
    for tenant in principal.tenants:
        rows = Q(**{f"{prefix}tenant": tenant})
        if (environments := principal.environments(tenant)) is not None:
            rows &= Q(**{f"{prefix}environment__in": environments})
        visible |= rows
    return visible
