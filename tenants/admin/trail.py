"""The audit trail as a list, and one entry of it."""

from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter, RadioFilter
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from tenants.admin.access import ScopedAdmin, administered, principal_of, within
from tenants.admin.history import PAGE, EventView
from tenants.models import Role, Tenant
from tenants.permissions import auditable
from tenants.trail import AuditEvent
from tenants.wording import KINDS

MOST = 100  # names in a drop-down; who has more, searches


class KindFilter(DropdownFilter):  # type: ignore[misc]
    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return sorted(KINDS.items(), key=lambda item: item[1].lower())

    def queryset(self, request: HttpRequest, rows: "QuerySet[AuditEvent]") -> "QuerySet[AuditEvent]":
        return rows.filter(subject_kind=kind) if (kind := self.value()) else rows


class TenantFilter(DropdownFilter):  # type: ignore[misc]
    title = "tenant"
    parameter_name = "tenant"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        known = within(Tenant.objects.all(), "pk", administered(request))
        return [(tenant.pk, tenant.name) for tenant in known[:MOST]]

    def queryset(self, request: HttpRequest, rows: "QuerySet[AuditEvent]") -> "QuerySet[AuditEvent]":
        return rows.filter(tenant=tenant) if (tenant := self.value()) else rows


class SecurityFilter(RadioFilter):  # type: ignore[misc]
    title = "what"
    parameter_name = "what"
    all_option = ("", "Everything")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("security", "Who may do what, and where secrets went")]

    def queryset(self, request: HttpRequest, rows: "QuerySet[AuditEvent]") -> "QuerySet[AuditEvent]":
        return rows.filter(security=True) if self.value() == "security" else rows


class TimeFilter(RadioFilter):  # type: ignore[misc]
    title = "when"
    parameter_name = "when"
    all_option = ("", "At any time")
    spans: ClassVar = {"1": "The last day", "7": "The last week", "30": "The last 30 days"}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(self.spans.items())

    def queryset(self, request: HttpRequest, rows: "QuerySet[AuditEvent]") -> "QuerySet[AuditEvent]":
        days = self.value()
        return rows.filter(at__gte=timezone.now() - timedelta(days=int(days))) if days in self.spans else rows


@admin.register(AuditEvent)
class AuditEventAdmin(ScopedAdmin):
    """What happened, for the admins of whom it happened to; nobody edits it."""

    read = write = Role.ADMIN
    list_display = ("what", "about", "who", "whence", "moment")
    list_display_links = None
    list_filter = (KindFilter, SecurityFilter, TimeFilter, TenantFilter)
    search_fields = ("subject_label", "subject_id", "user_name", "key_name", "face", "address", "request_id")
    search_help_text = "Search by name, user, key, address or request"
    list_per_page = PAGE
    actions = None
    # There may be millions: pages without a count.
    paginator = InfinitePaginator

    def scope(self, thing: AuditEvent) -> tuple[str | None, None]:
        return thing.tenant or None, None

    def get_queryset(self, request: HttpRequest) -> "QuerySet[AuditEvent]":
        return auditable(principal_of(request))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return administered(request) != frozenset()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)  # whose entries is for `get_queryset` to say

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_delete_permission = has_change_permission

    @display(description="What")
    def what(self, event: AuditEvent) -> SafeString:
        view = EventView(event, located=True)
        url = reverse("admin:tenants_auditevent_change", args=(event.pk,))
        return _two(format_html('<a href="{}">{}</a>', url, view.done), view.fields)

    @display(description="Of")
    def about(self, event: AuditEvent) -> SafeString:
        of = f"of {event.tenant}" if event.tenant not in ("", event.subject_id) else event.tenant
        return _two(event.subject_label, f"{EventView(event, located=True).kind} {of}")

    @display(description="By")
    def who(self, event: AuditEvent) -> SafeString:
        view = EventView(event, located=True)
        return _two(view.who, view.key)

    @display(description="From")
    def whence(self, event: AuditEvent) -> SafeString:
        view = EventView(event, located=True)
        return _two(view.face, view.address)

    @display(description="When", ordering="at")
    def moment(self, event: AuditEvent) -> SafeString:
        return _two(f"{event.at:%Y-%m-%d}", f"{event.at:%H:%M:%S} UTC")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        event = self.get_object(request, unquote(object_id))
        if event is None:
            raise Http404("There is no such entry, or not for you.")
        view = EventView(event, located=True)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{view.done}: {event.subject_label}",
            "view": view,
        }
        return TemplateResponse(request, "admin/tenants/auditevent/detail.html", context)


def _two(first: str, second: str) -> SafeString:
    return format_html('<span class="lf-two"><span>{}</span><small>{}</small></span>', first, second)
