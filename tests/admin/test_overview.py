from datetime import timedelta

import pytest
from django.utils import timezone

from destinations import checking, services
from destinations.drafts import Draft
from destinations.models import ConnectionCheck, Destination
from tenants.trail import AuditEvent
from tests.admin.conftest import member, text
from tests.admin.pages import ADD, LIST, act, change, overview, status, webhook_form
from tests.admin.test_list import finished_check
from tests.connectors.examples import EXAMPLES
from tests.factories import SECRET, make_credential, make_destination

STEPS = [
    {"name": "resolve", "status": "passed", "code": "", "message": "", "duration_ms": 3.2},
    {"name": "connect", "status": "failed", "code": "refused", "message": "Nobody listens.", "duration_ms": 1200},
    {"name": "tls", "status": "skipped", "code": "", "message": "", "duration_ms": 0},
]
FAILURE = {"code": "refused", "message": "It refused the connection.", "remedy": "Start it.", "steps": STEPS}


def test_the_page_says_how_it_is_and_what_it_consists_of(admin_client, destination):
    page = text(admin_client.get(overview(destination)))
    for shown in ("Billing events", "https://hooks.example.com/in", "Acme Logistics", "All topics", "********", "POST"):
        assert shown in page
    assert "Not checked yet" in page
    assert SECRET not in page


def test_what_is_long_does_not_fill_the_page(admin_client, tenant, authority):
    config = {"url": "https://hooks.example.com/in", "ca_certificate": authority.pem}
    page = text(admin_client.get(overview(make_destination(tenant, config=config))))
    assert f"<summary>Show all {len(authority.pem)} characters</summary>-----BEGIN CERTIFICATE" in page
    key = EXAMPLES["bigquery"]
    made = services.create(tenant, Draft(type="bigquery", config=key.config, credentials=key.credentials))
    page = text(admin_client.get(overview(made)))
    assert "********" in page
    assert "*********" not in page


def test_a_failed_check_is_shown_with_its_steps_and_what_to_do(admin_client, destination):
    finished_check(destination, "failed", **FAILURE)
    page = text(admin_client.get(overview(destination)))
    for shown in ("It refused the connection.", "Start it.", "refused", "Nobody listens.", "3 ms", "1.2 s", "Failing"):
        assert shown in page
    assert page.index('data-step="passed"') < page.index('data-step="failed"') < page.index('data-step="skipped"')


def test_the_history_shows_the_last_ten_checks(admin_client, destination):
    for number in range(12):
        finished_check(destination, "failed", message=f"Reason {number:02}.")
    response = admin_client.get(overview(destination))
    assert len(response.context["history"]) == 10


def test_the_page_takes_few_queries_however_many_checks_there_are(
    admin_client, destination, django_assert_max_num_queries
):
    for _ in range(12):
        finished_check(destination, "failed", **FAILURE)
    with django_assert_max_num_queries(6):
        admin_client.get(overview(destination))


class TestCheckNow:
    def test_asking_queues_a_check_and_following_shows_its_end(self, admin_client, tenant, https_server, authority):
        destination = make_destination(tenant, config={"url": https_server.url(), "ca_certificate": authority.pem})
        asked = admin_client.post(act(destination, "check")).json()
        assert asked["finished"] is False
        assert "Waiting for a worker" in asked["parts"]["panel"]
        assert "Send a test request" in asked["parts"]["panel"]
        checking.sweep()
        answer = admin_client.get(status(destination)).json()
        assert answer["finished"] is True
        assert answer["announcement"] == "Passed. Webhook accepted every step."
        assert answer["parts"]["panel"].count('data-step="passed"') == 4
        assert "Healthy" in answer["parts"]["health"]
        assert "Passed" in answer["parts"]["history"]

    def test_what_fails_is_told_with_its_reason(self, admin_client, tenant, https_server, authority):
        url = https_server.url("/status/401")
        destination = make_destination(tenant, config={"url": url, "ca_certificate": authority.pem})
        admin_client.post(act(destination, "check"))
        checking.sweep()
        answer = admin_client.get(status(destination)).json()
        assert "does not accept the credentials (status 401)" in answer["announcement"]
        assert 'data-step="failed"' in answer["parts"]["panel"]

    def test_a_check_that_no_worker_takes_says_so(self, admin_client, destination):
        services.request_check(destination)
        assert "Are the workers running?" not in text(admin_client.get(overview(destination)))
        ConnectionCheck.objects.update(queued_at=timezone.now() - timedelta(minutes=1))
        assert "Are the workers running?" in text(admin_client.get(overview(destination)))

    def test_an_archived_destination_answers_why_not(self, admin_client, destination):
        services.archive(destination)
        response = admin_client.post(act(destination, "check"))
        assert response.status_code == 409
        assert response.json() == {"message": "The destination is archived. Restore it first."}

    def test_a_get_starts_nothing(self, admin_client, destination):
        assert admin_client.get(act(destination, "check")).status_code == 405
        assert not ConnectionCheck.objects.exists()

    def test_without_the_csrf_token_nothing_starts(self, destination, admin_user, client):
        client.handler.enforce_csrf_checks = True
        client.force_login(admin_user)
        assert client.post(act(destination, "check")).status_code == 403
        assert not ConnectionCheck.objects.exists()

    def test_a_viewer_may_watch_and_not_start(self, tenant, destination):
        client = member(tenant, "viewer")
        assert client.get(status(destination)).status_code == 200
        assert client.post(act(destination, "check")).status_code == 403
        page = text(client.get(overview(destination)))
        assert "data-lf-check" not in page
        assert client.get(change(destination), follow=True).redirect_chain == [(overview(destination), 302)]


@pytest.mark.parametrize(
    ("verb", "is_so"),
    [("disable", lambda it: it.disabled_at), ("archive", lambda it: it.archived_at)],
)
def test_the_buttons_do_what_they_say_and_leave_a_trace(admin_client, destination, verb, is_so):
    response = admin_client.post(act(destination, verb), follow=True)
    assert response.redirect_chain == [(overview(destination), 302)]
    assert is_so(Destination.objects.get())
    assert AuditEvent.objects.about(destination).first().action == f"destination.{verb}"
    admin_client.post(act(destination, "enable" if verb == "disable" else "restore"))
    assert not is_so(Destination.objects.get())


def test_an_unknown_verb_is_not_found(admin_client, destination):
    assert admin_client.post(act(destination, "explode")).status_code == 404


class TestTryingOut:
    def test_a_new_one_is_checked_without_being_saved(self, admin_client, tenant, https_server, authority):
        form = webhook_form(config__url=https_server.url(), config__ca_certificate=authority.pem)
        html = admin_client.post(f"{ADD}try/?type=webhook", form).json()["html"]
        assert "Passed" in html
        assert "Nothing was saved." in html
        assert not Destination.objects.exists()
        assert len(https_server.requests) == 1

    def test_secrets_left_empty_are_the_stored_ones(self, admin_client, tenant, https_server, authority):
        destination = make_destination(tenant, credentials={"secret": SECRET, "headers": {"Authorization": "canary"}})
        form = webhook_form(
            name="Renamed",
            revision=1,
            config__url=https_server.url(),
            config__ca_certificate=authority.pem,
            credentials__headers__name=["Authorization"],
            credentials__headers__value=[""],
        )
        html = admin_client.post(change(destination).replace("change", "try"), form).json()["html"]
        assert "Passed" in html
        assert https_server.request.headers["authorization"] == "canary"
        assert "canary" not in html
        assert Destination.objects.get().name == destination.name

    def test_problems_are_listed_by_field(self, admin_client, tenant, destination):
        html = admin_client.post(f"{ADD}try/?type=webhook", webhook_form(config__url="nowhere")).json()["html"]
        assert "<strong>URL:</strong> This must be an absolute URL" in html

    def test_a_viewer_may_not(self, tenant, destination):
        client = member(tenant, "viewer")
        assert client.post(f"{ADD}try/?type=webhook", webhook_form()).status_code == 403
        assert client.post(change(destination).replace("change", "try"), webhook_form()).status_code == 403


def test_a_type_that_is_no_longer_installed_is_listed_and_shown_but_not_edited(admin_client, destination):
    Destination.objects.update(type="retired")
    for path in ("/admin/destinations/destination/", overview(destination)):
        assert "This type is not known here." in text(admin_client.get(path))
    assert admin_client.get("/admin/").status_code == 200
    assert admin_client.get(change(destination)).url == overview(destination)


def test_changing_labels_shows_them(admin_client, destination):
    services.update(destination, Draft(metadata={"team": "billing", "urgent": True}, topics=["a", "b"]))
    page = text(admin_client.get(overview(destination)))
    assert "Label “team”" in page
    assert "a, b" in page


def test_the_history_of_changes_says_who_did_what(admin_client, destination):
    history = change(destination).replace("change", "history")
    page = text(admin_client.get(history))
    assert "Added" in page
    assert "Landfall itself" in page
    admin_client.post(act(destination, "disable"), REMOTE_ADDR="192.0.2.7")
    page = text(admin_client.get(history))
    for told in ("Disabled", "admin", "192.0.2.7"):
        assert told in page
    page = text(member(destination.tenant, "editor").get(history))
    assert "Disabled" in page
    assert "192.0.2.7" not in page


def test_a_long_history_is_leafed_through(admin_client, destination):
    for _ in range(30):
        services.disable(destination)
        services.enable(destination)
    history = change(destination).replace("change", "history")
    first, second = (admin_client.get(history, {"p": page}) for page in (1, 2))
    assert [len(page.context["entries"]) for page in (first, second)] == [50, 11]
    assert "Older" in text(first)
    assert "Newer" in text(second)


def test_what_does_not_exist_is_a_page_in_words(admin_client):
    response = admin_client.get("/admin/destinations/destination/4711/")
    assert response.status_code == 404
    assert "There is nothing here" in text(response)


class TestWhatIsNotComplete:
    def test_it_says_so_and_cannot_be_checked(self, admin_client, tenant):
        bare = services.create(tenant, Draft(name="Bare", incomplete=True))
        half = services.create(tenant, Draft(name="Half", type="aws_s3", config={"bucket": "abc"}, incomplete=True))
        for made, target in ((bare, "Its type is not decided yet."), (half, "")):
            page = text(admin_client.get(overview(made)))
            assert "Incomplete" in page
            assert target in page
            assert admin_client.post(act(made, "check")).status_code == 409
        listed = text(admin_client.get(LIST))
        assert listed.count("Incomplete") >= 2
        assert "its type is not decided yet" in text(admin_client.get(change(bare), follow=True))
        assert admin_client.get(change(half)).status_code == 200

    def test_what_it_signs_in_with_is_named(self, admin_client, tenant):
        made = make_destination(tenant, auth_credential=make_credential(tenant, name="Partner's token"))
        assert "Partner's token" in text(admin_client.get(overview(made)))
