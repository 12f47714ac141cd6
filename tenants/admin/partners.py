from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from tenants import partners
from tenants.admin.access import Scope, ScopedAdmin, changed
from tenants.admin.once import Secrets, ShownOnce
from tenants.models import Partner, Role


class LinesField(forms.CharField):
    """A list of texts, one a line."""

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        lines = (line.strip() for line in super().clean(value).splitlines())
        return list(dict.fromkeys(line for line in lines if line))


class PartnerForm(forms.ModelForm):  # type: ignore[type-arg]
    redirect_uris = LinesField(
        label="Redirect URIs",
        help_text="One a line. People are sent back to one of these alone, to the first if none is asked for.",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "placeholder": "https://partner.example.com/callback"}),
    )

    class Meta:
        model = Partner
        fields = ("name", "redirect_uris", "opens_accounts")
        help_texts: ClassVar = {
            "name": "Shown to whoever is asked to let the partner in.",
            "opens_accounts": "Whether it may also make new tenants, through the APIs that have a call for that.",
        }


@admin.register(Partner)
class PartnerAdmin(ShownOnce, ScopedAdmin):
    """Whoever owns the installation decides which applications of others may ask its people to be let in."""

    read = write = Role.ADMIN
    form = PartnerForm
    list_display = ("name", "client_id", "sends_back_to", "opens_accounts", "created")
    search_fields = ("name", "client_id")
    search_help_text = "Search by name or client ID"
    fields = ("name", "redirect_uris", "opens_accounts")
    explanation = "The partner's application proves with these who it is."

    @display(description="Sends people back to")
    def sends_back_to(self, partner: Partner) -> str:
        return ", ".join(partner.redirect_uris)

    def scope(self, thing: Partner) -> Scope:
        return None, None

    def may(self, request: HttpRequest, role: Role, thing: Any = None) -> bool:
        return super().may(request, role, thing or Partner())

    def get_fields(self, request: HttpRequest, obj: Partner | None = None) -> Any:
        return ("name", "client_id", "redirect_uris", "opens_accounts", "created") if obj else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Partner | None = None) -> Any:
        return ("client_id", "created") if obj else ()

    def save_model(self, request: HttpRequest, obj: Partner, form: PartnerForm, change: bool) -> None:
        if change:
            partners.change(obj, **changed(form))
        else:
            values = {name: form.cleaned_data[name] for name in self.fields}
            made, secret = partners.register(**values)
            obj.pk = made.pk
            self.keep(request, f"“{made.name}” is registered", _secrets(made, secret))

    def delete_model(self, request: HttpRequest, obj: Partner) -> None:
        partners.remove(obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for partner in queryset:
            partners.remove(partner)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.renew))
        urls: list[URLPattern] = super().get_urls()
        return [path("<str:pk>/renew/", view, name="tenants_partner_renew"), *urls]

    def renew(self, request: HttpRequest, pk: str) -> HttpResponse:
        if not self.may(request, self.write):
            raise PermissionDenied
        partner = self.get_object(request, pk)
        if partner is None:
            raise Http404
        secret = partners.renew_secret(partner)
        return self.shown_once(request, f"“{partner.name}” has a new secret", _secrets(partner, secret))


def _secrets(partner: Partner, secret: str) -> Secrets:
    return [("Client ID", partner.client_id), ("Client secret", secret)]
