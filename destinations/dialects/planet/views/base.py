"""The way into every resource: who calls, and which destinations there are for that caller."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from destinations.dialects.base import DialectViewSet
from destinations.dialects.planet.access import RATE, key_of, rows_of
from destinations.dialects.planet.failures import Refused, answer, not_found
from destinations.dialects.planet.reading import shown
from destinations.dialects.planet.refs import DEFAULT, uuid_of
from tenants.limits import take_often
from tenants.models import ApiKey, Tenant
from tenants.principals import Principal, of_key


class PlanetViewSet(DialectViewSet):
    key: ApiKey

    def enter(self, request: Request) -> Principal:
        self.key = key_of(request.headers.get("Authorization"))
        take_often(RATE, str(self.key.pk))
        return of_key(self.key)

    def refusal(self, error: Exception) -> HttpResponse:
        return answer(error)

    @property
    def tenant(self) -> Tenant:
        assert self.key.tenant is not None  # noqa: S101  `key_of` has seen to it
        return self.key.tenant

    @property
    def root(self) -> str:
        """The absolute URL of the list."""
        return self.request.build_absolute_uri(reverse("planet-destinations"))

    def rows(self) -> QuerySet[Any]:
        return rows_of(self.principal, str(self.key.tenant_id))

    def found(self, ref: str) -> Any:
        """The destination of an id or a ref. Raises `Refused`."""
        if ref == DEFAULT:
            return self.the_default()
        uuid = uuid_of(ref)
        row = self.rows().filter(uuid=uuid).first() if uuid else None
        if row is None:
            raise not_found()
        return row

    def the_default(self) -> Any:
        row = self.rows().filter(is_default=True).first()
        if row is None:
            raise Refused(404, "The organisation has no default destination.")
        return row

    def one(self, row: Any, status: int = 200) -> Response:
        """A destination as it now is for the caller."""
        return Response(shown(self.rows().get(pk=row.pk), self.root), status=status)


def require_writable(row: Any) -> None:
    """Raises `Refused`."""
    if not row.can_write:
        raise Refused(403, "Only who made this destination and the organisation's administrators may change it.")
