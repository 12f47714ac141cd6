"""Whoever uses a destination."""

from django.db import transaction
from django.utils import timezone

from destinations.models import Consumer, Destination
from destinations.services.rows import locked


@transaction.atomic
def register_consumer(destination: Destination, *, kind: str, name: str) -> tuple[Consumer, bool]:
    """Note that something uses the destination, or still does; also tells whether it was not known before.

    Raises `Archived`, and django's ValidationError for what can be no kind or name.
    """
    current = locked(destination)
    Consumer(destination=current, kind=kind, name=name).clean_fields()
    seen = {"last_seen": timezone.now()}
    return Consumer.objects.update_or_create(destination=current, kind=kind, name=name, defaults=seen)


@transaction.atomic
def forget_consumer(consumer: Consumer) -> None:
    """Note that something uses its destination no more."""
    consumer.delete()
