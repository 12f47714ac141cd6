"""Which keys there are, which are needed, and which of them seals."""

import importlib
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from destinations import keyring
from destinations.keyring import KeyId, key_id
from destinations.models import AuthCredential, Destination, TunnelKey
from destinations.sealing import KeyMissing, Sealed, SealedField, SecretUnreadable, verify_keys
from tests.factories import SECRET, make_credential, make_destination, make_tenant

pytestmark = pytest.mark.django_db


def stored(row, field="sealed") -> str:
    return type(row).objects.values_list(field, flat=True).get(pk=row.pk).ciphertext


def store(row, ciphertext, field="sealed") -> None:
    type(row).objects.filter(pk=row.pk).update(**{field: Sealed(ciphertext)})


def needed() -> set[str]:
    return keyring.in_use(keyring.columns())


class TestColumns:
    def test_all_that_is_sealed_is_found(self):
        titles = {column.title for column in keyring.columns()}
        assert titles == {"AuthCredential.sealed", "Destination.sealed", "Destination.sealed_extra", "TunnelKey.sealed"}

    def test_each_is_of_the_field_that_binds(self):
        assert all(isinstance(column.field, SealedField) for column in keyring.columns())

    def test_each_says_what_it_is_bound_to_and_no_two_say_the_same(self):
        tenant = make_tenant()
        rows = (make_destination(tenant), make_credential(tenant), TunnelKey.objects.get(tenant=tenant))
        by_model: dict[object, Any] = {type(row): row for row in rows}
        bindings = [column.field.bound(by_model[column.model]) for column in keyring.columns()]
        assert len(set(bindings)) == len(bindings) == 4
        assert all(binding.startswith(f"{tenant.pk}/") for binding in bindings)

    @pytest.mark.parametrize("column", keyring.columns(), ids=lambda column: column.title)
    def test_each_has_an_index_on_the_keys_of_its_values(self, column):
        indexed = [expression for index in column.model._meta.indexes for expression in index.expressions]
        assert KeyId(column.field.name) in indexed

    @pytest.mark.parametrize("column", keyring.columns(), ids=lambda column: column.title)
    def test_the_index_is_what_looks_a_key_up(self, column):
        names = [index.name for index in column.model._meta.indexes if KeyId(column.field.name) in index.expressions]
        rows = column.values().filter(key_of_value__gt="a").order_by("key_of_value")[:1]
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET LOCAL enable_seqscan = off")
        assert names[0] in rows.explain()


class TestAValue:
    def test_names_its_key(self, use, old):
        use(old)
        assert stored(make_destination()).rpartition(".")[2] == key_id(old)

    def test_its_name_says_nothing_of_the_key(self, old):
        assert len(key_id(old)) == 12
        assert key_id(old) not in (old._signing_key + old._encryption_key).hex()

    def test_opens_with_the_key_that_it_names_wherever_that_stands(self, use, old, new):
        use(old)
        made = make_destination()
        use(new, old)
        assert Destination.objects.get(pk=made.pk).credentials == {"secret": SECRET}

    @pytest.mark.parametrize("name", ["0" * 12, "", "."])
    def test_under_another_name_it_stays_closed_or_opens_as_itself(self, name):
        made = make_destination()
        store(made, f"{stored(made).partition('.')[0]}.{name}" if name else stored(made).partition(".")[0])
        row = Destination.objects.get(pk=made.pk)
        if name:
            with pytest.raises(SecretUnreadable):
                row.credentials  # noqa: B018  opening is the test
        else:
            assert row.credentials == {"secret": SECRET}


class TestWhichKeySeals:
    def test_the_first_where_nothing_is_stored(self, use, old, new):
        use(new, old)
        assert stored(make_destination()).endswith(key_id(new))

    def test_the_one_in_use_until_the_first_is(self, use, old, new):
        use(old)
        made = make_destination()
        use(new, old)
        assert stored(make_destination()).endswith(key_id(old))
        store(made, Sealed.seal(made.credentials, made.binding, new).ciphertext)
        assert stored(make_destination()).endswith(key_id(new))

    def test_once_the_first_is_in_use_nobody_asks_again(self, use, old, django_assert_num_queries):
        use(old)
        make_tenant()
        keyring.sealing_key()
        with django_assert_num_queries(0):
            keyring.sealing_key()


class TestWhatIsNeeded:
    def test_is_told_for_every_column_whatever_its_place(self, use, old, new):
        use(old)
        make_tenant()
        rows: list[Any] = [make_destination(), make_credential(), TunnelKey.objects.order_by("pk")[0]]
        rows[0].secret_extra = {"outpost": {"a": 1}}
        rows[0].save()
        use(new)
        for row in rows:
            for name in ("sealed", "sealed_extra") if row is rows[0] else ("sealed",):
                for each in (Destination, AuthCredential, TunnelKey):
                    each.objects.update(sealed=Sealed(f"x.{key_id(new)}"))
                Destination.objects.update(sealed_extra=None)
                verify_keys()
                store(row, f"x.{key_id(old)}", name)
                with pytest.raises(KeyMissing, match=rf"\(id {key_id(old)}\)"):
                    verify_keys()
                Destination.objects.update(sealed_extra=None)

    def test_a_row_in_the_middle_counts(self, use, old, new):
        use(new)
        rows = [make_destination() for _ in range(5)]
        use(old)
        store(rows[2], Sealed.seal({}, "x").ciphertext)
        TunnelKey.objects.all().delete()
        use(new)
        with pytest.raises(KeyMissing, match="An encryption key is missing that secrets in the database still need"):
            verify_keys()
        use(new, old)
        verify_keys()

    def test_a_wrong_key_is_told_in_a_sentence(self, use, old, new):
        use(old)
        make_destination()
        use(new)
        with pytest.raises(KeyMissing) as caught:
            verify_keys()
        assert str(caught.value).startswith("The encryption key does not open the secrets that the database holds: ")

    def test_a_damaged_value_stops_nothing(self, use, old):
        use(old)
        made = make_destination()
        store(made, stored(made)[:50])
        verify_keys()
        with pytest.raises(SecretUnreadable):
            Destination.objects.get(pk=made.pk).credentials  # noqa: B018  opening is the test

    def test_it_takes_few_queries_for_many_rows(self, use, old, django_assert_max_num_queries):
        use(old)
        tenant = make_tenant()
        for _ in range(20):
            make_destination(tenant)
        with django_assert_max_num_queries(9):
            verify_keys()


class TestNamingTheKeysOfOlderValues:
    """What the migration does."""

    @pytest.fixture
    def name_keys(self):
        migration = importlib.import_module("destinations.migrations.0002_encryption_keys")
        return lambda: migration.name_keys(apps, None)

    def test_every_value_that_opens_is_named(self, use, old, new, name_keys):
        use(old)
        made, damaged = make_destination(), make_destination()
        before = stored(made)
        store(made, before.partition(".")[0])
        store(damaged, "damaged")
        use(new, old)
        name_keys()
        assert stored(made) == before
        assert stored(damaged) == "damaged"

    def test_with_a_wrong_key_nothing_is_changed(self, use, old, new, name_keys):
        use(old)
        made = make_destination()
        TunnelKey.objects.all().delete()
        store(made, stored(made).partition(".")[0])
        use(new)
        with pytest.raises(KeyMissing):
            name_keys()
        assert "." not in stored(made)
