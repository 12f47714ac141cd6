"""Claiming, running and recording, with checks whose outcome the test decides."""

import asyncio
import threading
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connectors.problems import CheckFailed
from connectors.running import Report
from connectors.types.webhook import Webhook
from destinations import checking, claiming, recording, services
from destinations.drafts import Draft
from destinations.models import ConnectionCheck, Destination, DestinationState
from tests.factories import make_destination, make_tenant

pytestmark = pytest.mark.django_db(transaction=True)

PASSED = Report("passed", message="Fine.")
FAILED = Report("failed", "refused", "Nobody listens.", "Start it.")
ERROR = Report("error", "unexpected", "Our fault.")


@pytest.fixture
def outcome(monkeypatch):
    """Stands in for the destination: what `check` does, decided per test. The real drivers have tests of their own."""
    act = {"check": None}

    async def check(self, config, credentials, steps):
        with steps("resolve"):
            await act["check"](config) if act["check"] else None

    monkeypatch.setattr(Webhook, "check", check)
    return lambda check: act.update(check=check)


@pytest.fixture
def destination():
    return make_destination()


def state(destination) -> DestinationState:
    return DestinationState.objects.get(pk=destination.pk)


def finish(destination, report: Report) -> ConnectionCheck:
    services.request_check(destination)
    [claim] = claiming.claim(10)
    recording.record([recording.finished(claim, report)])
    return ConnectionCheck.objects.get(pk=claim.check.pk)


class TestSweep:
    def test_runs_a_queued_check_and_shows_it_as_the_last(self, destination, outcome):
        check = services.request_check(destination)
        assert checking.sweep() == 1
        check.refresh_from_db()
        assert (check.status, check.code) == ("passed", "")
        assert check.queued_at <= check.started_at <= check.completed_at
        assert check.steps[0]["name"] == "resolve"
        assert state(destination).last_check == check
        assert state(destination).health == "healthy"

    def test_runs_what_is_due_by_schedule(self, destination, outcome):
        assert checking.sweep() == 0
        DestinationState.objects.update(next_check_at=timezone.now())
        assert checking.sweep() == 1
        assert ConnectionCheck.objects.get().trigger == "schedule"

    def test_records_why_a_check_failed(self, destination, outcome):
        async def refuse(config):
            raise CheckFailed("refused", "Nobody listens.", "Start it.")

        outcome(refuse)
        services.request_check(destination)
        checking.sweep()
        check = ConnectionCheck.objects.get()
        assert (check.status, check.code, check.message, check.remedy) == (
            "failed",
            "refused",
            "Nobody listens.",
            "Start it.",
        )
        assert state(destination).health == "failing"

    def test_survives_a_check_that_raises_anything(self, destination, outcome):
        async def explode(config):
            raise RuntimeError("hunter2")

        outcome(explode)
        services.request_check(destination)
        assert checking.sweep() == 1
        check = ConnectionCheck.objects.get()
        assert (check.status, check.code) == ("error", "unexpected")
        assert "hunter2" not in check.message + str(check.steps)
        assert state(destination).health == "unknown"

    def test_ends_a_check_that_hangs(self, destination, outcome, settings):
        settings.CHECK_TIMEOUT = 0.2
        outcome(lambda config: asyncio.sleep(60))
        services.request_check(destination)
        checking.sweep()
        assert ConnectionCheck.objects.get().code == "timeout"

    def test_a_hanging_destination_delays_no_other(self, outcome, settings):
        settings.CHECK_TIMEOUT, settings.CHECK_WINDOW = 3, 4
        finished = {}

        async def check(config):
            if "slow" in config["url"]:
                await asyncio.sleep(60)
            finished[config["url"]] = time.monotonic()

        outcome(check)
        tenant, began = make_tenant(), time.monotonic()
        for n in range(12):
            kind = "slow" if n == 0 else "fast"
            services.request_check(make_destination(tenant, config={"url": f"https://{kind}{n}.example"}))
        assert checking.sweep() == 12
        assert len(finished) == 11
        assert max(finished.values()) - began < 2.5

    def test_bounds_how_many_checks_of_one_host_and_tenant_run_at_once(self, outcome, settings):
        settings.CHECK_WINDOW_PER_HOST, settings.CHECK_WINDOW_PER_TENANT = 2, 3
        running, most = [], {"a.example": 0, "all": 0}

        async def check(config):
            running.append(config["url"])
            same = sum("a.example" in url for url in running)
            most["a.example"], most["all"] = max(most["a.example"], same), max(most["all"], len(running))
            await asyncio.sleep(0.02)
            running.remove(config["url"])

        outcome(check)
        tenant = make_tenant()
        for n in range(8):
            host = "a" if n % 2 else f"b{n}"
            services.request_check(make_destination(tenant, config={"url": f"https://{host}.example/{n}"}))
        assert checking.sweep() == 8
        assert most == {"a.example": 2, "all": 3}

    def test_a_running_sweep_sees_a_check_that_is_asked_for_meanwhile(self, outcome):
        release, first, second = threading.Event(), make_destination(), make_destination()
        started = []

        async def check(config):
            started.append(config)
            while not release.is_set():
                await asyncio.sleep(0.01)

        outcome(check)
        services.request_check(first)
        sweeping = threading.Thread(target=_sweep_in_thread)
        sweeping.start()
        try:
            _until(lambda: len(started) == 1)
            services.request_check(second)
            _until(lambda: len(started) == 2, seconds=2)
        finally:
            release.set()
            sweeping.join(10)
        assert ConnectionCheck.objects.filter(status="passed").count() == 2

    def test_unreadable_credentials_are_our_fault_and_hold_up_nothing(self, outcome):
        broken, fine = make_destination(), make_destination()
        Destination.objects.filter(pk=broken.pk).update(sealed=fine.sealed)
        for each in (broken, fine):
            services.request_check(each)
        assert checking.sweep() == 2
        assert {check.destination_id: check.status for check in ConnectionCheck.objects.all()} == {
            broken.pk: "error",
            fine.pk: "passed",
        }

    def test_writes_results_of_many_checks_with_few_statements(self, outcome):
        tenant = make_tenant()
        for _ in range(40):
            services.request_check(make_destination(tenant))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            checking.sweep()
        assert ConnectionCheck.objects.filter(status="passed").count() == 40
        assert len(queries) < 40

    def test_never_names_the_destination_table_in_a_write(self, destination, outcome):
        services.request_check(destination)
        with CaptureQueriesContext(connection) as queries:
            checking.sweep()
        writes = [query["sql"] for query in queries if not query["sql"].startswith(("SELECT", "BEGIN", "COMMIT"))]
        assert not [sql for sql in writes if f'UPDATE "{Destination._meta.db_table}"' in sql]


class TestClaim:
    def test_takes_a_destination_once(self, destination):
        services.request_check(destination)
        assert len(claiming.claim(10)) == 1
        assert claiming.claim(10) == []

    def test_gives_no_destination_to_two_claimants_at_once(self):
        tenant = make_tenant()
        taken: list[int] = []
        for _ in range(60):
            services.request_check(make_destination(tenant))

        def take() -> None:
            try:
                while claims := claiming.claim(5):
                    taken.extend(claim.destination.pk for claim in claims)
            finally:
                connection.close()

        claimants = [threading.Thread(target=take) for _ in range(4)]
        for claimant in claimants:
            claimant.start()
        for claimant in claimants:
            claimant.join(30)
        assert len(taken) == len(set(taken)) == 60

    def test_takes_asked_for_checks_first(self):
        scheduled, asked = make_destination(), make_destination()
        DestinationState.objects.filter(pk=scheduled.pk).update(next_check_at=timezone.now() - timedelta(days=1))
        services.request_check(asked)
        assert [claim.destination for claim in claiming.claim(1)] == [asked]

    def test_takes_up_the_same_check_when_its_worker_died(self, destination):
        check = services.request_check(destination)
        claiming.claim(10)
        DestinationState.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        [again] = claiming.claim(10)
        assert again.check == check
        assert ConnectionCheck.objects.count() == 1

    def test_a_worker_that_lost_its_claim_records_nothing(self, destination):
        services.request_check(destination)
        [stalled] = claiming.claim(10)
        DestinationState.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        [current] = claiming.claim(10)
        recording.record([recording.finished(stalled, FAILED)])
        assert ConnectionCheck.objects.get().status == "running"
        recording.record([recording.finished(current, PASSED)])
        assert ConnectionCheck.objects.get().status == "passed"
        assert state(destination).consecutive_failures == 0

    def test_a_renewed_lease_is_not_taken(self, destination, settings):
        services.request_check(destination)
        claims = claiming.claim(10)
        DestinationState.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        claiming.renew(claims)
        assert claiming.claim(10) == []

    def test_a_check_asked_for_during_another_runs_after_it(self, destination):
        services.request_check(destination)
        [first] = claiming.claim(10)
        second = services.request_check(destination)
        assert second != first.check
        recording.record([recording.finished(first, PASSED)])
        [after] = claiming.claim(10)
        assert after.check == second

    def test_a_dead_workers_check_gives_way_to_a_newer_one(self, destination):
        services.request_check(destination)
        [dead] = claiming.claim(10)
        second = services.request_check(destination)
        DestinationState.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        [claim] = claiming.claim(10)
        assert claim.check == second
        assert ConnectionCheck.objects.get(pk=dead.check.pk).status == "cancelled"

    def test_leaves_disabled_and_archived_destinations_alone(self):
        for act in (services.disable, services.archive):
            act(make_destination())
        DestinationState.objects.exclude(next_check_at=None).update(next_check_at=timezone.now())
        assert claiming.claim(10) == []

    def test_checks_a_disabled_destination_when_asked(self):
        services.request_check(services.disable(make_destination()))
        assert len(claiming.claim(10)) == 1


class TestRecord:
    def test_counts_failures_and_backs_off(self, destination, settings):
        waits = []
        for _ in range(4):
            check = finish(destination, FAILED)
            waits.append(
                (state(destination).next_check_at - check.completed_at) / timedelta(seconds=settings.CHECK_INTERVAL)
            )
        assert state(destination).consecutive_failures == 4
        for wait, expected in zip(waits, (1, 2, 4, 8), strict=True):
            assert 0.89 * expected < wait < 1.11 * expected

    def test_never_waits_longer_than_the_limit(self, settings):
        assert recording.interval(500).total_seconds() <= settings.CHECK_BACKOFF_MAX * 1.1

    def test_a_pass_ends_a_row_of_failures(self, destination):
        finish(destination, FAILED)
        check = finish(destination, PASSED)
        after = state(destination)
        assert (after.health, after.consecutive_failures, after.last_check) == ("healthy", 0, check)
        assert after.last_passed_at == check.completed_at
        assert after.last_failed_at < check.completed_at

    def test_an_error_of_ours_does_not_count(self, destination):
        finish(destination, PASSED)
        check = finish(destination, ERROR)
        after = state(destination)
        assert (after.health, after.consecutive_failures, after.last_check) == ("healthy", 0, check)

    def test_a_destination_deleted_meanwhile_is_passed_over(self, destination):
        other = make_destination()
        for each in (destination, other):
            services.request_check(each)
        claims = claiming.claim(10)
        services.delete(destination)
        recording.record([recording.finished(claim, PASSED) for claim in claims])
        assert state(other).health == "healthy"

    def test_a_destination_disabled_meanwhile_stays_unscheduled(self, destination):
        services.request_check(destination)
        [claim] = claiming.claim(10)
        services.disable(destination)
        recording.record([recording.finished(claim, PASSED)])
        assert state(destination).next_check_at is None

    def test_the_outcome_for_what_a_destination_was_before_is_dropped(self, destination):
        services.request_check(destination)
        [claim] = claiming.claim(10)
        services.update(destination, Draft(config={"url": "https://b.example"}), check=True)
        recording.record([recording.finished(claim, PASSED)])
        assert state(destination).health == "unknown"
        assert ConnectionCheck.objects.get(pk=claim.check.pk).status == "cancelled"
        [again] = claiming.claim(10)
        assert (again.check.trigger, again.check.revision) == ("update", 2)


def test_prune_keeps_the_last_check_and_the_young():
    destination = make_destination()
    old, shown = finish(destination, PASSED), finish(destination, PASSED)
    young = finish(make_destination(), PASSED)
    long_ago = timezone.now() - timedelta(days=40)
    ConnectionCheck.objects.filter(pk__in=(old.pk, shown.pk)).update(completed_at=long_ago)
    assert checking.prune(30) == 1
    assert set(ConnectionCheck.objects.all()) == {shown, young}


def _sweep_in_thread() -> None:
    try:
        checking.sweep()
    finally:
        connection.close()


def _until(true, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.01)
