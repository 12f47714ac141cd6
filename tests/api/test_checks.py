"""Checks asked for through the API and really made, against a local web server."""

import time
import uuid
from datetime import UTC, datetime

import pytest

from destinations import checking, services
from destinations.models import ConnectionCheck
from tests.api.worker import worker
from tests.factories import SECRET, make_destination

STEPS = ["resolve", "connect", "tls", "send a test request"]
NAMES_OF_STEP = {"name", "status", "code", "message", "duration_ms"}


def hook(tenant, url: str, **changes):
    return make_destination(tenant, config={"url": url}, **changes)


@pytest.mark.django_db(transaction=True)
class TestForReal:
    def test_a_check_passes_and_is_shown_everywhere(self, ed, tenant, http_server):
        made = hook(tenant, http_server.url())
        asked = ed.post(f"destinations/{made.uuid}/checks")
        assert (asked.status, asked.body["status"], asked.body["error"]) == (202, "queued", False)
        assert asked.headers["Location"] == f"/api/v1/checks/{asked.body['id']}"
        checking.sweep()
        done = ed.get(asked.headers["Location"]).body
        assert (done["status"], done["error"], done["code"], done["revision"]) == ("passed", False, "", 1)
        assert done["created"] <= done["started_at"] <= done["completed_at"]
        assert [step["name"] for step in done["steps"]] == STEPS
        assert all(step.keys() == NAMES_OF_STEP for step in done["steps"])
        shown = ed.get(f"destinations/{made.uuid}").body
        assert shown["health"] == "healthy"
        extra = {"destination", "tenant", "revision", "created"}
        assert shown["last_check"] == {key: value for key, value in done.items() if key not in extra}
        assert ed.get("destinations?health=healthy").body["items"] == [shown]
        assert http_server.request.method == "POST"

    def test_a_check_fails_with_a_reason_and_a_remedy(self, ed, tenant, http_server):
        made = hook(tenant, http_server.url("/status/401"))
        ed.post(f"destinations/{made.uuid}/checks")
        checking.sweep()
        last = ed.get(f"destinations/{made.uuid}").body["last_check"]
        assert (last["status"], last["error"], last["code"]) == ("failed", True, "denied")
        assert last["message"].endswith(".")
        assert last["remedy"].endswith(".")
        assert SECRET not in str(last)

    def test_waiting_answers_with_the_finished_check(self, ed, tenant, http_server):
        made = hook(tenant, http_server.url())
        with worker():
            answer = ed.post(f"destinations/{made.uuid}/checks?wait=20")
        assert (answer.status, answer.body["status"]) == (200, "passed")

    def test_waiting_ends_when_the_time_is_up(self, ed, tenant):
        started = time.monotonic()
        answer = ed.post(f"destinations/{make_destination(tenant).uuid}/checks?wait=1")
        assert (answer.status, answer.body["status"]) == (202, "queued")
        assert 1 <= time.monotonic() - started < 3

    def test_creating_and_changing_with_a_check(self, ed, tenant, http_server):
        body = {"type": "webhook", "config": {"url": http_server.url("/status/500")}}
        path = f"destinations/{ed.post('destinations?check=true', body).body['id']}"
        checking.sweep()
        assert ed.get(path).body["last_check"]["code"] == "remote"
        ed.patch(f"{path}?check=true", {"config": {"url": http_server.url()}})
        checking.sweep()
        assert ed.get(path).body["health"] == "healthy"
        assert [check["trigger"] for check in ed.get(f"{path}/checks").body["items"]] == ["update", "create"]

    def test_an_unsaved_destination_is_really_tried(self, ed, http_server):
        body = {"type": "webhook", "config": {"url": http_server.url("/status/404")}}
        answer = ed.post("destinations/validate?check=true", body)
        assert answer.body["valid"] is True
        check = answer.body["check"]
        assert (check["status"], check["error"], check["code"]) == ("failed", True, "not_found")
        assert [step["name"] for step in check["steps"]] == STEPS
        assert http_server.requests
        assert not ConnectionCheck.objects.exists()

    def test_what_is_not_valid_is_not_tried(self, ed, http_server):
        body = {"type": "webhook", "name": 5, "config": {"url": http_server.url()}}
        assert ed.post("destinations/validate?check=true", body).status == 422
        assert not http_server.requests


@pytest.mark.django_db
class TestAsking:
    def test_twice_answers_with_the_one_that_is_queued(self, ed, tenant):
        path = f"destinations/{make_destination(tenant).uuid}/checks"
        assert ed.post(path).body["id"] == ed.post(path).body["id"]

    def test_for_a_check_of_an_archived_destination_is_a_conflict(self, ed, tenant):
        made = services.archive(make_destination(tenant))
        assert ed.post(f"destinations/{made.uuid}/checks").status == 409

    @pytest.mark.parametrize("wait", ["31", "-1", "soon", "1.5", "true"])
    def test_for_another_wait_is_refused(self, ed, tenant, wait):
        answer = ed.post(f"destinations/{make_destination(tenant).uuid}/checks?wait={wait}")
        assert (answer.status, answer.faults) == (400, {("wait", "invalid")})
        assert not ConnectionCheck.objects.exists()


@pytest.mark.django_db
class TestList:
    @pytest.fixture(autouse=True)
    def _checks(self, tenant):
        self.orders = make_destination(tenant, name="Orders", check=True)
        self.events = make_destination(tenant, name="Events", check=True)
        ConnectionCheck.objects.filter(destination=self.orders).update(
            status="failed", queued_at=datetime(2026, 3, 1, tzinfo=UTC)
        )

    @pytest.mark.parametrize(
        ("query", "count"),
        [
            ("", 2),
            ("status=failed", 1),
            ("status=failed,queued", 2),
            ("trigger=create", 2),
            ("trigger=manual", 0),
            ("tenant=acme", 2),
            ("tenant=other", 0),
            ("created_before=2026-03-02", 1),
            ("created_after=2026-03-02", 1),
            ("sort=created&limit=1", 1),
        ],
    )
    def test_finds(self, vera, query, count):
        assert len(vera.get(f"checks?{query}").body["items"]) == count

    def test_finds_by_destination(self, vera):
        (found,) = vera.get(f"checks?destination={self.orders.uuid}").body["items"]
        assert found["destination"] == str(self.orders.uuid)
        assert vera.get(f"destinations/{self.orders.uuid}/checks").body["items"] == [found]

    def test_pages_through_all(self, vera):
        first = vera.get("checks?limit=1").body
        second = vera.get(f"checks?limit=1&cursor={first['next']}").body
        assert [page["items"][0]["destination"] for page in (first, second)] == [
            str(self.events.uuid),
            str(self.orders.uuid),
        ]
        assert second["next"] is None

    @pytest.mark.parametrize("query", ["status=done", "destination=x", "sort=status", "trigger=whim", "name=x"])
    def test_refuses_what_it_does_not_understand(self, vera, query):
        assert vera.get(f"checks?{query}").status == 400

    def test_a_check_that_is_not_there(self, vera):
        assert vera.get(f"checks/{uuid.uuid4()}").status == 404
