from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from tenants import key_pairs, services
from tenants.admin.history import Traced
from tenants.admin.judging import Judged
from tenants.models import KeyPair


class KeyPairForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = KeyPair
        fields = ("name", "public_key")

    def clean_public_key(self) -> str:
        pem: str = self.cleaned_data["public_key"]
        try:
            key_pairs.algorithm_of(pem)
        except ValueError:
            raise forms.ValidationError(services.BAD_PUBLIC_KEY) from None
        return pem


@admin.register(KeyPair)
class KeyPairAdmin(Judged, Traced, ModelAdmin):  # type: ignore[misc]
    """A person's own. Only whoever owns the installation sees those of others, to remove them."""

    form = KeyPairForm
    list_display = ("name", "user", "client_id", "created")
    list_fullwidth = True

    def get_queryset(self, request: HttpRequest) -> "QuerySet[KeyPair]":
        rows = KeyPair.objects.select_related("user")
        return rows if request.user.is_superuser else rows.filter(user=request.user.pk)

    def get_fields(self, request: HttpRequest, obj: KeyPair | None = None) -> Any:
        return ("name", "client_id", "user", "public_key", "created") if obj else ("name", "public_key")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Not for guests, who enter by a link: many share one user, and the link is good for a while only."""
        return request.user.is_active and request.user.is_staff and request.user.has_usable_password()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_module_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request) and (obj is None or self._is_own(request, obj))

    has_delete_permission = has_view_permission

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: KeyPair, form: Any, change: bool) -> None:
        assert request.user.is_authenticated  # noqa: S101  the admin has seen to it
        obj.user = request.user
        services.save_key_pair(obj)

    def delete_model(self, request: HttpRequest, obj: KeyPair) -> None:
        services.delete_key_pair(obj)

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[KeyPair]") -> None:
        for pair in queryset:
            services.delete_key_pair(pair)

    def _is_own(self, request: HttpRequest, pair: KeyPair) -> bool:
        return request.user.is_superuser or pair.user_id == request.user.pk
