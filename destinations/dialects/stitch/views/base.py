"""The way into every resource: whose token it is, and what that account has."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.exceptions import ParseError
from rest_framework.request import Request

from destinations.dialects.base import DialectViewSet
from destinations.dialects.stitch import checks
from destinations.dialects.stitch.access import account_id, key_of
from destinations.dialects.stitch.failures import NO_SUCH_ID, Refused, answer
from destinations.dialects.stitch.types import BY_NATIVE
from destinations.models import Destination
from tenants import principals
from tenants.models import Role, Tenant
from tenants.permissions import require
from tenants.principals import Principal


class StitchViewSet(DialectViewSet):
    account: Tenant

    def enter(self, request: Request) -> Principal:
        key = key_of(request.headers.get("Authorization"))
        assert key.tenant is not None  # noqa: S101  `key_of` has seen to it
        self.account = key.tenant
        return principals.of_key(key)

    def refusal(self, error: Exception) -> HttpResponse:
        return answer(error)

    @property
    def account_id(self) -> int:
        return account_id(self.account.pk)

    def rows(self) -> QuerySet[Destination]:
        """What the account has that Stitch has words for, oldest first."""
        rows = Destination.objects.visible_to(self.principal).live().filter(tenant=self.account, type__in=BY_NATIVE)
        found: QuerySet[Destination] = rows.readable().annotate(newest_check=checks.newest()).order_by("id")
        return found

    def found(self, rows: QuerySet[Destination]) -> Destination:
        """The row of the path, kept from others until the transaction ends. Raises `Refused`."""
        row = rows.filter(pk=self.kwargs["destination"]).select_for_update(of=("self",)).first()
        if row is None:
            raise Refused(NO_SUCH_ID)
        return row

    def sent(self, refusal: str) -> dict[str, Any]:
        """The object that was sent. Raises `Refused` with this text for what is none."""
        try:
            body = self.body()
        except ParseError:
            raise Refused(refusal) from None
        if not isinstance(body, dict):
            raise Refused(refusal)
        return body

    def permit_writing(self) -> None:
        require(self.principal, Role.EDITOR, self.account.pk)
