import pytest
from django.core.exceptions import ValidationError

from destinations import services
from destinations.exceptions import Archived, InUse
from destinations.models import Consumer, Destination
from tests.factories import make_destination

pytestmark = pytest.mark.django_db


@pytest.fixture
def destination() -> Destination:
    return make_destination()


def register(destination: Destination, name: str = "crawler", kind: str = "script") -> tuple[Consumer, bool]:
    return services.register_consumer(destination, kind=kind, name=name)


def test_a_consumer_is_registered_once_and_then_seen_again(destination):
    first, is_new = register(destination)
    again, is_new_again = register(destination)
    assert (is_new, is_new_again) == (True, False)
    assert again.pk == first.pk
    assert again.last_seen > first.last_seen


def test_one_name_may_be_of_two_kinds_and_use_two_destinations(destination):
    register(destination, kind="script")
    register(destination, kind="pipeline")
    register(make_destination(), kind="script")
    assert Consumer.objects.count() == 3


def test_registering_is_no_change_of_the_destination(destination):
    register(destination)
    now = Destination.objects.get()
    assert (now.revision, now.updated) == (destination.revision, destination.updated)


@pytest.mark.parametrize("kind", ["", "Script", "-a", "a-", "a b", "a" * 65])
def test_what_can_be_no_kind_is_refused(destination, kind):
    with pytest.raises(ValidationError) as caught:
        register(destination, kind=kind)
    assert set(caught.value.message_dict) == {"kind"}


@pytest.mark.parametrize("name", ["", "a/b", " a", "a ", "a?b", "a\0b", "..", "a" * 256])
def test_what_can_be_no_name_is_refused(destination, name):
    with pytest.raises(ValidationError) as caught:
        register(destination, name=name)
    assert set(caught.value.message_dict) == {"name"}


def test_what_is_archived_gets_no_consumers(destination):
    services.archive(destination)
    with pytest.raises(Archived):
        register(destination)


def test_a_destination_in_use_is_not_deleted_and_the_refusal_says_by_whom(destination):
    for number in range(7):
        register(destination, name=f"job-{number}")
    with pytest.raises(InUse, match=r"used by script job-0, .*, script job-4 and others\. Delete it with force"):
        services.delete(destination)
    assert Destination.objects.exists()


def test_force_deletes_it_with_its_consumers(destination):
    register(destination)
    services.delete(destination, force=True)
    assert not Destination.objects.exists()
    assert not Consumer.objects.exists()


def test_once_the_last_consumer_is_forgotten_it_can_be_deleted(destination):
    services.forget_consumer(register(destination)[0])
    services.delete(destination)
    assert not Destination.objects.exists()


def test_a_tenant_goes_with_what_its_destinations_are_used_by(destination):
    register(destination)
    services.delete_tenant(destination.tenant)
    assert not Consumer.objects.exists()
