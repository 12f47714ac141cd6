"""What browsers are told with each answer."""

import re
from pathlib import Path

import pytest
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from config.paths import BASE_DIR
from tests.admin.conftest import PASSWORD
from tests.test_faces import ADDRESSES
from tests.test_settings import KEYS, manage

pytestmark = pytest.mark.django_db
OPEN = ["/", "/outpost/portal", "/stitch/session", "/nowhere", "/admin/login/", "/api/v1/docs", *ADDRESSES.values()]
SOURCES = {NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE, "data:"}


def policy(answer) -> dict[str, list[str]]:
    directives = [directive.split() for directive in answer["Content-Security-Policy"].split(";")]
    return {name: sources for name, *sources in directives}


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("admin"))
    return client


@pytest.mark.parametrize("path", OPEN)
def test_no_answer_lets_a_browser_load_from_elsewhere_be_framed_or_guess(path):
    answer = Client(raise_request_exception=False).get(path)
    rules = policy(answer)
    assert {source for sources in rules.values() for source in sources} <= SOURCES
    assert rules["default-src"] == rules["base-uri"] == rules["frame-ancestors"] == [NONE]
    assert rules["form-action"] == [SELF]
    assert UNSAFE_INLINE not in rules.get("script-src", ())
    assert (answer["X-Content-Type-Options"], answer["X-Frame-Options"]) == ("nosniff", "DENY")
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] in ("same-origin", "unsafe-none")


def test_only_the_theme_of_the_admin_may_compile_scripts(admin):
    assert UNSAFE_EVAL in policy(admin.get("/admin/"))["script-src"]
    for path in OPEN:
        if not path.startswith("/admin/"):
            assert UNSAFE_EVAL not in policy(Client().get(path)).get("script-src", ()), path


def test_outside_admin_and_docs_no_script_runs_at_all():
    for path in OPEN:
        if not path.startswith(("/admin/", "/api/v1/docs")):
            assert "script-src" not in policy(Client().get(path)), path


@pytest.mark.parametrize("name", ["index", "destinations_destination_changelist", "tenants_apikey_changelist"])
def test_pages_for_one_person_are_not_kept_in_caches(admin, name):
    assert "no-store" in admin.get(reverse(f"admin:{name}"))["Cache-Control"]


def test_pages_of_ours_hold_no_inline_script_and_no_handler_in_an_attribute():
    for template in (BASE_DIR / "templates").rglob("*.html"):
        text = template.read_text()
        assert not re.search(r"<script(?![^>]*\ssrc=)|\son[a-z]+=|javascript:", text), template


def test_scripts_cannot_read_the_cookies():
    User.objects.create_superuser("admin", password=PASSWORD)
    cookies = Client().post("/admin/login/", {"username": "admin", "password": PASSWORD}).cookies
    assert cookies[settings.CSRF_COOKIE_NAME]["httponly"]
    session = cookies[settings.SESSION_COOKIE_NAME]
    assert (session["httponly"], session["samesite"]) == (True, "Lax")
    assert session["max-age"] == settings.SESSION_HOURS * 3600


def test_with_https_cookies_belong_to_this_host_alone_and_hsts_is_on(tmp_path: Path):
    script = (
        "from django.conf import settings as s; print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, "
        "s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS)"
    )
    told = manage(tmp_path, "shell", "--no-imports", "-c", script, **KEYS, LANDFALL_HTTPS="on")
    assert told.stdout.split() == ["__Host-landfall_session", "__Host-landfall_csrf", "True", "True", "31536000"]
