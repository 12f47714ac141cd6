"""How entries of the audit trail read, and the history of one thing."""

from dataclasses import dataclass
from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from tenants.models import Role
from tenants.permissions import sees_addresses
from tenants.principals import of_user
from tenants.trail import AuditEvent, Subject
from tenants.wording import DONE, KINDS

PAGE = 50

FACES = {"api": "API", "admin": "Admin", "command": "Command", "system": "Landfall itself"}


@dataclass(frozen=True, slots=True)
class EventView:
    """One entry in a reader's words; `located` says whether he may know addresses."""

    event: AuditEvent
    located: bool

    @property
    def done(self) -> str:
        word = self.event.action.rpartition(".")[2]
        return DONE.get(word, word.replace("_", " ").capitalize())

    @property
    def kind(self) -> str:
        kind = self.event.subject_kind
        return KINDS.get(kind, kind.replace("_", " ").capitalize())

    @property
    def fields(self) -> str:
        return ", ".join(change["field"] for change in self.event.changes)

    @property
    def who(self) -> str:
        if self.event.user_name:
            return self.event.user_name
        if self.event.key_id:
            return "A program"
        return "Landfall" if self.event.face == "system" else "Somebody"

    @property
    def key(self) -> str:
        return f"Key {self.event.key_name}" if self.event.key_id else ""

    @property
    def face(self) -> str:
        return FACES.get(self.event.face, self.event.face.capitalize())

    @property
    def address(self) -> str:
        return self.event.address if self.located else ""


class Traced:
    """Pages whose changes are in the audit trail, and whose history is read from there: Django's own log would know
    only what was done here."""

    def log_addition(self, *_: Any) -> None: ...

    def log_change(self, *_: Any) -> None: ...

    def log_deletions(self, *_: Any) -> None: ...

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        page: Any = self
        thing = page.get_object(request, unquote(object_id))
        if thing is None:
            raise Http404("There is no such thing, or not for you.")
        if not page.has_view_or_change_permission(request, thing):
            raise PermissionDenied
        entries = Paginator(AuditEvent.objects.about(thing), PAGE).get_page(request.GET.get("p"))
        caller, tenant = of_user(request.user), Subject.of(thing).tenant  # type: ignore[arg-type]
        located = sees_addresses(caller, tenant) if tenant else caller.may_everywhere(Role.ADMIN)
        context = {
            **page.admin_site.each_context(request),
            "opts": page.opts,
            "object": thing,
            "title": f"History of {thing}",
            "entries": [EventView(event, located) for event in entries],
            "page": entries,
        }
        return TemplateResponse(request, "admin/object_history.html", context)
