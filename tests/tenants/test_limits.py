"""What is counted for all processes together, and what no more than a setting says may pass."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier

import pytest
from django.db import OperationalError, connection, connections, transaction

from tenants import counting, limits
from tenants.limits import Rate, TooMany, give_back, take, take_often
from tenants.models import Count
from tenants.tasks import prune

RATE = Rate("REQUESTS_PER_KEY", 60, "Enough.")
START = 1_800_000_000  # when a window of every length used here begins


class Clock:
    def __init__(self) -> None:
        self.now = float(START)

    def time(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(counting, "time", clock)
    return clock


@pytest.fixture(autouse=True)
def process(monkeypatch):
    """Goes on as another process, which holds nothing; with a number, as one that was there before."""
    known: dict[int, dict[str, limits.Permits]] = {}

    def become(number: int) -> None:
        monkeypatch.setattr(limits, "_held", known.setdefault(number, {}))

    become(1)
    return become


def passed(times: int, subject: str = "key 1", taking=take_often) -> int:
    done = 0
    for _ in range(times):
        try:
            taking(RATE, subject)
        except TooMany:
            continue
        done += 1
    return done


def most(settings, number: int) -> None:
    settings.REQUESTS_PER_KEY = number


@pytest.mark.django_db
@pytest.mark.parametrize("taking", [take, take_often])
class TestEither:
    def test_as_many_pass_as_may(self, settings, taking):
        most(settings, 250)
        assert passed(300, taking=taking) == 250

    def test_each_subject_has_its_own(self, settings, taking):
        most(settings, 1)
        assert [passed(2, subject, taking) for subject in ("key 1", "key 2", "")] == [1, 1, 1]

    def test_the_refusal_says_how_long_to_wait(self, settings, taking, clock):
        most(settings, 1)
        passed(1, taking=taking)
        clock.now += 17.5
        with pytest.raises(TooMany, match=r"^Enough\.$") as refusal:
            taking(RATE, "key 1")
        assert refusal.value.retry_after == 43
        clock.now = START + 59.999
        with pytest.raises(TooMany) as refusal:
            taking(RATE, "key 1")
        assert refusal.value.retry_after == 1

    def test_the_next_window_begins_at_nothing(self, settings, taking, clock):
        most(settings, 3)
        passed(3, taking=taking)
        clock.now += 59.999
        assert passed(1, taking=taking) == 0
        clock.now += 0.001
        assert passed(9, taking=taking) == 3

    def test_0_is_no_limit_and_counts_nothing(self, settings, taking):
        most(settings, 0)
        assert passed(50, taking=taking) == 50
        assert not Count.objects.exists()

    def test_names_are_not_kept(self, settings, taking):
        most(settings, 1)
        taking(RATE, "alice")
        assert "alice" not in str(Count.objects.values().get())


@pytest.mark.django_db
class TestProcesses:
    def test_together_they_let_no_more_pass_than_may(self, settings, process):
        most(settings, 1000)
        total = 0
        for turn in range(600):
            process(turn % 3)
            total += passed(3)
        assert total <= 1000
        assert total > 1000 - 3 * 10  # less than what two others hold at most

    def test_one_that_rests_holds_little(self, settings, process):
        most(settings, 1000)
        assert passed(100) == 100
        process(2)
        assert passed(2000) >= 1000 - 100 - 10

    def test_few_requests_of_many_are_written(self, settings, django_assert_max_num_queries):
        most(settings, 6000)
        with django_assert_max_num_queries(3 * (6 + 50)):  # on SQLite each count is three statements
            assert passed(3000) == 3000

    def test_what_is_refused_is_not_written(self, settings, django_assert_num_queries):
        most(settings, 5)
        passed(6)
        with django_assert_num_queries(0):
            assert passed(100) == 0

    def test_a_clock_that_is_behind_counts_where_the_others_do(self, settings, process, clock):
        most(settings, 3)
        clock.now += 60
        assert passed(9, taking=take) == 3
        clock.now -= 0.5
        assert passed(9, taking=take) == 0
        clock.now += 0.5
        assert passed(9, taking=take) == 0

    def test_a_clock_far_ahead_blocks_nobody(self, settings, clock):
        most(settings, 3)
        clock.now += 86_400
        passed(3, taking=take)
        clock.now -= 86_400
        assert passed(9, taking=take) == 3

    def test_memory_is_bounded(self, settings, monkeypatch):
        most(settings, 1)
        monkeypatch.setattr(limits, "HELD", 5)
        for number in range(20):
            passed(1, f"key {number}")
        assert len(limits._held) <= 5
        assert sum(passed(1, f"key {number}") for number in range(20)) == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("taking", [take, take_often])
def test_of_many_at_once_no_more_pass_than_may(settings, taking):
    most(settings, 50)
    threads = 8
    barrier = Barrier(threads)

    def go(_number: int) -> int:
        with closing(connection):
            barrier.wait()
            return passed(20, taking=taking)

    with ThreadPoolExecutor(threads) as pool:
        assert sum(pool.map(go, range(threads))) == 50


@pytest.mark.django_db(transaction=True)
class TestBusy:
    @pytest.fixture(autouse=True)
    def held(self, settings, monkeypatch):
        """Somebody else is writing and does not come to an end."""
        if connection.vendor != "sqlite":
            pytest.skip("PostgreSQL has many writers.")
        most(settings, 5)
        monkeypatch.setattr(counting, "PATIENCE", 1)
        other = connections.create_connection("default")
        with closing(other):
            other.ensure_connection()
            with other.cursor() as cursor:
                cursor.execute("BEGIN IMMEDIATE")
            yield
            other.connection.rollback()
        connection.close()  # whose patience a test may have shortened

    def test_a_request_passes_uncounted(self, caplog):
        assert passed(1) == 1
        assert "limit_not_counted" in caplog.text

    def test_who_must_be_counted_is_not_let_in(self):
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 1")
        with pytest.raises(OperationalError):
            take(RATE, "key 1")

    def test_other_writers_wait_as_long_as_before(self):
        passed(1)
        with connection.cursor() as cursor:
            assert cursor.execute("PRAGMA busy_timeout").fetchone()[0] == 20_000


@pytest.mark.django_db
def test_what_is_given_back_can_be_taken_again(settings):
    most(settings, 2)
    window = take(RATE, "key 1")
    take(RATE, "key 1")
    give_back(RATE, "key 1", window)
    assert passed(5, taking=take) == 1


@pytest.mark.django_db
def test_what_is_given_back_late_is_not_taken_from_the_next_window(settings, clock):
    most(settings, 2)
    windows = [take(RATE, "key 1"), take(RATE, "key 1")]
    clock.now += RATE.seconds
    assert passed(1, taking=take) == 1
    for window in windows:
        give_back(RATE, "key 1", window)
    assert passed(5, taking=take) == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_not_counted(settings):
    most(settings, 1)
    with transaction.atomic():
        take(RATE, "key 1")
        transaction.set_rollback(True)
    assert passed(2, taking=take) == 1


@pytest.mark.django_db
def test_windows_that_have_ended_are_forgotten(settings, clock):
    most(settings, 1)
    take(RATE, "old")
    clock.now += 61
    take(RATE, "young")
    assert prune() == 1
    assert passed(1, "young", taking=take) == 0


@pytest.mark.parametrize(
    ("address", "counted"),
    [("192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("", "")],
)
def test_of_ipv6_the_network_is_counted(address, counted):
    assert limits.place(address) == counted
