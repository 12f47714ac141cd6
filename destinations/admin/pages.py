"""What the pages of a destination share: finding it, its form, and rendering inside the admin's frame."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from connectors.base import Connector
from destinations.admin.presenting import icon_of
from destinations.forms import MORE, PLACE, SHARED, DestinationForm
from destinations.models import AuthCredential, Destination
from tenants.admin.access import ScopedAdmin, principal_of, within
from tenants.models import Environment, Role, Tenant
from tenants.principals import Principal


class Pages(ScopedAdmin):
    def found(self, request: HttpRequest, pk: Any) -> Destination:
        destination: Destination | None = self.get_object(request, str(pk))
        if destination is None:
            raise Http404("There is no such destination, or not for you.")
        return destination

    def page(self, request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
        frame = self.admin_site.each_context(request)
        return TemplateResponse(request, template, {**frame, "opts": self.opts, "media": self.media, **context})

    def show_once(self, request: HttpRequest, written: Destination, done: str) -> HttpResponse:
        """The answer to the POST itself shows what was made: a redirect would have to keep it somewhere."""
        fields = written.connector.credentials.fields
        return self.page(
            request,
            "landfall/shown_once.html",
            title=f"“{written.name}” was {done}",
            explanation="Landfall made this for the destination. The other side needs it too.",
            secrets=[(str(fields[name].label), value) for name, value in written.generated.items()],
            next=overview_url(written),
        )

    def to_overview(self, destination: Destination) -> HttpResponseRedirect:
        return HttpResponseRedirect(overview_url(destination))

    def form_for(
        self, request: HttpRequest, connector: Connector, destination: Destination | None = None
    ) -> DestinationForm:
        principal = principal_of(request)
        tenants = tenants_to_edit(principal)
        initial = {} if destination else _only(tenants)
        data = request.POST if request.method == "POST" else None
        environments = environments_to_edit(principal)
        shared = AuthCredential.objects.visible_to(principal)
        return DestinationForm(
            connector, tenants, environments, shared, destination=destination, data=data, initial=initial
        )

    def is_sound(self, request: HttpRequest, form: DestinationForm) -> bool:
        """Whether the form can be spelled as a draft, for a place where this person may have destinations."""
        if not form.is_valid():
            return False
        tenant = form.destination.tenant_id if form.destination else form.cleaned_data["tenant"].pk
        environment = form.cleaned_data["environment"]
        if principal_of(request).may(Role.EDITOR, tenant, environment and environment.pk):
            return True
        form.add_error("environment", "Choose one of the environments in which you are an editor.")
        return False

    def form_page(self, request: HttpRequest, form: DestinationForm, **context: Any) -> HttpResponse:
        return self.page(
            request,
            "admin/destinations/destination/form.html",
            form=form,
            connector=form.connector,
            icon=icon_of(form.connector),
            place=form.common(PLACE),
            config=list(form.section("config")),
            credentials=[*form.common(SHARED), *form.section("credentials")],
            more=form.common(MORE),
            more_open=any(name in form.errors for name in MORE),
            form_media=form.media,
            **context,
        )


def overview_url(destination: Destination) -> str:
    return reverse("admin:destinations_destination_overview", args=(destination.pk,))


def environments_to_edit(principal: Principal) -> "QuerySet[Environment]":
    """Those in which someone may add and change destinations."""
    if principal.may_everywhere(Role.EDITOR):
        return Environment.objects.all()
    held = [scope for scope, role in principal.grants.items() if role.rank >= Role.EDITOR.rank]
    whole = Q(tenant__in=[tenant for tenant, environment in held if environment is None])
    return Environment.objects.filter(whole | Q(pk__in=[environment for _, environment in held if environment]))


def tenants_to_edit(principal: Principal) -> "QuerySet[Tenant]":
    """Those in which, or in an environment of which, someone may add things."""
    held = (tenant for (tenant, _), role in principal.grants.items() if role.rank >= Role.EDITOR.rank)
    return within(Tenant.objects.all(), "pk", None if principal.may_everywhere(Role.EDITOR) else frozenset(held))


def _only(tenants: "QuerySet[Tenant]") -> dict[str, str]:
    """Nobody has to choose from one."""
    ids = list(tenants.values_list("pk", flat=True)[:2])
    return {"tenant": ids[0]} if len(ids) == 1 else {}
