"""Values that serve once, whoever asks and however many ask at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from tenants.models import SpentValue
from tenants.spent import spend
from tenants.tasks import prune

AT_ONCE = 8


def soon():
    return timezone.now() + timedelta(minutes=5)


@pytest.mark.django_db
def test_a_value_serves_once_for_each_purpose():
    assert [spend("a", "1", soon()), spend("a", "1", soon()), spend("a", "2", soon())] == [True, False, True]
    assert [spend("b", "1", soon()), spend("a 1", "", soon()), spend("", "a 1", soon())] == [True, True, True]


@pytest.mark.django_db
def test_the_value_itself_is_not_kept():
    spend("assertion", "the-value", soon())
    assert "the-value" not in str(SpentValue.objects.values().get())


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_spends_it():
    barrier = Barrier(AT_ONCE)

    def try_it(_number: int) -> bool:
        try:
            barrier.wait()
            return spend("assertion", "the-value", soon())
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert sorted(pool.map(try_it, range(AT_ONCE))) == [False] * (AT_ONCE - 1) + [True]


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_not_spent():
    with transaction.atomic():
        assert spend("assertion", "the-value", soon())
        transaction.set_rollback(True)
    assert spend("assertion", "the-value", soon())


@pytest.mark.django_db
def test_what_is_worthless_is_forgotten_and_nothing_else():
    spend("assertion", "old", timezone.now() - timedelta(minutes=61))
    spend("assertion", "young", soon())
    assert prune() == 1
    assert not spend("assertion", "young", soon())


@pytest.mark.django_db
def test_a_clock_that_is_ahead_makes_nothing_worthless():
    spend("assertion", "the-value", timezone.now() - timedelta(minutes=50))
    assert prune() == 0
    assert not spend("assertion", "the-value", soon())


@pytest.mark.django_db
def test_any_text_can_be_spent():
    assert [spend("assertion", "\ud800", soon()), spend("assertion", "\ud800", soon())] == [True, False]


def test_forgetting_is_scheduled():
    assert prune.name in [entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()]
