"""Sealing anew, row by row."""

import threading

import pytest
from django.db import connection, transaction

from destinations import rotating, services
from destinations.drafts import Draft
from destinations.keyring import Column, key_id
from destinations.models import Destination, DestinationState, TunnelKey
from destinations.sealing import Sealed
from tests.factories import make_destination, make_tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def column() -> Column:
    return Column(Destination, Destination._meta.get_field("sealed"))


@pytest.fixture
def rows(use, old, new) -> list[Destination]:
    """Five, sealed with the old key; both keys are known."""
    use(old)
    tenant = make_tenant()
    made = [make_destination(tenant) for _ in range(5)]
    use(new, old)
    return made


def keys_of(column) -> list[str]:
    return list(column.values().order_by("pk").values_list("key_of_value", flat=True))


def everything_but_the_ciphertext() -> list[object]:
    rows = [{**row, "sealed": "", "sealed_extra": ""} for row in Destination.objects.order_by("pk").values()]
    return [*rows, *DestinationState.objects.order_by("pk").values()]


@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_it_goes_through_all_in_batches(column, rows, new, size):
    assert sum(rotating.reseal(column, new, size)) == 5
    assert keys_of(column) == [key_id(new)] * 5
    assert list(rotating.reseal(column, new, size)) == []


def test_nothing_else_of_a_row_changes(column, rows, new):
    before, secrets = everything_but_the_ciphertext(), [row.credentials for row in rows]
    list(rotating.reseal(column, new, 2))
    assert everything_but_the_ciphertext() == before
    assert [row.credentials for row in Destination.objects.order_by("pk")] == secrets


def test_it_goes_on_where_it_was_stopped(column, rows, new):
    begun = rotating.reseal(column, new, 2)
    assert next(begun) == 2
    del begun  # it is abandoned between two batches
    assert sum(rotating.reseal(column, new, 2)) == 3


def test_a_row_that_is_changed_meanwhile_keeps_the_change_and_is_done_again(column, rows, new, old, monkeypatch):
    swap, changed = rotating._swap, list[object]()

    def change_first(column, changes):
        if not changed:
            changed.append(services.update(rows[1], Draft(credentials={"secret": "a newer secret"})))
        return swap(column, changes)

    monkeypatch.setattr(rotating, "_swap", change_first)
    assert list(rotating.reseal(column, new, 100)) == [4, 1]
    assert Destination.objects.get(pk=rows[1].pk).credentials == {"secret": "a newer secret"}
    assert keys_of(column) == [key_id(new)] * 5


def test_a_row_that_is_deleted_meanwhile_stays_deleted(column, rows, new, monkeypatch):
    swap = rotating._swap

    def delete_first(column, changes):
        Destination.objects.filter(pk=rows[0].pk).delete()
        return swap(column, changes)

    monkeypatch.setattr(rotating, "_swap", delete_first)
    assert sum(rotating.reseal(column, new, 100)) == 4
    assert not Destination.objects.filter(pk=rows[0].pk).exists()


def test_what_does_not_open_is_told_and_does_not_stop_the_others(column, rows, new):
    moved, damaged = rows[1], rows[3]
    Destination.objects.filter(pk=moved.pk).update(sealed=rows[0].sealed)
    Destination.objects.filter(pk=damaged.pk).update(sealed=Sealed("gAAAAdamaged"))
    assert sum(rotating.reseal(column, new, 2)) == 3
    told = [closed for _, found in rotating.prove(column, key_id(new), 2) for closed in found]
    assert [(each.row, each.opens) for each in told] == [(str(moved.uuid), False), (str(damaged.uuid), False)]
    assert "sealed for another" in str(told[0])
    assert "cannot be decrypted" in str(told[1])
    assert Destination.objects.get(pk=moved.pk).sealed.ciphertext == rows[0].sealed.ciphertext


def test_the_proof_finds_what_needs_another_key(column, rows, new, old):
    list(rotating.reseal(column, new, 100))
    late = rows[2]
    Destination.objects.filter(pk=late.pk).update(sealed=Sealed.seal(late.credentials, late.binding, old))
    told = [closed for _, found in rotating.prove(column, key_id(new), 2) for closed in found]
    assert [(each.row, each.opens) for each in told] == [(str(late.uuid), True)]


def test_the_proof_tries_the_key_and_does_not_believe_the_name(column, rows, new, old):
    list(rotating.reseal(column, new, 100))
    false = Sealed.seal(rows[0].credentials, rows[0].binding, old).ciphertext.replace(key_id(old), key_id(new))
    Destination.objects.filter(pk=rows[0].pk).update(sealed=Sealed(false))
    told = [closed for _, found in rotating.prove(column, key_id(new), 2) for closed in found]
    assert [each.row for each in told] == [str(rows[0].uuid)]


def test_rows_are_counted_by_key(column, rows, new, old):
    next(rotating.reseal(column, new, 2))
    assert rotating.count()[column] == {key_id(new): 2, key_id(old): 3}


def test_what_needs_a_lost_key_is_given_up_and_opens_should_the_key_be_found(column, rows, use, new, old):
    next(rotating.reseal(column, new, 2))
    assert rotating.abandon(column, key_id(old)) == 3
    assert keys_of(column) == [key_id(new)] * 2 + [""] * 3
    assert rows[4].credentials == Destination.objects.get(pk=rows[4].pk).credentials
    assert sum(rotating.reseal(column, new, 2)) == 3


def test_a_row_names_itself_by_its_uuid_or_its_key(use, new, old):
    use(old)
    tenant = make_tenant("acme")
    use(new, old)
    TunnelKey.objects.update(sealed=Sealed("damaged"))
    column = Column(TunnelKey, TunnelKey._meta.get_field("sealed"))
    ((_, found),) = rotating.prove(column, key_id(new), 10)
    assert str(found[0]).startswith(f"TunnelKey.sealed of {tenant.pk}: ")


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="On SQLite writers take turns.")
def test_a_row_that_somebody_holds_is_passed_over_and_done_afterwards(column, rows, new):
    held, done = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            Destination.objects.select_for_update().get(pk=rows[2].pk)
            held.set()
            done.wait(30)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(30)
    batches = rotating.reseal(column, new, 100)
    assert next(batches) == 4
    done.set()
    holder.join()
    assert sum(batches) == 1
