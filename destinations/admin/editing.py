"""Add and change destinations: choose a type, then fill in that type's own form."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse

from connectors import registry
from connectors.base import Connector
from destinations import services
from destinations.admin.pages import Pages, environments_to_edit, overview_url
from destinations.admin.presenting import find, icon_of, outcome_of, step_views
from destinations.exceptions import Conflict, InvalidDestination, RevisionMismatch
from destinations.forms import DestinationForm
from destinations.models import ConnectionCheck, Destination
from destinations.sealing import SecretUnreadable
from tenants.admin.access import principal_of
from tenants.limits import TooMany
from tenants.models import Tenant


class Editing(Pages):
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        connector = find(request.GET.get("type", ""))
        if connector is None:
            return self._choose_type(request)
        form = self.form_for(request, connector)
        if request.method == "POST" and self.is_sound(request, form) and (created := self._create(request, form)):
            return created
        return self.form_page(
            request,
            form,
            title=f"Add {connector.label}",
            try_url=f"{reverse('admin:destinations_destination_try_new')}?type={connector.type}",
            back_url=reverse("admin:destinations_destination_changelist"),
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        destination = self.found(request, object_id)
        if not self.has_change_permission(request, destination):
            return self.to_overview(destination)
        connector = find(destination.type)
        if connector is None or destination.archived_at:
            unknown = "its type is not installed" if destination.type else "its type is not decided yet"
            reason = unknown if connector is None else "it is archived: restore it first"
            messages.warning(request, f"“{destination.name}” cannot be changed: {reason}.")
            return self.to_overview(destination)
        form = self.form_for(request, connector, destination)
        if request.method == "POST" and self.is_sound(request, form) and (saved := self._update(request, form)):
            return saved
        return self.form_page(
            request,
            form,
            original=destination,
            title="Settings",
            try_url=reverse("admin:destinations_destination_try", args=(destination.pk,)),
            back_url=overview_url(destination),
        )

    def try_new_view(self, request: HttpRequest) -> HttpResponse:
        """Check what the add form holds, without saving it."""
        connector = find(request.GET.get("type", ""))
        if not self.has_add_permission(request):
            raise PermissionDenied
        if connector is None:
            raise Http404
        return self._try_out(request, self.form_for(request, connector))

    def try_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Check what the change form holds, without saving it; secrets left empty are the stored ones."""
        destination = self.found(request, pk)
        if not self.has_change_permission(request, destination):
            raise PermissionDenied
        if destination.archived_at or find(destination.type) is None:
            raise Http404
        return self._try_out(request, self.form_for(request, destination.connector, destination))

    def environments_view(self, request: HttpRequest) -> HttpResponse:
        """The environments of a tenant that a form may offer."""
        tenant = request.GET.get("tenant", "").replace("\x00", "")
        rows = environments_to_edit(principal_of(request)).filter(tenant=tenant)
        return JsonResponse({"environments": [{"id": str(row.pk), "name": str(row)} for row in rows]})

    def _choose_type(self, request: HttpRequest) -> HttpResponse:
        if asked := request.GET.get("type"):
            messages.warning(request, f"There is no type “{asked}”. Choose one of these.")
        families: dict[str, list[dict[str, Any]]] = {}
        for connector in registry.every():
            families.setdefault(connector.family, []).append(_card(connector))
        template = "admin/destinations/destination/choose_type.html"
        return self.page(
            request, template, title="Add destination", families=families, needs_tenant=not Tenant.objects.exists()
        )

    def _create(self, request: HttpRequest, form: DestinationForm) -> HttpResponse | None:
        try:
            created = services.create(form.cleaned_data["tenant"], form.draft())
            also = _checked(request, created, ConnectionCheck.Trigger.CREATE)
        except InvalidDestination as invalid:
            form.refuse(invalid.problems)
            return None
        if created.generated:
            return self.show_once(request, created, "added")
        messages.success(request, f"“{created.name}” was added.{also}")
        return self.to_overview(created)

    def _update(self, request: HttpRequest, form: DestinationForm) -> HttpResponse | None:
        destination = form.destination
        assert destination is not None  # noqa: S101  the change form is made for one
        revision = None if "_overwrite" in request.POST else form.cleaned_data["revision"]
        try:
            saved = services.update(destination, form.draft(), revision=revision)
            also = _checked(request, saved, ConnectionCheck.Trigger.UPDATE)
        except InvalidDestination as invalid:
            form.refuse(invalid.problems)
        except RevisionMismatch:
            form.conflict = True
        except (Conflict, SecretUnreadable) as error:
            form.add_error(None, str(error))
        else:
            if saved.generated:
                return self.show_once(request, saved, "saved")
            messages.success(request, f"“{saved.name}” was saved.{also}")
            return self.to_overview(saved)
        return None

    def _try_out(self, request: HttpRequest, form: DestinationForm) -> HttpResponse:
        if not self.is_sound(request, form):
            return self._tried(request, form)
        tenant = form.destination.tenant if form.destination else form.cleaned_data["tenant"]
        try:
            report = services.try_out(tenant, form.draft(), stored=form.destination)
        except InvalidDestination as invalid:
            form.refuse(invalid.problems)
        except (SecretUnreadable, TooMany) as error:
            form.add_error(None, str(error))
        else:
            return self._tried(request, form, report=report, badge=outcome_of(report), steps=step_views(report.steps))
        return self._tried(request, form)

    def _tried(self, request: HttpRequest, form: DestinationForm, **context: Any) -> HttpResponse:
        problems = [("" if name == "__all__" else form[name].label, errors) for name, errors in form.errors.items()]
        html = render_to_string("landfall/tried.html", {"problems": problems, **context}, request)
        return JsonResponse({"html": html})


def _checked(request: HttpRequest, saved: Destination, trigger: ConnectionCheck.Trigger) -> str:
    """Ask for a check if the person does, and tell what comes of it."""
    if "_check" not in request.POST:
        return ""
    if services.check_saved(saved, trigger):
        return " It is being checked now."
    return " It will be checked soon: the tenant has asked for too many checks in this minute."


def _card(connector: Connector) -> dict[str, Any]:
    sentence = (type(connector).__doc__ or "").strip().split("\n")[0]
    return {"connector": connector, "icon": icon_of(connector), "sentence": sentence}
