from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import ForeignKey, QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextInputWidget

from tenants import services
from tenants.admin.access import Scope, ScopedAdmin, administered, changed, principal_of, within
from tenants.models import Environment, Membership, Role, Tenant
from tenants.permissions import assignable_people
from tenants.principals import Principal

FELLOWS = (
    "The name the person signs in with: of somebody who is a member of one of your tenants already. An admin of the "
    "installation adds others."
)


class OwnEnvironmentForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Membership
        fields: tuple[str, ...] = ("tenant", "environment", "role")
        help_texts: ClassVar = {
            "environment": "Leave empty for the whole tenant.",
            "role": "A viewer looks, an editor also changes destinations, an admin also manages members and keys.",
        }


class MembershipForm(OwnEnvironmentForm):
    """People are named, not picked, and whoever is not for `principal` to choose does not exist: the admin of one
    tenant must neither leaf through everybody nor try out names."""

    principal: Principal

    user = forms.ModelChoiceField(
        User.objects.none(),
        to_field_name="username",
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        label="User name",
        help_text="The name the person signs in with.",
        error_messages={"invalid_choice": "There is no user of this name whom you may choose."},
    )

    class Meta(OwnEnvironmentForm.Meta):
        fields = ("user", "tenant", "environment", "role")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "user" not in self.fields:  # for who may only look
            return
        self.fields["user"].queryset = assignable_people(self.principal)  # type: ignore[attr-defined]
        if self.principal.administered is not None:
            self.fields["user"].help_text = FELLOWS
        if self.instance.pk:
            self.initial["user"] = self.instance.user.get_username()


@admin.register(Membership)
class MembershipAdmin(ScopedAdmin):
    """Only the admins of a tenant see and decide who its members are."""

    read = write = Role.ADMIN
    list_display = ("user", "tenant", "environment", "role")
    list_filter = ("role",)
    list_select_related = ("user", "tenant", "environment")
    search_fields = ("user__username", "tenant__name")
    search_help_text = "Search by user or tenant"
    autocomplete_fields = ("tenant", "environment")
    fields = ("user", "tenant", "environment", "role")

    def get_form(self, request: HttpRequest, obj: Membership | None = None, **kwargs: Any) -> Any:
        kwargs["form"] = type("PrincipalsForm", (MembershipForm,), {"principal": principal_of(request)})
        return super().get_form(request, obj, **kwargs)

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        services.save_membership(obj, **(changed(form) if change else {}))

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        services.delete_membership(obj)

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Membership]") -> None:
        for membership in queryset:
            services.delete_membership(membership)

    def scope(self, thing: Membership) -> Scope:
        return thing.tenant_id, None

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Membership]":
        rows = Membership.objects.select_related("user", "tenant", "environment")
        return within(rows, "tenant", administered(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return administered(request) != frozenset()

    has_module_permission = has_add_permission

    def formfield_for_foreignkey(self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "tenant":
            kwargs["queryset"] = within(Tenant.objects.all(), "pk", administered(request))
        elif db_field.name == "environment":
            kwargs["queryset"] = within(Environment.objects.all(), "tenant", administered(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
