"""Shared credentials: first how they sign in, then all in that strategy's own form."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import ForeignKey, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from unfold.decorators import display

from connectors import forms as connector_forms
from connectors import strategies
from connectors.strategies import Strategy
from destinations import credentials
from destinations.admin.pages import environments_to_edit, tenants_to_edit
from destinations.drafts import CredentialDraft
from destinations.exceptions import Conflict, InvalidDestination
from destinations.forms import dress
from destinations.models import AuthCredential
from destinations.sealing import SecretUnreadable
from tenants.admin.access import Scope, ScopedAdmin, principal_of
from tenants.models import Role
from tenants.principals import Principal


class CredentialForm(forms.ModelForm):  # type: ignore[type-arg]
    """`strategy` and `principal` are those of the subclass that a page makes."""

    strategy: Strategy
    principal: Principal

    class Meta:
        model = AuthCredential
        fields = ("name", "tenant", "environment")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        self.instance.strategy = self.strategy.name
        tenant, environment = cleaned.get("tenant") or self.instance.tenant, cleaned["environment"]
        if not self.principal.may(Role.EDITOR, tenant.pk, environment and environment.pk):
            self.add_error("environment", "Choose one of the environments in which you are an editor.")
        elif environment and environment.tenant_id != tenant.pk:
            self.add_error("environment", "The tenant has no such environment.")
        else:
            self._judge(tenant)
        return cleaned

    def _judge(self, tenant: Any) -> None:
        known = AuthCredential.objects.filter(pk=self.instance.pk).first()
        credential = known or AuthCredential(tenant=tenant, strategy=self.strategy.name, sealed=None)
        try:
            credentials.validate(credential, self.draft())
        except InvalidDestination as invalid:
            for problem in invalid.problems:
                self.add_error(problem.path if problem.path in self.fields else None, problem.message)
        except SecretUnreadable as error:
            self.add_error(None, str(error))

    def draft(self) -> CredentialDraft:
        given = {part: connector_forms.values(self.strategy, self.cleaned_data, part) for part in self.strategy.parts}
        return CredentialDraft(
            name=self.cleaned_data["name"],
            strategy=self.strategy.name,
            environment=self.cleaned_data["environment"],
            **given,
        )


@admin.register(AuthCredential)
class AuthCredentialAdmin(ScopedAdmin):
    list_display = ("name", "signs_in", "tenant", "environment", "created")
    list_select_related = ("tenant", "environment")
    search_fields = ("name", "tenant__name")
    search_help_text = "Search by name or tenant"

    @display(description="Signs in with", ordering="strategy")
    def signs_in(self, credential: AuthCredential) -> str:
        return credential.declaration.label

    def scope(self, thing: AuthCredential) -> Scope:
        return thing.tenant_id, thing.environment_id

    def get_queryset(self, request: HttpRequest) -> "QuerySet[AuthCredential]":
        rows = AuthCredential.objects.visible_to(principal_of(request))
        return rows.select_related("tenant", "environment").defer("sealed")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    def get_form(self, request: HttpRequest, obj: AuthCredential | None = None, **kwargs: Any) -> Any:
        strategy = _strategy(request, obj)
        stored = {"properties": obj.properties, "secrets": obj.masked} if obj else None
        boxes = connector_forms.form_fields(strategy, stored)
        for box in boxes.values():
            dress(box.widget)
        own = {"strategy": strategy, "principal": principal_of(request), **boxes}
        kwargs["form"] = type("StrategyForm", (CredentialForm,), own)
        return super().get_form(request, obj, **kwargs)

    def get_fields(self, request: HttpRequest, obj: AuthCredential | None = None) -> Any:
        if obj and not self.has_change_permission(request, obj):
            return ("name", "signs_in", "tenant", "environment", "created", "updated")
        return ("name", "tenant", "environment", *connector_forms.form_fields(_strategy(request, obj)))

    def get_readonly_fields(self, request: HttpRequest, obj: AuthCredential | None = None) -> Any:
        if obj and not self.has_change_permission(request, obj):
            return self.get_fields(request, obj)
        return ("tenant",) if obj else ()

    def formfield_for_foreignkey(self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any) -> Any:
        offered: dict[str, Any] = {"tenant": tenants_to_edit, "environment": environments_to_edit}
        kwargs["queryset"] = offered[db_field.name](principal_of(request))
        if db_field.name == "environment":
            kwargs["help_text"] = "Whose destinations may use it. Leave empty for all of the tenant."
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        if object_id is None and not self.has_add_permission(request):
            raise PermissionDenied
        if object_id is None and request.GET.get("strategy") not in strategies.names():
            return self._choose(request)
        try:
            return super().changeform_view(request, object_id, *args, **kwargs)
        except (InvalidDestination, Conflict) as error:  # what is attached could not go on with it
            told = error.problems[0].message if isinstance(error, InvalidDestination) else str(error)
            messages.error(request, f"Nothing was saved. {told}")
            return HttpResponseRedirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: AuthCredential, form: CredentialForm, change: bool) -> None:
        if change:
            credentials.update(obj, form.draft())
        else:
            obj.pk = credentials.create(obj.tenant, form.draft()).pk

    def delete_model(self, request: HttpRequest, obj: AuthCredential) -> None:
        credentials.delete(obj)

    def _choose(self, request: HttpRequest) -> HttpResponse:
        frame = self.admin_site.each_context(request)
        context = {**frame, "opts": self.opts, "title": "Add shared credential", "strategies": strategies.every()}
        return TemplateResponse(request, "admin/destinations/authcredential/choose.html", context)


def _strategy(request: HttpRequest, obj: AuthCredential | None) -> Strategy:
    return obj.declaration if obj else strategies.get(request.GET["strategy"])
