"""What checks found, and what follows from it."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from destinations.models.destination import Destination
from destinations.querysets import CheckQuerySet


class Health(models.TextChoices):
    UNKNOWN = "unknown", "Unknown"
    HEALTHY = "healthy", "Healthy"
    FAILING = "failing", "Failing"


class DestinationState(models.Model):
    """What the checker knows of a destination; the only row it writes beside the checks themselves.

    Due when `requested_at` is set or `next_check_at` has passed, and no lease is alive: the lease is the claim.
    """

    destination = models.OneToOneField(Destination, models.CASCADE, primary_key=True, related_name="state")
    requested_at = models.DateTimeField(null=True)
    next_check_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    last_check = models.ForeignKey(
        "ConnectionCheck", models.SET_NULL, null=True, related_name="+", db_index=False, db_constraint=False
    )
    last_passed_at = models.DateTimeField(null=True)
    last_failed_at = models.DateTimeField(null=True)
    consecutive_failures = models.PositiveIntegerField(default=0)
    health = models.CharField(max_length=8, choices=Health.choices, default=Health.UNKNOWN)

    class Meta:
        indexes = (
            models.Index(fields=("next_check_at",), name="state_due"),
            models.Index(fields=("requested_at",), condition=Q(requested_at__isnull=False), name="state_requested"),
        )

    def __str__(self) -> str:
        return f"{self.health} since {self.consecutive_failures} failures"


class ConnectionCheck(models.Model):
    """One real attempt to use a destination."""

    class Trigger(models.TextChoices):
        CREATE = "create"
        UPDATE = "update"
        MANUAL = "manual"
        SCHEDULE = "schedule"
        VERIFY = "verify"

    class Status(models.TextChoices):
        """`error` is our fault and never counts against the destination."""

        QUEUED = "queued"
        RUNNING = "running"
        PASSED = "passed"
        FAILED = "failed"
        ERROR = "error"
        CANCELLED = "cancelled"

    UNFINISHED = (Status.QUEUED, Status.RUNNING)

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    destination = models.ForeignKey(Destination, models.CASCADE, related_name="checks", db_index=False)
    revision = models.PositiveBigIntegerField()
    trigger = models.CharField(max_length=8, choices=Trigger.choices)
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.QUEUED)
    queued_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    code = models.CharField(max_length=16, blank=True)
    message = models.TextField(blank=True)
    remedy = models.TextField(blank=True)
    steps = models.JSONField(default=list)

    objects = CheckQuerySet.as_manager()

    class Meta:
        ordering = ("-queued_at", "-uuid")
        verbose_name = "connection check"
        indexes = (
            models.Index(fields=("destination", "queued_at"), name="check_by_destination"),
            models.Index(F("queued_at"), F("uuid"), name="check_newest"),
            models.Index(
                fields=("destination",),
                condition=Q(status__in=("queued", "running")),
                name="check_unfinished",
            ),
        )

    def __str__(self) -> str:
        return f"{self.trigger} check of {self.destination_id}: {self.status}"

    @property
    def is_finished(self) -> bool:
        return self.status not in self.UNFINISHED
