"""The four operations there are: no client ever reads one destination but through the list."""

from dataclasses import replace
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from connectors.running import Report
from destinations import services
from destinations.dialects.base import DialectViewSet
from destinations.dialects.cloudflare.access import account_of, caller_of
from destinations.dialects.cloudflare.failures import NO_DESTINATION, NOWHERE, Fault, Refused, answer
from destinations.dialects.cloudflare.listing import Page
from destinations.dialects.cloudflare.reading import TYPE, changed, listed
from destinations.dialects.cloudflare.writing import change, creation
from destinations.drafts import Draft
from destinations.models import Destination
from destinations.querysets import DestinationQuerySet
from tenants.models import Role, Tenant
from tenants.principals import Principal

PREFLIGHT = 10.0  # seconds


class CloudflareViewSet(DialectViewSet):
    def refusal(self, error: Exception) -> HttpResponse:
        return answer(error)


class DestinationViewSet(CloudflareViewSet):
    account: Tenant

    def enter(self, request: Request) -> Principal:
        return caller_of(request.headers)

    def admit(self, request: Request) -> None:
        role = Role.VIEWER if self.action == "list" else Role.EDITOR
        self.account = account_of(self.principal, self.kwargs["account"], role)

    def rows(self) -> DestinationQuerySet:
        """Whatever takes OTLP, whoever made it."""
        rows = Destination.objects.visible_to(self.principal).live().filter(tenant=self.account, type=TYPE)
        return rows.prefetch_related("consumers")

    def list(self, request: Request, **_kwargs: Any) -> Response:
        page = Page.asked(request.query_params)
        clear = self._reveals()
        rows = self.rows().readable()
        if clear:
            rows = rows.defer(None).defer("sealed_extra")
        return success([listed(row, clear=clear) for row in page.of(rows)])

    def create(self, request: Request, **_kwargs: Any) -> Response:
        asked, skips = creation(self.body())
        draft = replace(asked, owner=self.principal.user)
        services.validate(self.account, draft)  # before anything is sent to the endpoint
        proof = None if skips else self._preflight(draft)
        made = services.create(self.account, draft, proof=proof)
        return success(changed(made), "Resource created", status=201)

    def partial_update(self, request: Request, **_kwargs: Any) -> Response:
        stored = self._found()
        draft = change(self.body(), stored)
        proof = self._preflight(draft, stored)
        return success(changed(services.update(stored, draft, proof=proof, revision=stored.revision)))

    def destroy(self, request: Request, **_kwargs: Any) -> Response:
        """At once, whatever uses it: that then stops exporting."""
        stored = self._found()
        last = changed(stored)
        services.delete(stored, force=True)
        return success(last)

    def _found(self) -> Destination:
        row: Destination | None = self.rows().filter(slug=self.kwargs["slug"]).first()
        if row is None:
            raise Refused(404, Fault(NO_DESTINATION))
        return row

    def _preflight(self, draft: Draft, stored: Destination | None = None) -> Report:
        """Also where only `enabled` changes."""
        return services.prove(self.account, draft, stored=stored, limit=PREFLIGHT)

    def _reveals(self) -> bool:
        """Whether the caller is shown the values of headers, which clients compare with those they want."""
        hidden = settings.CLOUDFLARE_HIDE_HEADERS
        is_hidden = "*" in hidden or self.account.pk in hidden
        return not is_hidden and self.principal.may(Role.EDITOR, self.account.pk)


class NowhereViewSet(CloudflareViewSet):
    def enter(self, request: Request) -> Principal:
        return Principal()

    def nowhere(self, request: Request, **_kwargs: Any) -> HttpResponse:
        raise Refused(404, *NOWHERE)


def success(result: Any, message: str = "Successful request", status: int = 200) -> Response:
    body = {"success": True, "errors": [], "messages": [{"message": message}], "result": result}
    return Response(body, status=status)
