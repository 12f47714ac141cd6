"""The main flows in a real Chromium, as a person goes through them."""

import os
import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request, expect, sync_playwright

from connectors import registry
from destinations import checking, services
from destinations.dialects.outpost import tokens
from destinations.drafts import Draft
from destinations.models import Destination
from tenants import partners
from tests.admin.conftest import PASSWORD
from tests.admin.pages import ADD, LIST, change, overview
from tests.factories import SECRET, make_destination, make_environment, make_tenant
from tests.servers.process import require

pytestmark = pytest.mark.django_db(transaction=True)

QUIET = "--disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update"
ARGUMENTS = [*QUIET.split(), "--disable-sync", "--no-sandbox"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = require("chromium", "/usr/bin")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright's own loop runs in this thread, in which Django would otherwise refuse every query.
        patch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        with playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS) as browser:
            yield browser


class Complaints(list[str]):
    """Errors of scripts, and requests to anywhere but `home`."""

    def __init__(self, home: str) -> None:
        super().__init__()
        self.home = home

    def hear(self, message: ConsoleMessage) -> None:
        # Chromium itself writes a line for every refusal; the pages show theirs in words.
        if message.type in ("error", "warning") and "the server responded with a status of 409" not in message.text:
            self.append(message.text)

    def fail(self, error: Error) -> None:
        self.append(str(error))

    def ask(self, request: Request) -> None:
        if not request.url.startswith((self.home, "data:", "blob:")):
            self.append(request.url)


@pytest.fixture
def page(browser, live_server) -> Iterator[Page]:
    """A page that complains of nothing and asks no other host for anything; at the end that is asserted."""
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page, complaints = context.new_page(), Complaints(live_server.url)
    page.on("console", complaints.hear)
    page.on("pageerror", complaints.fail)
    page.on("request", complaints.ask)
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def signed_in(page, browser) -> Page:
    User.objects.create_superuser("admin", password=PASSWORD)
    page.goto("/admin/login/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()
    return page


@pytest.fixture
def hook(tenant, https_server, authority):
    config = {"url": https_server.url(), "ca_certificate": authority.pem}
    return make_destination(tenant, name="Shop events", config=config)


def panel(page: Page):
    return page.locator("[data-lf-part=panel]")


def test_a_destination_is_added_checked_broken_and_found_out(signed_in, tenant, https_server, authority):
    page = signed_in
    page.get_by_role("link", name="Add destination").first.click()
    page.get_by_role("link", name="Webhook").click()
    page.get_by_label("Name optional").fill("Shop events")
    page.get_by_label("URL").fill(https_server.url())
    page.get_by_label("CA certificate").fill(authority.pem)
    page.get_by_role("button", name="Save and check now").click()

    secret = Destination.objects.get().credentials["secret"]
    expect(page.get_by_label("Signing secret")).to_have_value(secret)
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    page.get_by_role("link", name="I have stored it").click()

    expect(panel(page)).to_contain_text("Waiting for a worker…")
    expect(page.get_by_role("button", name="Checking…")).to_be_disabled()
    checking.sweep()
    expect(panel(page)).to_contain_text("Passed")
    expect(panel(page).locator("[data-step=passed]")).to_have_count(4)
    expect(page.locator("[data-lf-part=health]")).to_contain_text("Healthy")

    page.get_by_role("link", name="Edit").click()
    page.get_by_label("URL").fill(https_server.url("/status/401"))
    page.get_by_role("button", name="Save and check now").click()
    expect(panel(page)).to_contain_text("Waiting for a worker…")
    checking.sweep()
    expect(panel(page)).to_contain_text("The endpoint does not accept the credentials (status 401).")
    expect(panel(page)).to_contain_text("What to do:")
    expect(panel(page).locator("[data-step=failed]")).to_contain_text("Send a test request")
    expect(page.locator("[data-lf-part=health]")).to_contain_text("Failing")
    assert secret not in page.content()


def test_check_now_works_from_the_keyboard_and_is_announced(signed_in, hook):
    page = signed_in
    page.goto(overview(hook))
    button = page.get_by_role("button", name="Check now")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Checking…")).to_be_disabled()
    expect(page.get_by_role("status")).to_have_text("Waiting…")
    checking.sweep()
    expect(page.get_by_role("status")).to_have_text("Passed. Webhook accepted every step.")
    expect(button).to_be_enabled()
    history = page.locator("[data-lf-part=history] details")
    expect(history).to_have_count(1)
    history.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(history.get_by_text("Send a test request")).to_be_visible()


def test_why_a_check_cannot_start_is_shown_in_place(signed_in, hook):
    page = signed_in
    page.goto(overview(hook))
    services.archive(hook)
    with page.expect_response(lambda response: response.status == 409):
        page.get_by_role("button", name="Check now").click()
    expect(page.get_by_role("alert")).to_have_text("The destination is archived. Restore it first.")
    expect(page.get_by_role("button", name="Check now")).to_be_enabled()


def test_whoever_was_signed_out_meanwhile_is_told_so(signed_in, hook):
    page = signed_in
    page.goto(overview(hook))
    page.context.clear_cookies(name="landfall_session")
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_role("alert")).to_have_text("You are signed out. Reload the page to sign in.")


def test_what_the_form_holds_is_checked_without_saving(signed_in, hook, https_server):
    page = signed_in
    page.goto(change(hook))
    page.get_by_label("URL").fill(https_server.url("/status/503"))
    page.get_by_role("button", name="Check without saving").click()
    expect(page.locator("[data-lf-tried]")).to_contain_text("The endpoint failed (status 503).")
    expect(page.locator("[data-lf-tried]")).to_contain_text("Nothing was saved.")
    assert Destination.objects.get().config["url"] == hook.config["url"]


def test_rows_of_headers_are_added_and_taken_away(signed_in, tenant):
    page = signed_in
    destination = make_destination(tenant, credentials={"secret": SECRET, "headers": {"X-Old": "1", "X-Kept": "2"}})
    page.goto(change(destination))
    group = page.locator("[data-lf-field='credentials.headers']")
    group.get_by_role("button", name="Remove this row").first.click()
    group.get_by_role("button", name="Add another").click()
    page.keyboard.type("X-New")
    page.keyboard.press("Tab")
    page.keyboard.type("3")
    page.get_by_role("button", name="Save only").click()
    expect(page.get_by_text("was saved.")).to_be_visible()
    assert Destination.objects.get().credentials["headers"] == {"X-Kept": "2", "X-New": "3"}


def test_the_environments_on_offer_follow_the_tenant(signed_in, tenant):
    page = signed_in
    make_environment(make_tenant("globex", "Globex"), name="Blue")
    make_environment(tenant, name="Green")
    page.goto(f"{ADD}?type=webhook")
    page.locator("#id_tenant + .select2").click()
    page.get_by_role("option", name="Globex").click()
    expect(page.locator("#id_environment option")).to_have_text(["No environment", "Blue (Production)"])


def test_problems_are_beside_their_fields_and_linked_from_the_top(signed_in, tenant):
    page = signed_in
    page.goto(f"{ADD}?type=webhook")
    page.get_by_label("URL").fill("nowhere")
    page.get_by_role("button", name="Save only").click()
    expect(page.get_by_role("alert")).to_contain_text("one thing is not right")
    page.get_by_role("alert").get_by_role("link", name="URL").click()
    assert page.evaluate("location.hash") == "#id_config.url"
    expect(page.locator("[data-lf-field='config.url'] .lf-errors")).to_contain_text("absolute URL")


def test_a_conflict_is_told_and_can_be_decided(signed_in, hook):
    page = signed_in
    page.goto(change(hook))
    services.update(hook, Draft(description="Theirs"))
    page.get_by_label("Description").fill("Mine")
    page.get_by_role("button", name="Save only").click()
    expect(page.get_by_role("alert")).to_contain_text("Someone else saved this destination")
    page.get_by_role("button", name="Save mine over theirs").click()
    expect(page.get_by_text("was saved.")).to_be_visible()
    assert Destination.objects.get().description == "Mine"


def test_the_list_shows_the_end_of_a_check_by_itself(signed_in, hook):
    page = signed_in
    page.goto(LIST)
    page.get_by_label("Select record").check()
    page.get_by_label("Select action to run").select_option("check_selected")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("Checks asked for: 1.")).to_be_visible()
    expect(page.locator(".field-last_check")).to_contain_text("Checking")
    checking.sweep()
    expect(page.locator(".field-last_check")).to_contain_text("Passed")
    expect(page.locator(".field-health")).to_contain_text("Healthy")


def test_no_form_is_wider_than_a_telephone(signed_in, tenant):
    page = signed_in
    page.set_viewport_size({"width": 390, "height": 844})
    for type_ in registry.names():
        page.goto(f"{ADD}?type={type_}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, type_


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_a_telephone(signed_in, hook, scheme):
    page = signed_in
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("/admin/", LIST, ADD, f"{ADD}?type=webhook", overview(hook), change(hook)):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        assert page.evaluate("document.documentElement.classList.contains('dark')") == (scheme == "dark")


def test_a_guest_enters_by_a_link_and_rotates_a_secret(page):
    tenant = make_tenant("acme", "Acme Logistics")
    made = make_destination(tenant, name="Shop events")
    page.goto(f"/outpost/portal?token={tokens.issue(tenant)}")
    page.get_by_role("button", name="Go to the destinations").click()
    expect(page).to_have_url(re.compile(f"{LIST}$"))
    page.get_by_role("link", name="Shop events").first.click()
    page.get_by_role("button", name="Rotate").click()
    shown = page.get_by_label("Signing secret").input_value()
    page.get_by_role("link", name="I have stored it").click()
    expect(page.get_by_role("heading", name="Shop events").first).to_be_visible()
    stored = Destination.objects.get(pk=made.pk).credentials
    assert (stored["secret"], stored["previous_secret"]) == (shown, SECRET)
    assert shown not in page.content()


def test_the_readable_api_works_without_any_other_host(page):
    page.goto("/api/v1/docs")
    expect(page.get_by_role("heading", name="Landfall")).to_be_visible()
    page.locator(".opblock-summary-get").first.click()
    expect(page.get_by_text("Parameters").first).to_be_visible()


def test_an_admin_lets_a_partner_in_from_the_link_to_the_way_back(browser, live_server, http_server):
    """The partner's site is another one than this, as it always is."""
    User.objects.create_superuser("admin", password=PASSWORD)
    make_tenant("acme", "Acme Logistics")
    back = http_server.url("/status/200")
    partner, _ = partners.register(name="Dashboards & Co", redirect_uris=[back])
    context = browser.new_context(base_url=live_server.url)
    page = context.new_page()
    link = f"/stitch/oauth/authorization?client_id={partner.pk}&state=s"
    for button, query in (("Don't allow", r"error=access_denied&state=s"), ("Allow", r"code=[\w-]{43}&state=s")):
        page.goto(link)
        if button == "Don't allow":
            page.get_by_label("Username").fill("admin")
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("heading", name="Let Dashboards & Co in?")).to_be_visible()
        page.get_by_role("button", name=button, exact=True).click()
        expect(page).to_have_url(re.compile(rf"{re.escape(back)}\?{query}$"))
    context.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_who_changed_what_can_be_read_at_any_width(signed_in, hook, width):
    services.update(hook, Draft(name="Shop events, new", credentials={"secret": SECRET}))
    signed_in.set_viewport_size({"width": width, "height": 900})
    signed_in.goto(overview(hook))
    signed_in.get_by_role("link", name="Who changed it, and when").click()
    newest = signed_in.locator("details.lf-change").first
    newest.locator("summary").click()
    expect(newest.get_by_role("cell", name="Shop events, new")).to_be_visible()
    fits = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert signed_in.evaluate(fits)
    signed_in.goto("/admin/tenants/auditevent/")
    signed_in.get_by_role("link", name="Changed").first.click()
    expect(signed_in.get_by_text("destination.update")).to_be_visible()
    assert signed_in.evaluate(fits)
