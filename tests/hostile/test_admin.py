"""Every page of the admin, and the form on it, asked for what is almost right. Here people read HTML."""

from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote_plus, urlencode

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from connectors import strategies
from tests.connectors.examples import EXAMPLES, Example
from tests.hostile import oddities as odd
from tests.hostile.asking import Request, failures, state, told, undone, written
from tests.hostile.effort import asking
from tests.hostile.routes import Route, below
from tests.hostile.world import TENANT, World

TOKEN = "a" * 32
ROUTES = [*below("/admin/"), *(route for face in ("/outpost/", "/stitch/") for route in below(face) if route.is_page)]
LISTS = [route for route in ROUTES if not route.parameters and route.template.count("/") == 4]
#: Where something is entered.
FORMS = [route for route in ROUTES if route.template.endswith(("/add/", "/change/", "/try/"))]
TEXTS = [unquote_plus(text, errors="surrogateescape") for text in odd.TEXTS]
TEXTS += [value for value in odd.VALUES if type(value) is str]


@dataclass
class Form(HTMLParser):
    """The fields of a page, as a browser would send them."""

    fields: dict[str, str] = field(default_factory=dict)
    select: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in given}
        name = values.get("name", "")
        if tag == "select":
            self.select = name
        elif tag == "option" and (self.select not in self.fields or "selected" in values):
            self.fields[self.select] = values.get("value", "")
        elif tag in ("input", "textarea") and name:
            self.fields[name] = values.get("value", "")


class Browser:
    """A superuser's, signed in."""

    def __init__(self, world: World) -> None:
        self.world = world
        client = Client()
        client.force_login(User.objects.get(username="pat"))
        session = client.cookies["landfall_session"].value
        self.headers = {"Cookie": f"landfall_session={session}; landfall_csrf={TOKEN}"}
        self.form = cache(self._form)

    def path(self, route: Route) -> dict[str, str]:
        """What stands for the parameters: a row of the kind that the page is about."""
        parts = route.template.split("/")
        try:
            row = apps.get_model(parts[2], parts[3])._default_manager.order_by("pk").first()
        except (LookupError, ValueError, IndexError):
            row = None
        there = {"app_label": "destinations", "url": "x", "content_type_id": "1", "verb": "check", "type": "webhook"}
        return {name: there.get(name) or str(row.pk if row else 1) for name in route.parameters}

    def _form(self, path: str, query: str) -> dict[str, str]:
        page = Form()
        with undone():
            page.feed(Request("GET", path, query, headers=self.headers).send().content.decode(errors="replace"))
        return page.fields | {"csrfmiddlewaretoken": TOKEN}

    def complaint(self, request: Request) -> str:
        """What is wrong with the answer."""
        with undone(), failures() as seen, written() as statements:
            answer = request.send()
            changed = answer.status >= 400 and any("django_session" not in one for one in statements)
            if answer.status >= 500 or (changed and state() != self.world.state):
                return told(request, answer, seen)
        return ""


@pytest.fixture
def browser(world) -> Browser:
    return Browser(world)


def filled(example: Example) -> dict[str, str]:
    sections = {"config": example.config, "credentials": example.credentials}
    return {f"{part}.{name}": str(value) for part, values in sections.items() for name, value in values.items()}


def encoded(fields: dict[str, str]) -> bytes:
    return urlencode({name: text.encode(errors="surrogatepass") for name, text in fields.items()}).encode()


@st.composite
def visits(draw: st.DrawFn, browser: Browser) -> Request:
    """A page asked for, with something odd in its address."""
    route = draw(st.sampled_from(ROUTES) | st.sampled_from(LISTS))
    values: dict[str, Any] = browser.path(route)
    if values and draw(st.booleans()):
        values[draw(st.sampled_from(sorted(values)))] = draw(st.sampled_from(odd.SEGMENTS))
    query = draw(st.just("") | odd.queries())
    return Request("GET", route.template % values, query, headers=browser.headers)


@st.composite
def entries(draw: st.DrawFn, browser: Browser) -> Request:
    """A form sent with one to three odd fields, or one too many, or without one."""
    route = draw(st.sampled_from(ROUTES) | st.sampled_from(FORMS))
    type_, strategy = draw(st.sampled_from(sorted(EXAMPLES))), draw(st.sampled_from(strategies.names()))
    query = urlencode({"type": type_, "strategy": strategy} if "/add/" in route.template else {})
    path = route.template % browser.path(route)
    fields = browser.form(path.removesuffix("try/"), query) | {"tenant": TENANT, "name": "New"}
    if "/destination/add/" in path:
        fields |= filled(EXAMPLES[type_])
    for _ in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from([*sorted(fields), "action", "_selected_action", "_save", "_continue", "next", "x"]))
        if name != "csrfmiddlewaretoken":
            fields[name] = draw(st.sampled_from(TEXTS) | st.text(max_size=20))
    if draw(st.integers(0, 9)) == 0:
        fields.pop(draw(st.sampled_from(sorted(fields))))
    body, kind = encoded(fields), "application/x-www-form-urlencoded"
    if draw(st.integers(0, 9)) == 0:
        body = draw(st.sampled_from(odd.BODIES) | st.binary(max_size=99))
        kind = draw(st.sampled_from(odd.TYPES))
    return Request("POST", path, query, body, kind, browser.headers)


def test_no_address_of_a_page_is_an_accident(browser):
    @asking(4)
    @given(visits(browser))
    def check(request: Request) -> None:
        if found := browser.complaint(request):
            pytest.fail(found, pytrace=False)

    check()


def test_no_parameter_reaches_the_database_as_what_it_cannot_hold(browser):
    """PostgreSQL holds no U+0000."""
    found = []
    for route in ROUTES:
        values = browser.path(route)
        asked = [Request("GET", route.template % {**values, name: "a\0b"}, headers=browser.headers) for name in values]
        path = route.template % values
        parameters = odd.NAMES if route in LISTS else ["q", "type"]
        asked += [Request("GET", path, f"{name}=a%00b", headers=browser.headers) for name in parameters]
        found += [browser.complaint(request) for request in asked]
    assert not any(found), "\n".join(filter(None, found))


#: Pages that were once answered with 500: the widget that completes what is entered looks for it as it is.
MENDED = [
    ("/admin/tenants/membership/add/", {"tenant": TENANT, "environment": "none"}),
    ("/admin/tenants/membership/add/", {"tenant": "a\0b", "environment": "a\0b"}),
    ("/admin/tenants/apikey/add/", {"tenant": "a\0b"}),
    ("/admin/auth/user/1/change/", {"memberships-TOTAL_FORMS": "1", "memberships-0-environment": "none"}),
    ("/admin/auth/user/1/change/", {"memberships-TOTAL_FORMS": "1", "memberships-0-tenant": "a\0b"}),
]


@pytest.mark.parametrize(("path", "odd_fields"), MENDED)
def test_what_was_once_an_accident(browser, path, odd_fields):
    body = encoded(browser.form(path, "") | odd_fields)
    request = Request("POST", path, "", body, "application/x-www-form-urlencoded", browser.headers)
    assert browser.complaint(request) == ""


@pytest.mark.parametrize("selected", ["none", "a\0b", "-1", "9" * 400, "1.5", "\ud800"])
def test_no_selection_is_an_accident(browser, selected):
    found = []
    for model, page in admin.site._registry.items():
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        actions = [one if isinstance(one, str) else one.__name__ for one in page.actions or ()]
        for name in ("delete_selected", *actions):
            body = encoded({"action": name, "_selected_action": selected, "csrfmiddlewaretoken": TOKEN})
            request = Request("POST", path, "", body, "application/x-www-form-urlencoded", browser.headers)
            found.append(browser.complaint(request))
    assert not any(found), "\n".join(filter(None, found))


def test_no_form_is_an_accident(browser):
    @asking(4)
    @given(entries(browser))
    def check(request: Request) -> None:
        if found := browser.complaint(request):
            pytest.fail(found, pytrace=False)

    check()
