"""Django's own users and groups, dressed like the rest."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from tenants import services
from tenants.admin.history import Traced
from tenants.admin.judging import Judged
from tenants.admin.members import OwnEnvironmentForm
from tenants.models import Membership

admin.site.unregister(User)
admin.site.unregister(Group)


class MembershipInline(Judged, TabularInline):  # type: ignore[misc]
    model = Membership
    form = OwnEnvironmentForm
    extra = 0
    fields = ("tenant", "environment", "role")
    autocomplete_fields = ("tenant", "environment")
    verbose_name_plural = "Member of"


class Guarded:
    """To whoever may not see them none exists; Django's page of a history would tell which do."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)  # type: ignore[misc]
        return rows if self.has_view_or_change_permission(request) else rows.none()  # type: ignore[attr-defined]


@admin.register(User)
class UserAdmin(Guarded, Judged, Traced, DjangoUserAdmin, ModelAdmin):  # type: ignore[misc,type-arg]
    """Django's model permissions guard these pages: whoever can change users can become anybody."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    inlines = (MembershipInline,)
    list_display = ("username", "email", "first_name", "last_name", "is_staff", "is_superuser", "last_login")
    list_filter = ("is_staff", "is_superuser", "is_active")
    search_help_text = "Search by name or e-mail"
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("May sign in", {"fields": ("is_active", "is_staff", "is_superuser")}),
        ("Rights over users and groups", {"classes": ("collapse",), "fields": ("groups", "user_permissions")}),
        ("Times", {"classes": ("collapse",), "fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")
    list_fullwidth = True

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """The memberships on the page of a person."""
        formset.save(commit=False)
        for membership in formset.new_objects:
            services.save_membership(membership)
        for membership, names in formset.changed_objects:
            services.save_membership(membership, **{name: getattr(membership, name) for name in names})
        for membership in formset.deleted_objects:
            services.delete_membership(membership)


@admin.register(Group)
class GroupAdmin(Guarded, Judged, Traced, DjangoGroupAdmin, ModelAdmin):  # type: ignore[misc]
    pass
