import pytest

from destinations import services
from destinations.models import Consumer, Destination
from tests.factories import make_destination


@pytest.fixture
def path(tenant) -> str:
    return f"destinations/{make_destination(tenant).uuid}"


def test_registering_answers_201_once_and_200_after_that(ed, path):
    made = ed.put(f"{path}/consumers/script/crawler")
    assert (made.status, made.body["kind"], made.body["name"]) == (201, "script", "crawler")
    assert ed.get(made.headers["Location"]).body == made.body
    again = ed.put(f"{path}/consumers/script/crawler", {})
    assert again.status == 200
    assert again.body["last_seen"] > made.body["last_seen"]


def test_the_list_shows_who_was_seen_last_first_and_can_be_sorted(ed, path):
    for name in ("b", "a", "c"):
        ed.put(f"{path}/consumers/script/{name}")
    assert ed.get(f"{path}/consumers").names == ["c", "a", "b"]
    assert ed.get(f"{path}/consumers?sort=name").names == ["a", "b", "c"]
    first = ed.get(f"{path}/consumers?sort=name&limit=2")
    assert ed.get(f"{path}/consumers?sort=name&limit=2&cursor={first.body['next']}").names == ["c"]


def test_a_name_may_hold_what_fits_one_segment(ed, path):
    made = ed.put(f"{path}/consumers/data-pipeline/Ünï feed:v2")
    assert (made.status, made.body["name"]) == (201, "Ünï feed:v2")
    assert ed.get(made.headers["Location"]).status == 200


def test_what_can_be_no_kind_or_name_is_named(ed, path):
    answer = ed.put(f"{path}/consumers/Script/{'a' * 256}")
    assert (answer.status, answer.faults) == (422, {("kind", "invalid"), ("name", "max_length")})


def test_a_body_is_refused(ed, path):
    assert ed.put(f"{path}/consumers/script/crawler", {"last_seen": "now"}).faults == {("last_seen", "unknown")}


def test_what_was_never_registered_is_not_found(ed, path):
    assert ed.get(f"{path}/consumers/script/crawler").status == 404
    assert ed.delete(f"{path}/consumers/script/crawler").status == 404


def test_an_archived_destination_takes_no_consumers(ed, path):
    ed.post(f"{path}/archive")
    answer = ed.put(f"{path}/consumers/script/crawler")
    assert (answer.status, answer.body["type"]) == (409, "urn:landfall:problem:archived")


def test_deleting_what_is_in_use_needs_force(ed, path):
    ed.put(f"{path}/consumers/script/crawler")
    refused = ed.delete(path)
    assert (refused.status, refused.body["type"]) == (409, "urn:landfall:problem:in-use")
    assert "script crawler" in refused.body["detail"]
    assert ed.delete(f"{path}?force=perhaps").status == 400
    assert ed.delete(f"{path}?force=false").status == 409
    assert ed.delete(f"{path}?force=true").status == 204
    assert not Consumer.objects.exists()


def test_deleting_is_free_once_the_last_consumer_is_forgotten(ed, path):
    ed.put(f"{path}/consumers/script/crawler")
    assert ed.delete(f"{path}/consumers/script/crawler").status == 204
    assert ed.delete(path).status == 204


def test_consumers_of_another_destination_are_not_shown(ed, tenant, path):
    services.register_consumer(make_destination(tenant), kind="script", name="crawler")
    assert ed.get(f"{path}/consumers").names == []
    assert Destination.objects.count() == 2
