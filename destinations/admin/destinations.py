from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_GET, require_POST
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from destinations import services
from destinations.admin.columns import Columns
from destinations.admin.editing import Editing
from destinations.admin.filters import EnvironmentFilter, HealthFilter, StateFilter, TypeFilter
from destinations.admin.watching import Watching
from destinations.models import Destination
from tenants.admin.access import Scope, principal_of

Rows = QuerySet[Destination]


@admin.register(Destination)
class DestinationAdmin(Columns, Watching, Editing):
    list_filter = (
        HealthFilter,
        TypeFilter,
        StateFilter,
        ("tenant", AutocompleteSelectFilter),
        EnvironmentFilter,
    )
    list_filter_submit = True
    list_per_page = 50
    search_fields = ("name", "uid", "slug")
    search_help_text = "Search by name, id or address"

    def scope(self, thing: Destination) -> Scope:
        return thing.tenant_id, thing.environment_id

    def get_queryset(self, request: HttpRequest) -> Rows:
        return Destination.objects.readable().visible_to(principal_of(request))

    def get_search_results(self, request: HttpRequest, queryset: Rows, search_term: str) -> tuple[Rows, bool]:
        """Every word must be found: in the name, an id, or what the destination is told to connect to."""
        words = search_term.split()
        if words:
            queryset = queryset.alias(settings_text=Cast("config", TextField()))
        for word in words:
            found = Q(settings_text__icontains=word)
            for field in self.search_fields:
                found |= Q(**{f"{field}__icontains": word})
            queryset = queryset.filter(found)
        return queryset, False

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        destination = self.get_object(request, unquote(object_id))
        users = destination.consumers.all() if destination else ()
        page: HttpResponse = super().delete_view(request, object_id, {**(extra_context or {}), "consumers": users})
        return page

    def delete_model(self, request: HttpRequest, obj: Destination) -> None:
        services.delete(obj, force=True)  # the page before has said who uses it

    def delete_queryset(self, request: HttpRequest, queryset: Iterable[Any]) -> None:
        for destination in queryset:
            services.delete(destination, force=True)

    def get_urls(self) -> list[URLPattern]:
        def at(route: str, view: Any, name: str) -> Any:
            return path(route, self.admin_site.admin_view(view), name=f"destinations_destination_{name}")

        return [
            at("environments/", require_GET(self.environments_view), "environments"),
            at("add/try/", require_POST(self.try_new_view), "try_new"),
            at("<int:pk>/", require_GET(self.overview_view), "overview"),
            at("<int:pk>/status/", require_GET(self.status_view), "status"),
            at("<int:pk>/try/", require_POST(self.try_view), "try"),
            at("<int:pk>/do/<slug:verb>/", require_POST(self.act_view), "act"),
            *super().get_urls(),
        ]
