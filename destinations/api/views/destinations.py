"""Destinations: read, written and switched."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from destinations import services
from destinations.api import drafting, inputs, outputs
from destinations.api.base import ApiViewSet
from destinations.api.parameters import switch, taking
from destinations.drafts import UNSET, Draft
from destinations.exceptions import Problem, RevisionMismatch
from destinations.filters import DestinationFilter
from destinations.models import Destination
from tenants.models import Role, Tenant
from tenants.permissions import require

CHECK = switch("check", "Ask for a connection check too; of a change only if config or credentials really changed.")
FORCE = switch("force", "Delete it although consumers say that they use it.")
TRY = switch("check", "Check it for real as well, and wait for the outcome.")
EXAMPLE = OpenApiExample(
    "A webhook",
    {"type": "webhook", "name": "Orders", "topics": ["order.paid"], "config": {"url": "https://example.com/hooks"}},
    request_only=True,
)
# Inside the class, `list` is an action.
Drafted = tuple[Tenant, Draft, list[Problem]]
on_one = action(detail=True, methods=["post"])


class DestinationViewSet(ApiViewSet):
    shape = outputs.Destination()
    filterset_class = DestinationFilter
    sorts = ("created", "name", "type", "updated")
    versioned = True

    def get_queryset(self) -> QuerySet[Destination]:
        return Destination.objects.visible_to(self.principal)

    @extend_schema(responses=outputs.Destination(many=True))
    def list(self, request: Request, **_kwargs: Any) -> Response:
        """The destinations of all tenants you may see. Archived ones are left out unless `archived` asks for them."""
        return self.page()

    @extend_schema(responses=outputs.Destination)
    def retrieve(self, request: Request, **_kwargs: Any) -> Response:
        """One destination."""
        return self.answer(self.found(self.get_queryset()))

    @extend_schema(request=inputs.DestinationInput, responses={201: outputs.NewDestination}, examples=[EXAMPLE])
    @taking(CHECK)
    def create(self, request: Request) -> Response:
        """Register a destination. Needs the role editor."""
        tenant, draft, problems = self.drafted(request.data)
        check = CHECK.read(request.query_params)
        made = drafting.with_every_fault(problems, lambda: services.create(tenant, draft, check=check))
        response = self.told(made, status=201)
        response["Location"] = reverse("api:destination-detail", args=(made.uuid,))
        return response

    @extend_schema(request=inputs.DestinationInput, responses=outputs.NewDestination)
    @taking(CHECK)
    def partial_update(self, request: Request, **_kwargs: Any) -> Response:
        """Change what the body names: what is absent stays, null clears (RFC 7396). Needs the role editor."""
        values, problems = drafting.readable(request.data)
        check = CHECK.read(request.query_params)
        with self.changing() as stored:
            tenant = stored.tenant_id
            if values.pop("tenant", tenant) != tenant:
                problems.append(Problem("tenant", "immutable", "The tenant of a destination never changes."))
            draft = drafting.draft_of(drafting.deepened(values, stored), tenant, self.principal, problems)
            self.permit(tenant, draft, stored)
            changed = drafting.with_every_fault(problems, lambda: services.update(stored, draft, check=check))
        return self.told(changed)

    @extend_schema(responses={204: None})
    @taking(FORCE)
    def destroy(self, request: Request, **_kwargs: Any) -> Response:
        """Remove a destination, its credentials and its history for good. Needs the role editor.

        409 while it has consumers, unless it is forced.
        """
        force = FORCE.read(request.query_params)
        with self.changing() as stored:
            services.delete(stored, force=force)
        return Response(status=204)

    @extend_schema(request=None, responses=outputs.Destination)
    @on_one
    def enable(self, request: Request, **_kwargs: Any) -> Response:
        """Let it be used and checked again. Needs the role editor."""
        return self.switched(services.enable)

    @extend_schema(request=None, responses=outputs.Destination)
    @on_one
    def disable(self, request: Request, **_kwargs: Any) -> Response:
        """Stop its use and its scheduled checks. Needs the role editor."""
        return self.switched(services.disable)

    @extend_schema(request=None, responses=outputs.Destination)
    @on_one
    def archive(self, request: Request, **_kwargs: Any) -> Response:
        """Put away without deleting: it can then only be read, restored and deleted. Needs the role editor."""
        return self.switched(services.archive)

    @extend_schema(request=None, responses=outputs.Destination)
    @on_one
    def restore(self, request: Request, **_kwargs: Any) -> Response:
        """Take back out of the archive. Needs the role editor."""
        return self.switched(services.restore)

    @extend_schema(request=None, responses=outputs.Destination)
    @on_one
    def verify(self, request: Request, **_kwargs: Any) -> Response:
        """Check it here and now, and mark it as verified if it passes. `last_check` says what came of it. A webhook
        with a verification token is verified by a handshake. Needs the role editor."""
        inputs.Nothing().run_validation(request.data)
        with self.changing() as stored:
            pass  # what is checked must not be held meanwhile
        services.verify(stored)
        return self.answer(Destination.objects.filter(pk=stored.pk))

    @extend_schema(request=inputs.RotationInput, responses=outputs.NewDestination)
    @action(detail=True, methods=["post"], url_path="rotate-secret")
    def rotate_secret(self, request: Request, **_kwargs: Any) -> Response:
        """Make a new signing secret, shown this once. Of a type that has none: 409. Needs the role editor."""
        body = request.data if request.data else {}
        grace = inputs.RotationInput().run_validation(body).get("grace_seconds")
        with self.changing() as stored:
            rotated = services.rotate_secret(stored, services.GRACE if grace is None else timedelta(seconds=grace))
        return self.told(rotated)

    @extend_schema(request=inputs.DestinationInput, responses=outputs.Verdict)
    @action(detail=False, methods=["post"])
    @taking(TRY)
    def validate(self, request: Request) -> Response:
        """Judge a destination as creating it would, and save nothing. Needs the role editor."""
        tenant, draft, problems = self.drafted(request.data)
        drafting.with_every_fault(problems, lambda: services.validate(tenant, draft))
        report = services.try_out(tenant, draft) if TRY.read(request.query_params) else None
        return Response({"valid": True, "check": report and outputs.trial(report)})

    def drafted(self, body: Any) -> Drafted:
        """What a body asks for that is to be a destination of its own, by a caller who may."""
        values, problems = drafting.readable(body)
        tenant = drafting.tenant_of(values.pop("tenant", None), self.principal)
        draft = drafting.draft_of(values, tenant.pk, self.principal, problems)
        self.permit(tenant.pk, draft)
        return tenant, replace(draft, owner=self.principal.user), problems

    def permit(self, tenant: str, draft: Draft, stored: Destination | None = None) -> None:
        """Refuse a caller who may not write where the draft wants the destination to be."""
        environment = stored.environment_id if stored else None
        if draft.environment is not UNSET:
            environment = draft.environment.pk if draft.environment else None
        require(self.principal, Role.EDITOR, tenant, environment)
        if draft.is_default:  # which another destination of the tenant then ceases to be
            require(self.principal, Role.EDITOR, tenant)

    @contextmanager
    def changing(self) -> Iterator[Destination]:
        with super().changing() as stored:
            require(self.principal, Role.EDITOR, stored.tenant_id, stored.environment_id)
            wanted = self.request.headers.get("If-Match", "*")
            if wanted != "*" and _etag(stored.revision) not in [tag.strip() for tag in wanted.split(",")]:
                raise RevisionMismatch(f"The destination is at revision {stored.revision} by now. Read it again.")
            yield stored

    def switched(self, service: Callable[[Destination], Destination]) -> Response:
        inputs.Nothing().run_validation(self.request.data)
        with self.changing() as stored:
            service(stored)
        return self.answer(Destination.objects.filter(pk=stored.pk))

    def told(self, written: Destination, status: int = 200) -> Response:
        """The destination, with the secrets that were made for it: this is the only answer that holds them."""
        response = self.answer(Destination.objects.filter(pk=written.pk), status)
        if written.generated:
            response.data["generated_credentials"] = dict(written.generated)
        return response

    def answer(self, rows: QuerySet[Destination], status: int = 200) -> Response:
        body = self.shown(rows)
        return Response(body, status=status, headers={"ETag": _etag(body["revision"])})


def _etag(revision: int) -> str:
    return f'"{revision}"'
