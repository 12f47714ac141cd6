"""Every route there is, from the URL resolver, so that none can be forgotten."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLResolver, get_resolver
from django.utils.regex_helper import normalize

#: What people open in a browser, though it lies below an API, and what can only be read.
PAGES = ("/api/v1/docs", "/api/v1/openapi.json", "/outpost/portal", "/stitch/session", "/stitch/oauth/authorization")


@dataclass(frozen=True)
class Route:
    """`template` names its parameters as `%(name)s`; no `methods` are those of a page."""

    template: str
    parameters: tuple[str, ...]
    methods: tuple[str, ...]
    is_nowhere: bool = False

    @property
    def is_page(self) -> bool:
        return self.template.startswith(PAGES)


def below(prefix: str) -> list[Route]:
    return [route for route in _walk(get_resolver()) if route.template.startswith(prefix)]


def _walk(resolver: Any, prefix: str = "/") -> Iterator[Route]:
    for entry in resolver.url_patterns:
        template, parameters = normalize(entry.pattern.regex.pattern)[0]
        if isinstance(entry, URLResolver):
            yield from _walk(entry, prefix + template)
        else:
            # Once it has been asked, a view of DRF answers HEAD as well.
            methods = [name for name in getattr(entry.callback, "actions", None) or ("get", "post") if name != "head"]
            actions = getattr(entry.callback, "actions", None) or {}
            nowhere = "nowhere" in actions.values() or not str(entry.pattern)
            yield Route(prefix + template, tuple(parameters), tuple(name.upper() for name in methods), nowhere)
