"""Whoever uses a destination."""

from django.db import transaction
from django.utils import timezone

from destinations import trail
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
    consumer, new = Consumer.objects.update_or_create(destination=current, kind=kind, name=name, defaults=seen)
    if new:
        trail.record("add_consumer", current, {"field": "consumer", "before": None, "after": str(consumer)})
    return consumer, new


@transaction.atomic
def forget_consumer(consumer: Consumer) -> None:
    """Note that something uses its destination no more."""
    if Consumer.objects.filter(pk=consumer.pk).delete()[0]:
        gone = {"field": "consumer", "before": str(consumer), "after": None}
        trail.record("remove_consumer", consumer.destination, gone)
