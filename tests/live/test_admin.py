"""Every type is added, checked, broken and repaired through its form, which is filled in as a browser does."""

from html import unescape

import pytest
from django.contrib.auth.models import User
from django.test import Client

from destinations import checking
from destinations.models import ConnectionCheck, Destination
from tenants.models import Membership, Role
from tests.admin.pages import ADD, change, overview
from tests.live.pages import Form, send
from tests.live.secrets import assert_untold

FORM = "destination_form"


@pytest.fixture
def editor(tenant) -> Client:
    """Signed in, with the cookies and the tokens of a browser."""
    user = User.objects.create_user("ed", is_staff=True)
    Membership.objects.create(user=user, tenant=tenant, role=Role.EDITOR)
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    return client


@pytest.fixture
def see(editor, connector, live):
    """Open a page, which holds none of the secrets."""

    def see(url):
        page = editor.get(url).content.decode()
        assert_untold(connector, live.credentials, page)
        assert_untold(connector, live.credentials, unescape(page))
        return page

    return see


@pytest.fixture
def form(see):
    return lambda url: Form(see(url), FORM)


@pytest.fixture
def added(editor, connector, live, form) -> Destination:
    """The destination that the filled-in form makes."""
    url = f"{ADD}?type={connector.type}"
    filled = form(url)
    filled.box("name").type("The one")
    fill(filled, live.config, live.credentials)
    saved = send(editor, url, filled.sent("_save"))
    assert saved.status_code == 302, saved.context["form"].errors
    return Destination.objects.get()


def fill(form, config, credentials):
    form.fill("config", config)
    form.fill("credentials", credentials)


def tried(editor, form) -> str:
    """What “Check without saving” shows."""
    answer = send(editor, form.try_url, form.sent())
    assert answer.status_code == 200
    return answer.json()["html"]


def save_and_check(editor, destination, form) -> ConnectionCheck:
    saved = send(editor, change(destination), form.sent("_check"))
    assert saved.status_code == 302, saved.context["form"].errors
    checking.sweep()
    return destination.checks.latest("queued_at")


def test_what_the_form_holds_passes_before_it_is_saved(editor, connector, live, form):
    filled = form(f"{ADD}?type={connector.type}")
    fill(filled, live.config, live.credentials)
    said = tried(editor, filled)
    assert f"{connector.label} accepted every step." in said
    assert "Nothing was saved." in said
    assert_untold(connector, live.credentials, said)
    assert not Destination.objects.exists()


def test_what_is_saved_is_what_the_api_would_save(added, connector, live):
    assert (added.config, added.credentials) == connector.clean(live.config, live.credentials)


def test_what_is_saved_as_it_is_shown_changes_nothing(editor, added, connector, live, form):
    check = save_and_check(editor, added, form(change(added)))
    assert check.status == "passed", check.message
    again = Destination.objects.get()
    assert (again.config, again.credentials) == (added.config, added.credentials)


def test_what_breaks_it_is_told_and_can_be_repaired(editor, added, live, form, see):
    for broken in live.mistakes:
        shown = form(change(added))
        fill(shown, broken.config, broken.credentials)
        said = tried(editor, shown)
        check = save_and_check(editor, added, shown)
        assert (check.status, check.code) == ("failed", broken.code), check.message
        for page in map(unescape, (said, see(overview(added)))):
            assert check.message in page
            assert check.remedy in page
            assert f"<code>{broken.code}</code>" in page
        repair(editor, added, form(change(added)), live, broken)
    assert f"{added.connector.label} accepted every step." in see(overview(added))
    again = Destination.objects.get()
    assert (again.config, again.credentials) == (added.config, added.credentials)


def repair(editor, destination, form, live, broken):
    """Only what was broken is typed again: all else, and every other secret, is left as the page shows it."""
    config = {name: live.config.get(name) for name in broken.config}
    fill(form, config, {name: live.credentials.get(name) for name in broken.credentials})
    assert save_and_check(editor, destination, form).status == "passed"
