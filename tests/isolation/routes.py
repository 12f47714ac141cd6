"""Every address of the product, from the URL resolver itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.regex_helper import normalize

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Route:
    """`template` is the path with its parameters in angle brackets, `views` is what answers there."""

    template: str
    methods: tuple[str, ...]
    views: frozenset[int] = frozenset()

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"<(\w+)>", self.template)

    def filled(self, values: dict[str, str]) -> str:
        return re.sub(r"<(\w+)>", lambda match: values[match[1]], self.template)

    def __str__(self) -> str:
        return self.template


def every_route() -> list[Route]:
    """Each address once: two patterns that differ in a final slash are one to a client, and here too."""
    found: dict[str, set[str]] = {}
    views: dict[str, set[int]] = {}
    for template, callback in _leaves(get_resolver().url_patterns, "/"):
        found.setdefault(template, set()).update(_methods(callback))
        views.setdefault(template, set()).add(id(callback))
    return [
        Route(template, tuple(name for name in METHODS if name in names), frozenset(views[template]))
        for template, names in found.items()
    ]


def one_of_each_view(routes: list[Route]) -> list[Route]:
    """Without the addresses that the same views have besides, such as an older base of the same API."""
    known: set[int] = set()
    kept = []
    for route in routes:
        if not route.views <= known:
            kept.append(route)
            known |= route.views
    return kept


def _leaves(patterns: list[Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        path = prefix + _template(pattern)
        if isinstance(pattern, URLResolver):
            yield from _leaves(pattern.url_patterns, path)
        else:
            yield path, pattern.callback


def _template(pattern: URLPattern | URLResolver) -> str:
    (template, _), *_ = normalize(pattern.pattern.regex.pattern)
    return re.sub(r"%\((\w+)\)s", r"<\1>", template)


def _methods(callback: Any) -> set[str]:
    if actions := getattr(callback, "actions", None):
        return set(actions) & set(METHODS)
    if view := getattr(callback, "view_class", None) or getattr(callback, "cls", None):
        return {name for name in METHODS if hasattr(view, name)}
    return {"get", "post"}  # a function of the admin
