from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.paginator import InfinitePaginator

from destinations.admin.presenting import Badge, CheckView
from destinations.models import ConnectionCheck
from destinations.querysets import CIPHERTEXT
from tenants.admin.access import Scope, ScopedAdmin, principal_of


@admin.register(ConnectionCheck)
class ConnectionCheckAdmin(ScopedAdmin):
    """What happened; nobody edits it."""

    list_display = ("checked", "outcome", "message", "reason", "when", "took")
    list_display_links = None
    list_filter = ("status", "trigger")
    search_fields = ("destination__name", "code")
    search_help_text = "Search by destination or code"
    list_per_page = 50
    actions = None
    # There may be millions: pages without a count.
    paginator = InfinitePaginator

    @display(description="Destination", ordering="destination__name")
    def checked(self, check: ConnectionCheck) -> SafeString:
        url = reverse("admin:destinations_connectioncheck_change", args=(check.pk,))
        return format_html('<span class="lf-two"><a href="{}">{}</a></span>', url, check.destination.name)

    @display(description="Outcome", ordering="status")
    def outcome(self, check: ConnectionCheck) -> Badge:
        return CheckView(check).badge

    @display(description="Reason")
    def reason(self, check: ConnectionCheck) -> str:
        return CheckView(check).why

    @display(description="When", ordering="queued_at")
    def when(self, check: ConnectionCheck) -> SafeString:
        return CheckView(check).when

    @display(description="Took")
    def took(self, check: ConnectionCheck) -> str:
        return CheckView(check).took

    def scope(self, thing: ConnectionCheck) -> Scope:
        return thing.destination.tenant_id, thing.destination.environment_id

    def get_queryset(self, request: HttpRequest) -> "QuerySet[ConnectionCheck]":
        return recent(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_delete_permission = has_change_permission

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        check = self.get_object(request, object_id)
        if check is None:
            raise Http404("There is no such connection check, or not for you.")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Connection check of {check.destination.name}",
            "view": CheckView(check),
            "destination": check.destination,
        }
        return TemplateResponse(request, "admin/destinations/connectioncheck/detail.html", context)


def recent(request: HttpRequest) -> "QuerySet[ConnectionCheck]":
    """The checks a person may see with their destinations, newest first, without ciphertext."""
    rows = ConnectionCheck.objects.visible_to(principal_of(request)).select_related("destination")
    return rows.defer(*(f"destination__{column}" for column in CIPHERTEXT))
