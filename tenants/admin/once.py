"""Pages on which something is made whose secret is shown once."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

Secrets = list[tuple[str, str]]


class ShownOnce:
    """`save_model` calls `keep`, and the answer to the POST itself shows it: a redirect would have to store it.

    `explanation` says what the secrets are for.
    """

    explanation: str

    def keep(self, request: HttpRequest, title: str, secrets: Secrets) -> None:
        request._shown_once = (title, secrets)  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return self.shown_once(request, *request._shown_once)  # type: ignore[attr-defined]

    def shown_once(self, request: HttpRequest, title: str, secrets: Secrets) -> HttpResponse:
        page: Any = self
        context = {
            **page.admin_site.each_context(request),
            "opts": page.opts,
            "title": title,
            "explanation": self.explanation,
            "secrets": secrets,
            "next": reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist"),
        }
        return TemplateResponse(request, "landfall/shown_once.html", context)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """One way to save, since the page that follows is the one with the secret."""
        only_save = {"show_save_and_continue": False, "show_save_and_add_another": False}
        context = {**(extra_context or {}), **only_save}
        response: HttpResponse = super().add_view(request, form_url, context)  # type: ignore[misc]
        return response
