import pytest
from cryptography.fernet import Fernet, MultiFernet
from django.core import serializers
from encrypted_model_fields import fields as encrypted

from destinations import services
from destinations.drafts import Draft
from destinations.models import Destination
from destinations.sealing import Sealed, SecretUnreadable, verify_keys
from tests.factories import SECRET, make_destination, make_tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def other_key(monkeypatch):
    def use():
        monkeypatch.setattr(encrypted, "CRYPTER", MultiFernet([Fernet(Fernet.generate_key())]))

    return use


def column(destination: Destination) -> str:
    return Destination.objects.values_list("sealed", flat=True).get(pk=destination.pk).ciphertext


def test_the_database_holds_no_secret_in_clear():
    made = make_destination()
    for name, value in Destination.objects.filter(pk=made.pk).values().get().items():
        assert SECRET not in str(value), name
    assert column(made).startswith("gAAAA")


def test_a_wrong_key_raises_and_shows_nothing(other_key):
    made = Destination.objects.get(pk=make_destination().pk)
    other_key()
    with pytest.raises(SecretUnreadable) as caught:
        made.credentials  # noqa: B018
    assert made.sealed.ciphertext not in str(caught.value)


def test_a_wrong_key_does_not_fail_a_list(other_key):
    make_destination()
    other_key()
    assert [row.masked for row in Destination.objects.readable()] != []


def test_saving_an_unreadable_row_loses_nothing(other_key, monkeypatch):
    made = make_destination()
    before, crypter = column(made), encrypted.CRYPTER
    other_key()
    row = Destination.objects.get(pk=made.pk)
    row.save()
    assert column(made) == before
    monkeypatch.setattr(encrypted, "CRYPTER", crypter)
    assert Destination.objects.get(pk=made.pk).credentials == {"secret": SECRET}


def test_updating_an_unreadable_row_is_refused_and_loses_nothing(other_key):
    made = make_destination()
    before = column(made)
    other_key()
    with pytest.raises(SecretUnreadable):
        services.update(made, Draft(name="x"))
    assert column(made) == before


@pytest.mark.parametrize("credentials", [{}, {"headers": {"X-A": "1"}}, {"secret": "********"}])
def test_unreadable_credentials_are_not_replaced_in_part(other_key, credentials):
    made = make_destination()
    before = column(made)
    other_key()
    with pytest.raises(SecretUnreadable):
        services.update(made, Draft(credentials=credentials))
    assert column(made) == before


def test_unreadable_credentials_can_be_entered_anew(other_key):
    made = make_destination()
    other_key()
    services.update(made, Draft(credentials={"secret": "a new one"}))
    assert Destination.objects.get(pk=made.pk).credentials == {"secret": "a new one"}


def test_ciphertext_moved_to_another_row_is_refused():
    rich, poor = make_destination(), make_destination()
    Destination.objects.filter(pk=poor.pk).update(sealed=rich.sealed)
    with pytest.raises(SecretUnreadable):
        Destination.objects.get(pk=poor.pk).credentials  # noqa: B018


def test_ciphertext_moved_with_its_uuid_to_another_tenant_is_refused():
    made, other = make_destination(), make_tenant()
    Destination.objects.filter(pk=made.pk).update(tenant=other)
    with pytest.raises(SecretUnreadable):
        Destination.objects.get(pk=made.pk).credentials  # noqa: B018


def test_bulk_update_stores_the_value_and_not_its_expression():
    made = make_destination()
    made.sealed = Sealed.seal({"secret": "new"}, made.binding)
    Destination.objects.bulk_update([made], ["sealed"])
    assert Destination.objects.get(pk=made.pk).credentials == {"secret": "new"}


@pytest.mark.parametrize("value", ["plain", b"bytes", {"secret": "x"}])
def test_the_column_takes_sealed_values_only(value):
    made = make_destination()
    made.sealed = value
    with pytest.raises(TypeError):
        made.save()


def test_the_column_cannot_be_searched_or_serialised():
    made = make_destination()
    with pytest.raises(TypeError):
        Destination.objects.filter(sealed=made.sealed).exists()
    with pytest.raises(TypeError):
        serializers.serialize("json", [made])


def test_the_older_key_of_a_list_still_opens(monkeypatch):
    old, new = Fernet(Fernet.generate_key()), Fernet(Fernet.generate_key())
    monkeypatch.setattr(encrypted, "CRYPTER", MultiFernet([old]))
    made = make_destination()
    monkeypatch.setattr(encrypted, "CRYPTER", MultiFernet([new, old]))
    assert Destination.objects.get(pk=made.pk).credentials == {"secret": SECRET}
    verify_keys()


def test_the_keys_are_verified_against_what_is_stored(other_key):
    verify_keys()
    make_destination()
    verify_keys()
    other_key()
    with pytest.raises(SecretUnreadable):
        verify_keys()


def test_nothing_printable_holds_a_secret():
    sealed = Sealed.seal({"secret": SECRET}, "x")
    assert repr(sealed) == str(sealed) == "<Sealed>"
