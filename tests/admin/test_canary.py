"""Secrets are in no page, no message, no history and no log, whatever is opened or goes wrong."""

import logging

import pytest

from destinations import checking, services
from destinations.models import ConnectionCheck
from tenants.trail import AuditEvent
from tests.admin.conftest import text
from tests.admin.pages import ADD, LIST, act, admin, change, overview, status, webhook_form
from tests.admin.test_list import finished_check
from tests.factories import make_destination, make_environment

CANARY = "canary-4711-in-the-coal-mine"
STEP = {"name": "connect", "status": "failed", "code": "refused", "message": "", "duration_ms": 1}


@pytest.fixture
def destination(tenant):
    return make_destination(
        tenant,
        config={"url": "http://127.0.0.1:1/in"},
        credentials={"secret": CANARY, "headers": {"Authorization": f"Bearer {CANARY}"}},
    )


def test_no_page_holds_a_stored_secret(admin_client, destination, caplog):
    caplog.set_level(logging.DEBUG)
    services.request_check(destination)
    checking.sweep()
    check = ConnectionCheck.objects.get()
    for path in (
        "/admin/",
        LIST,
        f"{LIST}?q=127.0.0.1",
        overview(destination),
        change(destination),
        status(destination),
        change(destination).replace("change", "delete"),
        change(destination).replace("change", "history"),
        admin("tenants_auditevent_changelist"),
        *(admin("tenants_auditevent_change", entry) for entry in AuditEvent.objects.values_list("pk", flat=True)),
        admin("destinations_connectioncheck_changelist"),
        admin("destinations_connectioncheck_change", check.pk),
    ):
        response = admin_client.get(path)
        assert response.status_code == 200, path
        assert CANARY not in text(response), path
    assert CANARY not in caplog.text


def test_nothing_that_is_done_tells_a_new_secret(admin_client, destination, caplog):
    caplog.set_level(logging.DEBUG)
    new = {"credentials.secret": CANARY, "credentials.headers.name": ["X-Key"], "credentials.headers.value": [CANARY]}
    wrong, right = webhook_form(config__url="nowhere") | new, webhook_form(config__url="http://127.0.0.1:1/") | new
    for path in (
        f"{ADD}?type=webhook",
        f"{ADD}try/?type=webhook",
        change(destination),
        change(destination).replace("change", "try"),
    ):
        for form in (wrong, right):
            response = admin_client.post(path, form | {"revision": 1}, follow=True)
            assert CANARY not in text(response), path
    admin_client.post(act(destination, "disable"))
    assert CANARY not in str(list(AuditEvent.objects.values()))
    assert CANARY not in str(admin_client.session.items())
    assert CANARY not in str(admin_client.cookies)
    assert CANARY not in caplog.text


@pytest.mark.parametrize(
    "path", ["/admin/", LIST, "overview", "change", "delete", "history", "checks", "environments", "trail"]
)
def test_what_people_type_is_never_markup(admin_client, tenant, path):
    evil = '<img src=x onerror="alert(1)">'
    tenant.name = evil
    tenant.save()
    destination = make_destination(
        tenant,
        name=evil,
        description=evil,
        topics=[evil],
        metadata={evil: evil},
        environment=make_environment(tenant, name=evil),
        config={"url": "https://hooks.example.com/<img>", "headers": {"X-A": evil}},
    )
    finished_check(destination, "failed", message=evil, remedy=evil, code=evil[:16], steps=[STEP | {"message": evil}])
    paths = {
        "overview": overview(destination),
        "checks": admin("destinations_connectioncheck_changelist"),
        "environments": admin("tenants_environment_changelist"),
        "trail": admin("tenants_auditevent_changelist"),
    }
    path = paths.get(path) or (path if "/" in path else change(destination).replace("change", path))
    if path.endswith("history/"):
        admin_client.post(act(destination, "disable"))
    page = admin_client.get(path).content.decode()
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


@pytest.mark.parametrize(
    "path",
    [
        "/admin/destinations/",
        "/admin/tenants/",
        "/admin/auth/",
        "/admin/password_change/",
        "/admin/search/?s=dest",
        f"{LIST}?health=nonsense&state=nonsense",
        f"{LIST}?_facets=True",
    ],
)
def test_odd_places_answer_too(admin_client, destination, path):
    assert admin_client.get(path, follow=True).status_code == 200


@pytest.mark.parametrize("path", [f"{LIST}environments/?tenant=%00", f"{LIST}?q=%00"])
def test_no_page_is_asked_for_what_no_database_holds(admin_client, destination, path):
    page = admin_client.get(path)
    assert page.status_code == 400
    assert "cannot be read" in page.content.decode()
