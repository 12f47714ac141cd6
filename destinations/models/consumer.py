"""Who uses a destination."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone

from destinations.models.destination import Destination
from tenants.models import SEGMENT


class Consumer(models.Model):
    """Something that uses a destination and said so: a script, a pipeline, a service. What `kind` it is, is its own
    word; the name is unique in it."""

    destination = models.ForeignKey(Destination, models.CASCADE, related_name="consumers", db_index=False)
    kind = models.CharField(
        max_length=64,
        validators=[
            RegexValidator(
                r"\A[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\Z",
                "A kind consists of lower-case letters, digits and inner hyphens.",
            )
        ],
    )
    name = models.CharField(
        max_length=255,
        validators=[
            RegexValidator(
                rf"\A{SEGMENT}\Z", "A name must not begin or end with a blank or hold '/', '?', '#' or '%%'."
            )
        ],
    )
    last_seen = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("kind", "name")
        constraints = (models.UniqueConstraint(fields=("destination", "kind", "name"), name="consumer_once"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
