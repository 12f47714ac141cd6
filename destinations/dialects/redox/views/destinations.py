"""Destinations: listed, written and verified."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from destinations import services
from destinations.dialects.redox import access, bodies, writing
from destinations.dialects.redox.catalogue import WEBHOOK
from destinations.dialects.redox.failures import Refused, invalid
from destinations.dialects.redox.reading import cloud_of, shown
from destinations.dialects.redox.views.base import RedoxViewSet
from destinations.drafts import Draft
from destinations.exceptions import InvalidDestination
from destinations.models import ConnectionCheck, Destination
from tenants.models import Environment
from tenants.principals import Principal

MAX_COUNT = 50
HANDSHAKE = 30.0  # seconds that an endpoint has to answer


class DestinationViewSet(RedoxViewSet):
    def list(self, request: Request, **_kwargs: Any) -> Response:
        """All of them, or a page if one is asked for."""
        rows = access.destinations().filter(environment=self._environment()).order_by("created", "id")
        if not {"_page", "_count"} & request.query_params.keys():
            return self.told({"destinations": [shown(row) for row in rows]})
        return self._page(rows)

    def create(self, request: Request, **_kwargs: Any) -> Response:
        environment = self._environment()
        draft = writing.creation(self.given(), environment, self.principal)
        try:
            made = services.create(environment.tenant, replace(draft, owner=self.principal.user), check=_checked(draft))
        except InvalidDestination as error:
            raise writing.refused(error, draft.type or "") from None
        return self._answer(made)

    def retrieve(self, request: Request, **_kwargs: Any) -> Response:
        return self.told({"destination": shown(self._found())})

    def partial_update(self, request: Request, **_kwargs: Any) -> Response:
        body = self.given()
        with transaction.atomic():
            stored = self._found(hold=True)
            changed = _change(stored, writing.change(body, stored, self.principal))
        return self._answer(changed)

    def destroy(self, request: Request, **_kwargs: Any) -> Response:
        stored = self._found()
        assert stored.environment is not None  # noqa: S101  Redox knows no others
        if stored.environment.flag == Environment.Flag.PRODUCTION and not settings.REDOX_ALLOW_PRODUCTION_DELETE:
            raise PermissionDenied
        services.delete(stored)
        return self.told({"message": f"Destination id [{stored.uuid}] was successfully deleted."})

    def verify(self, request: Request, **_kwargs: Any) -> Response:
        """What is sent is saved first, and stays if the handshake fails."""
        body = self.given(optional=True)
        with transaction.atomic():
            stored = self._found(hold=True)
            draft = _verification(body, stored, self.principal)
            saved = _change(stored, draft, may_follow=writing.may_follow(stored, self.principal))
        _judge(services.verify(saved, limit=HANDSHAKE))
        return self._answer(saved)

    def _environment(self) -> Environment:
        return access.environment(self.principal, access.identifier(self.kwargs["environment"]))

    def _found(self, *, hold: bool = False) -> Destination:
        return access.destination(self.principal, self.kwargs["destination"], hold=hold)

    def _answer(self, written: Destination) -> Response:
        return self.told({"destination": shown(access.destinations().get(pk=written.pk))})

    def _page(self, rows: QuerySet[Destination]) -> Response:
        number, count = _whole(self.request, "_page", 1, None), _whole(self.request, "_count", MAX_COUNT, MAX_COUNT)
        start = (number - 1) * count
        page = {"currentPage": number, "totalPages": -(-rows.count() // count)}
        return self.told({"destinations": [shown(row) for row in rows[start : start + count]]}, page=page)


def _change(stored: Destination, draft: Draft, *, may_follow: Collection[str] = ()) -> Destination:
    try:
        return services.update(stored, draft, check=_checked(draft), may_follow=may_follow)
    except InvalidDestination as error:
        raise writing.refused(error, draft.type or stored.type) from None


def _checked(draft: Draft) -> bool:
    """Endpoints are asked to verify; what is in a cloud is checked at once."""
    return draft.type != WEBHOOK


def _verification(body: Mapping[str, Any], stored: Destination, principal: Principal) -> Draft:
    """Raises `Refused`."""
    method = bodies.method(body)
    asked = {key: body[key] for key in ("endpoint", "verificationToken") if body.get(key) is not None}
    _require_both(asked, stored)
    draft = writing.change(asked, stored, principal)
    return replace(draft, config={**(draft.config or {}), writing.METHOD: method})


def _require_both(asked: Mapping[str, Any], stored: Destination) -> None:
    """Raises `Refused`."""
    if cloud_of(stored):
        raise invalid("endpoint", "This destination is in a cloud and has no endpoint; its checks verify it.")
    url = stored.config.get("url") if stored.type == WEBHOOK else None
    if not (asked.get("endpoint") or url):
        raise invalid("endpoint", "There is no endpoint to verify: send one, or store one first.")
    if not (asked.get("verificationToken") or stored.masked.get(writing.TOKEN)):
        raise invalid("verificationToken", "There is no verification token: send one, or store one first.")


def _judge(check: ConnectionCheck) -> None:
    """Raises `Refused` for a handshake that did not succeed."""
    if check.status == ConnectionCheck.Status.ERROR:
        raise Refused(500, check.message)
    if check.status != ConnectionCheck.Status.PASSED:
        told = f"{check.message} {check.remedy}".strip()
        raise Refused(400, f"The endpoint was not verified. {told}", [("endpoint", check.message)])


def _whole(request: Request, name: str, default: int, limit: int | None) -> int:
    text = str(request.query_params.get(name, default))
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and 1 <= int(text) <= (limit or 10**9)):
        most = f" up to {limit}" if limit else ""
        raise invalid(name, f"This must be a whole number from 1{most}.")
    return int(text)
