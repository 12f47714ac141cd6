from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from destinations import services
from destinations.models import ConnectionCheck, Destination, DestinationState
from tests.admin.conftest import member, text
from tests.admin.pages import LIST
from tests.factories import make_destination, make_environment, make_tenant


def finished_check(destination: Destination, status: str, **values) -> ConnectionCheck:
    now = timezone.now()
    check = ConnectionCheck.objects.create(
        destination=destination,
        trigger="schedule",
        revision=1,
        status=status,
        queued_at=now - timedelta(minutes=3),
        started_at=now - timedelta(minutes=3),
        completed_at=now - timedelta(minutes=3),
        **values,
    )
    health = "healthy" if status == "passed" else "failing"
    DestinationState.objects.filter(pk=destination.pk).update(
        last_check=check, health=health, requested_at=None, last_failed_at=now
    )
    return check


def listed(client, **query) -> set[str]:
    response = client.get(LIST, query)
    assert response.status_code == 200
    return {destination.name for destination in response.context["cl"].result_list}


def test_the_list_says_what_where_whose_and_how_it_is(admin_client, tenant):
    production = make_environment(tenant)
    destination = make_destination(tenant, name="Billing", environment=production)
    finished_check(destination, "failed", message="The endpoint is gone for good (status 410).")
    page = text(admin_client.get(LIST))
    for shown in ("Billing", "https://hooks.example.com/in", "Webhook", "Acme Logistics", "Production", "Failing"):
        assert shown in page
    assert "3 min ago" in page
    assert 'title="The endpoint is gone for good (status 410)."' in page


def test_the_list_takes_the_same_queries_for_one_row_and_for_twelve(admin_client, tenant, django_assert_num_queries):
    make_destination(tenant)
    with CaptureQueriesContext(connection) as one:
        admin_client.get(LIST)
    for number in range(11):
        make_destination(tenant, environment=make_environment(tenant, name=f"Stage {number}"))
    with django_assert_num_queries(len(one)):
        response = admin_client.get(LIST)
    assert len(response.context["cl"].result_list) == 12
    assert len(one) <= 6


@pytest.mark.parametrize("path", [LIST, "/admin/", "/admin/destinations/connectioncheck/"])
def test_no_list_reads_the_ciphertext(admin_client, destination, path):
    finished_check(destination, "passed")
    with CaptureQueriesContext(connection) as queries:
        assert "Billing events" in text(admin_client.get(path))
    assert not [query["sql"] for query in queries if "sealed" in query["sql"]]


@pytest.fixture
def various(tenant):
    production = make_environment(tenant)
    globex = make_tenant("globex", "Globex")
    healthy = make_destination(tenant, name="healthy", environment=production, uid="des-one")
    failing = make_destination(globex, name="failing", config={"url": "https://eu.portal.example/in"})
    disabled = make_destination(tenant, name="disabled")
    archived = make_destination(tenant, name="archived")
    finished_check(healthy, "passed")
    finished_check(failing, "failed")
    services.disable(disabled)
    services.archive(archived)
    return production


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, {"healthy", "failing", "disabled"}),
        ({"health": "failing"}, {"failing"}),
        ({"health": ["failing", "healthy"]}, {"failing", "healthy"}),
        ({"type": "webhook"}, {"healthy", "failing", "disabled"}),
        ({"type": "aws_s3"}, set()),
        ({"state": "enabled"}, {"healthy", "failing"}),
        ({"state": "disabled"}, {"disabled"}),
        ({"state": "archived"}, {"archived"}),
        ({"state": "every"}, {"healthy", "failing", "disabled", "archived"}),
        ({"tenant__id__exact": "globex"}, {"failing"}),
        ({"q": "FAIL"}, {"failing"}),
        ({"q": "des-one"}, {"healthy"}),
        ({"q": "eu.portal"}, {"failing"}),
        ({"q": "portal healthy"}, set()),
    ],
)
def test_filters_and_search_leave_what_was_asked_for(admin_client, various, query, names):
    assert listed(admin_client, **query) == names


def test_the_environment_filter_leaves_one_environment(admin_client, various):
    assert listed(admin_client, environment=various.name) == {"healthy"}


@pytest.mark.parametrize("column", range(1, 7))
def test_every_column_sorts_both_ways(admin_client, various, column):
    assert listed(admin_client, o=column) == listed(admin_client, o=-column) == {"healthy", "failing", "disabled"}


def test_a_first_time_user_is_shown_what_to_do(admin_client, tenant):
    page = text(admin_client.get(LIST))
    assert "Add your first destination" in page


def test_a_search_without_result_does_not_ask_to_add_the_first(admin_client, destination):
    page = text(admin_client.get(LIST, {"q": "nowhere"}))
    assert "Nothing matches" in page
    assert "Add your first" not in page


class TestActions:
    def run(self, client, action, *destinations):
        chosen = {"action": action, "_selected_action": [destination.pk for destination in destinations]}
        return text(client.post(LIST, chosen, follow=True))

    def test_check_now_asks_for_one_check_each(self, admin_client, tenant):
        destinations = [make_destination(tenant) for _ in range(3)]
        assert "Checks asked for: 3." in self.run(admin_client, "check_selected", *destinations)
        assert ConnectionCheck.objects.filter(status="queued").count() == 3

    def test_disable_enable_archive_and_restore_do_what_they_say(self, admin_client, destination):
        self.run(admin_client, "disable_selected", destination)
        assert Destination.objects.get().disabled_at
        self.run(admin_client, "enable_selected", destination)
        assert Destination.objects.get().disabled_at is None
        self.run(admin_client, "archive_selected", destination)
        assert Destination.objects.get().archived_at
        chosen = {"action": "restore_selected", "_selected_action": [destination.pk]}
        admin_client.post(f"{LIST}?state=archived", chosen)
        assert Destination.objects.get().archived_at is None

    def test_what_is_in_no_state_for_it_is_named_and_left(self, admin_client, destination, tenant):
        other = make_destination(tenant, name="Fine")
        services.archive(destination)
        chosen = {"action": "check_selected", "_selected_action": [destination.pk, other.pk]}
        page = text(admin_client.post(f"{LIST}?state=every", chosen, follow=True))
        assert "Checks asked for: 1." in page
        assert "Billing events: The destination is archived. Restore it first." in page

    def test_deleting_removes_row_and_history_and_says_how_much_first(self, admin_client, destination):
        finished_check(destination, "passed")
        asked = self.run(admin_client, "delete_selected", destination)
        assert "Billing events" in asked
        assert Destination.objects.exists()
        chosen = {"action": "delete_selected", "_selected_action": [destination.pk], "post": "yes"}
        admin_client.post(LIST, chosen)
        assert not Destination.objects.exists()
        assert not ConnectionCheck.objects.exists()

    def test_a_viewer_is_offered_no_action(self, tenant, destination):
        client = member(tenant, "viewer")
        assert "check_selected" not in text(client.get(LIST))
        self.run(client, "disable_selected", destination)
        assert Destination.objects.get().disabled_at is None

    def test_an_editor_of_one_tenant_changes_only_that_tenants(self, tenant, destination):
        elsewhere = make_tenant("globex")
        foreign = make_destination(elsewhere, name="Foreign")
        client = member(tenant, "editor")
        self.run(client, "disable_selected", destination, foreign)
        assert Destination.objects.get(pk=destination.pk).disabled_at
        assert Destination.objects.get(pk=foreign.pk).disabled_at is None
