from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import ForeignKey, QuerySet
from django.forms.fields import InvalidJSONInput
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.widgets import UnfoldAdminTextareaWidget

from tenants import services, strict_json
from tenants.admin.access import Scope, ScopedAdmin, administered, changed, principal_of, within
from tenants.models import Environment, Role, Tenant


class LabelsField(forms.JSONField):
    """Django's own takes what no database holds, and fails for what is deep or long."""

    def to_python(self, value: Any) -> Any:
        if not isinstance(value, str) or value in self.empty_values:
            return super().to_python(value)
        try:
            return strict_json.loads(value.encode())
        except strict_json.Unreadable as fault:
            raise forms.ValidationError(f"This {fault}") from None

    def bound_data(self, data: Any, initial: Any) -> Any:
        try:
            return self.to_python(data)
        except forms.ValidationError:
            return InvalidJSONInput(data)

    def prepare_value(self, value: Any) -> Any:
        """No labels are an empty box, not a word of JSON."""
        return super().prepare_value(value) if value else ""


class TenantForm(forms.ModelForm):  # type: ignore[type-arg]
    metadata = LabelsField(
        required=False,
        label="Labels",
        help_text='Names and values of your own, such as {"plan": "gold"}.',
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )

    class Meta:
        model = Tenant
        fields = ("name", "id", "metadata", "destination_limit")

    def clean_metadata(self) -> dict[str, Any]:
        labels = self.cleaned_data["metadata"] or {}
        if not isinstance(labels, dict):
            raise forms.ValidationError('This must be names and values, such as {"plan": "gold"}.')
        return labels


class Owned(ScopedAdmin):
    """Tenants and environments: what owns destinations can only be deleted alone, and only when it owns none."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        try:
            response: HttpResponse = super().delete_view(request, object_id, extra_context)
        except services.TenantInUse as error:  # it came to own something while the person was asked
            messages.error(request, str(error))
            return HttpResponseRedirect("../change/")
        return response


@admin.register(Tenant)
class TenantAdmin(Owned):
    write = Role.ADMIN
    form = TenantForm
    list_display = ("name", "id", "created")
    search_fields = ("name", "id")
    search_help_text = "Search by name or id"

    def scope(self, thing: Tenant) -> Scope:
        return thing.pk, None

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Tenant]":
        return within(Tenant.objects.all(), "pk", principal_of(request).tenants)

    def get_readonly_fields(self, request: HttpRequest, obj: Tenant | None = None) -> Sequence[str]:
        """A tenant's own admins see its limit and do not set it."""
        limit = () if principal_of(request).may_everywhere(Role.ADMIN) else ("destination_limit",)
        return ("id", "created", "updated", *limit) if obj else limit

    def get_fields(self, request: HttpRequest, obj: Tenant | None = None) -> Sequence[str]:
        fields = ("name", "id", "metadata", "destination_limit")
        return (*fields, "created", "updated") if obj else fields

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever is confined to one environment still sees whose environment it is."""
        known = principal_of(request).tenants
        return self.may(request, self.read) and (obj is None or known is None or obj.pk in known)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return principal_of(request).may_everywhere(Role.ADMIN)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return principal_of(request).may_everywhere(Role.ADMIN)

    def save_model(self, request: HttpRequest, obj: Tenant, form: TenantForm, change: bool) -> None:
        if change:
            services.update_tenant(obj, **changed(form))
        else:
            services.create_tenant(
                id_=obj.pk, name=obj.name, metadata=obj.metadata, destination_limit=obj.destination_limit
            )

    def delete_model(self, request: HttpRequest, obj: Tenant) -> None:
        services.delete_tenant(obj)


@admin.register(Environment)
class EnvironmentAdmin(Owned):
    write = Role.ADMIN
    list_display = ("name", "flag", "tenant", "created")
    list_filter = ("flag",)
    list_select_related = ("tenant",)
    search_fields = ("name", "tenant__name")
    search_help_text = "Search by name or tenant"
    autocomplete_fields = ("tenant",)
    fields = ("tenant", "name", "flag")

    def scope(self, thing: Environment) -> Scope:
        return thing.tenant_id, thing.pk

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Environment]":
        principal = principal_of(request)
        rows = within(Environment.objects.select_related("tenant"), "tenant", principal.tenants)
        for tenant in principal.tenants or ():
            if (confined := principal.environments(tenant)) is not None:
                rows = rows.exclude(pk__in=Environment.objects.filter(tenant=tenant).exclude(pk__in=confined))
        return rows

    def get_readonly_fields(self, request: HttpRequest, obj: Environment | None = None) -> Sequence[str]:
        return ("tenant",) if obj else ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return administered(request) != frozenset()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An environment is the business of its whole tenant's admins, not of those of the environment."""
        allowed = administered(request)
        return allowed is None or (obj.tenant_id in allowed if obj else bool(allowed))

    has_delete_permission = has_change_permission

    def formfield_for_foreignkey(self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "tenant":
            kwargs["queryset"] = within(Tenant.objects.all(), "pk", administered(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Environment, form: Any, change: bool) -> None:
        if change:
            services.update_environment(obj, **changed(form))
        else:
            obj.pk = services.create_environment(obj.tenant, name=obj.name, flag=obj.flag).pk

    def delete_model(self, request: HttpRequest, obj: Environment) -> None:
        services.delete_environment(obj)
