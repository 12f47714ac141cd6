"""Who uses a destination: shown where it is shown, and said before it is deleted."""

import pytest

from destinations import services
from destinations.models import Destination
from tests.admin.conftest import member, text
from tests.admin.pages import LIST, change, overview
from tests.factories import make_destination


@pytest.fixture
def used(destination) -> Destination:
    services.register_consumer(destination, kind="script", name="crawler <b>")
    services.register_consumer(destination, kind="pipeline", name="nightly")
    return destination


def test_the_overview_names_the_consumers(admin_client, used):
    response = admin_client.get(overview(used))
    page = text(response)
    for shown in ("Used by", "script", "crawler <b>", "pipeline", "nightly", "just now"):
        assert shown in page
    assert b"crawler <b>" not in response.content


def test_what_nobody_uses_has_no_such_part(admin_client, destination):
    assert "Used by" not in text(admin_client.get(overview(destination)))


def test_the_page_before_a_deletion_says_who_uses_it_and_confirming_deletes(admin_client, used):
    path = change(used).replace("change", "delete")
    page = text(admin_client.get(path))
    assert "These use it and will be without it" in page
    assert "nightly (pipeline)" in page
    assert admin_client.post(path, {"post": "yes"}).status_code == 302
    assert not Destination.objects.exists()


def test_deleting_several_counts_the_consumers_first(admin_client, tenant, used):
    form = {"action": "delete_selected", "_selected_action": [used.pk, make_destination(tenant).pk]}
    page = admin_client.post(LIST, form)
    assert dict(page.context["model_count"])["consumers"] == 2
    admin_client.post(LIST, form | {"post": "yes"})
    assert not Destination.objects.exists()


@pytest.mark.parametrize("pk", ["4711", "nonsense"])
def test_deleting_what_does_not_exist_is_not_found(admin_client, used, pk):
    response = admin_client.post(f"{LIST}{pk}/delete/", {"post": "yes"}, follow=True)
    assert "exist" in text(response)
    assert Destination.objects.exists()


def test_a_stranger_learns_nothing_of_the_consumers(used, db):
    stranger = make_destination()
    client = member(stranger.tenant, "admin")
    assert "nightly" not in text(client.get(change(used).replace("change", "delete"), follow=True))
