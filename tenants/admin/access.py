"""Who may see and do what in the admin: memberships decide, never Django's model permissions."""

from collections.abc import Collection, Iterable
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.admin import ModelAdmin

from tenants import principals
from tenants.admin.deleting import Deletion, deletion
from tenants.admin.history import Traced
from tenants.admin.judging import Judged
from tenants.models import Role
from tenants.principals import Principal

Scope = tuple[str | None, UUID | None]


def principal_of(request: HttpRequest) -> Principal:
    """The person behind a request; memberships are read once per request."""
    found: Principal | None = getattr(request, "_principal", None)
    if found is None:
        found = principals.of_user(request.user) if request.user.is_authenticated else Principal()
        request._principal = found  # type: ignore[attr-defined]
    return found


def may_somewhere(principal: Principal, role: Role) -> bool:
    return principal.may_everywhere(role) or any(held.rank >= role.rank for held in principal.grants.values())


def administered(request: HttpRequest) -> frozenset[str] | None:
    """The ids of the tenants a person is admin of as a whole; None means every tenant."""
    return principal_of(request).administered


def within(rows: "QuerySet[Any]", column: str, ids: Collection[Any] | None) -> "QuerySet[Any]":
    """Rows whose `column` is one of `ids`; None leaves out no row."""
    return rows if ids is None else rows.filter(**{f"{column}__in": ids})


def changed(form: Any) -> dict[str, Any]:
    """What somebody changed in a form, and nothing that only stood in it."""
    return {name: form.cleaned_data[name] for name in form.changed_data}


class ScopedAdmin(Judged, Traced, ModelAdmin):  # type: ignore[misc]
    """Pages of things that belong to a tenant, or to one environment of it.

    `read` and `write` are the roles that seeing and changing need where the thing belongs.
    """

    read: ClassVar[Role] = Role.VIEWER
    write: ClassVar[Role] = Role.EDITOR
    list_fullwidth = True
    show_facets = ShowFacets.NEVER
    show_full_result_count = False

    def scope(self, thing: Any) -> Scope:
        """The tenant and environment a thing belongs to; tenant None is the installation as a whole."""
        raise NotImplementedError

    def may(self, request: HttpRequest, role: Role, thing: Any = None) -> bool:
        principal = principal_of(request)
        if thing is None:
            return may_somewhere(principal, role)
        tenant, environment = self.scope(thing)
        return principal.may_everywhere(role) if tenant is None else principal.may(role, tenant, environment)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.may(request, self.read)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.may(request, self.read, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may(request, self.write)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.may(request, self.write, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.may(request, self.write, obj)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """With what the form could not know: somebody else was first after it had looked."""
        try:
            response: HttpResponse = super().changeform_view(request, *args, **kwargs)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return HttpResponseRedirect(request.get_full_path())
        return response

    def get_deleted_objects(self, objs: Iterable[Any], request: HttpRequest) -> Deletion:
        things = list(objs)
        return deletion(things, all(self.has_delete_permission(request, thing) for thing in things))
