from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import ForeignKey, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST
from unfold.decorators import display

from tenants import services
from tenants.admin.access import Scope, ScopedAdmin, administered, principal_of, within
from tenants.admin.once import ShownOnce
from tenants.models import ApiKey, Role, Tenant


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = ApiKey
        fields = ("name", "tenant", "role", "expires")
        help_texts: ClassVar = {
            "name": "What the key is for, such as “deployment pipeline”.",
            "tenant": "The key sees this tenant only.",
            "role": "A viewer reads, an editor also changes destinations, an admin also manages tenants and keys.",
            "expires": "Leave empty for a key that works until it is revoked.",
        }

    def clean_expires(self) -> Any:
        expires = self.cleaned_data["expires"]
        if expires and expires <= timezone.now():
            raise ValidationError("A key must expire in the future.")
        return expires


@admin.register(ApiKey)
class ApiKeyAdmin(ShownOnce, ScopedAdmin):
    """Keys are issued and revoked, never changed. The secret is on one page, once, and stored nowhere."""

    read = write = Role.ADMIN
    form = ApiKeyForm
    list_display = ("name", "shown_prefix", "sees", "role", "status", "last_used", "created")
    list_filter = ("role",)
    list_select_related = ("tenant",)
    search_fields = ("name", "prefix", "tenant__name")
    search_help_text = "Search by name, beginning or tenant"
    autocomplete_fields = ("tenant",)
    actions = ("revoke_selected",)
    explanation = "Programs send it as “Authorization: Bearer …”."
    fields = ("name", "tenant", "role", "expires")

    @display(description="Begins with", ordering="prefix")
    def shown_prefix(self, key: ApiKey) -> str:
        return f"{key.prefix}…"

    @display(description="Status", label={"Live": "success", "Revoked": "danger", "Expired": "warning"})
    def status(self, key: ApiKey) -> str:
        if key.revoked:
            return "Revoked"
        return "Live" if key.is_live else "Expired"

    @display(description="Sees", ordering="tenant__name")
    def sees(self, key: ApiKey) -> str:
        return key.tenant.name if key.tenant else "Everything"

    @display(description="Works until")
    def until(self, key: ApiKey) -> Any:
        return key.expires or "It is revoked"

    def scope(self, thing: ApiKey) -> Scope:
        return thing.tenant_id, None

    def get_queryset(self, request: HttpRequest) -> "QuerySet[ApiKey]":
        return within(ApiKey.objects.select_related("tenant", "user"), "tenant", administered(request))

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        if obj is None:
            return self.fields
        return ("name", "shown_prefix", "sees", "role", "status", "created", "until", "last_used", "revoked")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return administered(request) != frozenset()

    has_module_permission = has_add_permission

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A revoked key stays as a record of who could do what."""
        return False

    def formfield_for_foreignkey(self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "tenant":
            everywhere = principal_of(request).may_everywhere(Role.ADMIN)
            kwargs["queryset"] = within(Tenant.objects.all(), "pk", administered(request))
            kwargs["required"] = not everywhere
            if everywhere:
                kwargs["help_text"] = "The key sees this tenant only. Leave empty for a key to everything."
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: ApiKey, form: ApiKeyForm, change: bool) -> None:
        key, secret = services.issue_key(name=obj.name, role=obj.role, tenant=obj.tenant, expires=obj.expires)
        obj.pk, obj.prefix = key.pk, key.prefix
        self.keep(request, f"API key “{obj.name}” is ready", [("API key", secret)])

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.revoke))
        urls: list[URLPattern] = super().get_urls()
        return [path("<uuid:pk>/revoke/", view, name="tenants_apikey_revoke"), *urls]

    def revoke(self, request: HttpRequest, pk: Any) -> HttpResponse:
        key = self.get_object(request, str(pk))
        if key is None:
            raise Http404
        if not self.may(request, self.write, key):
            raise PermissionDenied
        services.revoke_key(key)
        messages.success(request, f"The key “{key.name}” is revoked. Programs that use it are shut out from now on.")
        return HttpResponseRedirect(reverse("admin:tenants_apikey_changelist"))

    @admin.action(description="Revoke")
    def revoke_selected(self, request: HttpRequest, keys: "QuerySet[ApiKey]") -> None:
        live = [key for key in keys if key.revoked is None]
        for key in live:
            services.revoke_key(key)
        messages.success(request, f"Revoked: {len(live)}.")
