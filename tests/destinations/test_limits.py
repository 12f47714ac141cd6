"""How many destinations a tenant may have, and how many checks it may ask for in a minute."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from threading import Barrier
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from destinations import checking, services
from destinations.exceptions import Conflict, InvalidDestination, LimitReached
from destinations.limits import Limit
from destinations.models import ConnectionCheck, Destination, DestinationState
from tenants import services as tenant_services
from tenants.limits import TooMany
from tests.factories import make_destination, make_tenant, webhook_draft

pytestmark = pytest.mark.django_db
MINUTE = 1_800_000_000


@pytest.fixture
def tenant():
    return make_tenant("acme")


def may_have(tenant, number: int | None) -> None:
    tenant_services.update_tenant(tenant, destination_limit=number)


class TestDestinations:
    @pytest.mark.parametrize(
        ("installation", "own", "most"), [(2, None, 2), (2, 3, 3), (2, 1, 1), (2, 0, 5), (0, None, 5), (0, 2, 2)]
    )
    def test_a_limit_of_the_tenant_goes_before_that_of_the_installation(
        self, settings, tenant, installation, own, most
    ):
        settings.DESTINATIONS_PER_TENANT = installation
        may_have(tenant, own)
        made = 0
        for _ in range(5):
            try:
                services.validate(tenant, webhook_draft())
                make_destination(tenant)
            except LimitReached:
                continue
            made += 1
        assert made == most

    def test_it_is_the_one_of_now_that_holds(self, tenant):
        before = type(tenant).objects.get(pk=tenant.pk)
        may_have(tenant, 1)
        make_destination(before)
        with pytest.raises(LimitReached, match="at most 1 destinations"):
            make_destination(before)

    def test_what_is_archived_counts_so_that_it_can_always_be_restored(self, tenant):
        may_have(tenant, 1)
        archived = services.archive(make_destination(tenant))
        with pytest.raises(LimitReached):
            make_destination(tenant)
        assert services.restore(archived).archived_at is None

    def test_what_there_is_already_can_still_be_changed(self, tenant):
        rows = [make_destination(tenant) for _ in range(2)]
        may_have(tenant, 1)
        assert services.update(rows[0], webhook_draft(name="Another")).name == "Another"

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("of", ["installation", "tenant", "surface"])
    def test_of_many_writers_at_once_exactly_one_gets_the_last_place(self, settings, tenant, of):
        make_destination(tenant)
        limit = Limit(2, {"webhook"}) if of == "surface" else None
        if of == "tenant":
            may_have(tenant, 2)
        settings.DESTINATIONS_PER_TENANT = 2 if of == "installation" else 0
        barrier = Barrier(4)

        def add(_number: int) -> bool:
            with closing(connection):
                barrier.wait()
                try:
                    services.create(tenant, webhook_draft(), limit=limit)
                except LimitReached:
                    return False
                return True

        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(add, range(4))) == [False, False, False, True]
        assert Destination.objects.filter(tenant=tenant).count() == 2


class TestChecks:
    """In a minute that ends only when a test says so, two may be asked for."""

    @pytest.fixture(autouse=True)
    def strict(self, settings, monkeypatch):
        settings.CHECKS_PER_TENANT = 2
        monkeypatch.setattr("tenants.counting.time", SimpleNamespace(time=lambda: MINUTE))
        monkeypatch.setattr(checking, "run_now", lambda *_, **__: pytest.fail("A check was made."))

    @staticmethod
    def use_up(tenant) -> None:
        for row in [make_destination(tenant) for _ in range(2)]:
            services.request_check(row)

    WAYS: tuple[Callable[[Any], Any], ...] = (
        services.request_check,
        services.verify,
        lambda row: services.try_out(row.tenant, webhook_draft()),
        lambda row: services.try_out(row.tenant, webhook_draft(), stored=row),
        lambda row: services.prove(row.tenant, webhook_draft()),
    )

    @pytest.mark.parametrize("way", WAYS)
    def test_no_more_may_be_asked_for_than_that(self, tenant, way):
        self.use_up(tenant)
        row = make_destination(tenant)
        with pytest.raises(TooMany, match="too many checks") as refusal:
            way(row)
        assert refusal.value.retry_after == 60
        assert not ConnectionCheck.objects.filter(destination=row).exists()

    def test_each_tenant_has_its_own(self, tenant):
        self.use_up(tenant)
        assert services.request_check(make_destination())

    def test_the_next_minute_has_room_again(self, tenant, monkeypatch):
        self.use_up(tenant)
        monkeypatch.setattr("tenants.counting.time", SimpleNamespace(time=lambda: MINUTE + 60))
        assert services.request_check(make_destination(tenant))

    def test_one_that_waits_already_is_no_second(self, tenant):
        row = make_destination(tenant)
        assert len({services.request_check(row).pk for _ in range(5)}) == 1
        assert services.request_check(make_destination(tenant))

    def test_what_is_refused_for_another_reason_does_not_count(self, tenant):
        archived = services.archive(make_destination(tenant))
        for _ in range(3):
            with pytest.raises(Conflict):
                services.request_check(archived)
            with pytest.raises(InvalidDestination):
                services.try_out(tenant, webhook_draft(config={"url": "nowhere"}))
        self.use_up(tenant)

    def test_what_is_saved_is_not_refused_for_it_and_left_to_the_schedule(self, tenant):
        self.use_up(tenant)
        made = make_destination(tenant, check=True)
        state = DestinationState.objects.filter(destination=made)
        state.update(next_check_at=timezone.now() + timedelta(hours=6))
        services.update(made, webhook_draft(config={"url": "https://hooks.example.com/other"}), check=True)
        assert not made.checks.exists()
        assert state.get().next_check_at < timezone.now() + timedelta(hours=1)

    def test_what_is_saved_uses_it_up(self, tenant):
        for _ in range(2):
            assert make_destination(tenant, check=True).checks.exists()
        with pytest.raises(TooMany):
            services.request_check(make_destination(tenant))

    def test_the_operators_command_is_not_counted(self, tenant):
        self.use_up(tenant)
        assert services.request_check(make_destination(tenant), wake=False)


def test_scheduled_checks_are_not_counted(tenant, settings, monkeypatch):
    settings.CHECKS_PER_TENANT = 1
    monkeypatch.setattr("tenants.counting.time", SimpleNamespace(time=lambda: MINUTE))
    for row in [make_destination(tenant, config={"url": "https://127.0.0.1:9/"}) for _ in range(3)]:
        DestinationState.objects.filter(destination=row).update(next_check_at=timezone.now())
    assert checking.sweep() == 3
    assert services.request_check(make_destination(tenant))
