"""Destinations, their state, and the checks they went through."""

import time
import uuid
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from connectors import registry
from connectors.base import Connector
from connectors.identity import Identity
from destinations.querysets import CheckQuerySet, DestinationQuerySet
from destinations.sealing import Sealed, SealedField
from tenants.models import SEGMENT, Environment, Tenant

ALL_TOPICS = ["*"]


def new_uid() -> str:
    """`des_` and 26 characters that sort by the time they were made."""
    return f"des_{int(time.time() * 1000):012x}{uuid.uuid4().hex[:14]}"


def all_topics() -> list[str]:
    return list(ALL_TOPICS)


def target(type_: str, config: dict[str, Any]) -> str:
    """What a person recognises a destination by; empty for a type that this version does not have."""
    return registry.get(type_).target(config) if type_ in registry.names() else ""


class Destination(models.Model):
    """One place data goes. Written only by `destinations.services`."""

    id = models.BigAutoField(primary_key=True)
    uid = models.CharField(max_length=255, default=new_uid)
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=255)
    slug = models.CharField(max_length=255)
    description = models.TextField(blank=True)

    type = models.CharField(max_length=64)
    topics = models.JSONField(default=all_topics)
    config = models.JSONField(default=dict)
    sealed: Sealed | None = SealedField()
    masked = models.JSONField(default=dict)
    metadata = models.JSONField(default=dict)
    extra = models.JSONField(default=dict)
    sealed_extra: Sealed | None = SealedField(null=True)

    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="destinations", db_index=False)
    environment = models.ForeignKey(Environment, models.PROTECT, null=True, related_name="destinations")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="destinations")
    is_default = models.BooleanField(default=False)

    disabled_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    created = models.DateTimeField(default=timezone.now)
    updated = models.DateTimeField(default=timezone.now)
    revision = models.PositiveBigIntegerField(default=1)

    objects = DestinationQuerySet.as_manager()

    # Secrets that the type made itself, in clear, only on the instance that `services` returned.
    generated: Mapping[str, Any] = {}

    class Meta:
        ordering = ("-created", "-id")
        constraints = (
            models.UniqueConstraint(fields=("tenant", "uid"), name="destination_uid"),
            models.UniqueConstraint(fields=("tenant", "slug"), name="destination_slug"),
            models.UniqueConstraint(fields=("tenant", "name"), condition=Q(environment=None), name="destination_name"),
            models.UniqueConstraint(
                fields=("tenant", "environment", "name"),
                condition=Q(environment__isnull=False),
                name="destination_name_in_environment",
            ),
            models.UniqueConstraint(fields=("tenant",), condition=Q(is_default=True), name="destination_default"),
        )
        indexes = (
            models.Index(fields=("tenant", "created", "id"), name="destination_by_created"),
            models.Index(fields=("tenant", "updated", "id"), name="destination_by_updated"),
            models.Index(fields=("tenant", "name", "id"), name="destination_by_name"),
            models.Index(fields=("tenant", "type", "id"), name="destination_by_type"),
            models.Index(fields=("created", "id"), name="destination_newest"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def connector(self) -> Connector:
        return registry.get(self.type)

    @property
    def target(self) -> str:
        return target(self.type, self.config)

    @property
    def binding(self) -> str:
        """What the sealed credentials belong to: this row of this tenant, and no other."""
        return self._bound("credentials")

    @property
    def credentials(self) -> dict[str, Any]:
        """The credentials in clear. Raises `SecretUnreadable`."""
        return self.sealed.open(self.binding) if self.sealed else {}

    @credentials.setter
    def credentials(self, values: dict[str, Any]) -> None:
        self.sealed = Sealed.seal(values, self.binding)
        self.masked = self.connector.mask(values)

    @property
    def identity(self) -> Identity | None:
        """Whom a check signs in as, where its config asks for that. Raises `SecretUnreadable`."""
        if not self.connector.needs_identity(self.config):
            return None
        key = TunnelKey.objects.filter(tenant=self.tenant_id).first()
        return key.identity if key else None

    @property
    def secret_extra(self) -> dict[str, Any]:
        """What dialects keep that is not for everybody's eyes, by dialect. Raises `SecretUnreadable`."""
        return self.sealed_extra.open(self._bound("extra")) if self.sealed_extra else {}

    @secret_extra.setter
    def secret_extra(self, values: dict[str, Any]) -> None:
        kept = {dialect: held for dialect, held in values.items() if held}
        self.sealed_extra = Sealed.seal(kept, self._bound("extra")) if kept else None

    def _bound(self, part: str) -> str:
        return f"{self.tenant_id}/{self.uuid}/{part}"


class TunnelKey(models.Model):
    """The key pair with which checks of a tenant's destinations sign in to SSH servers. Made by `keys.ssh_key`."""

    tenant = models.OneToOneField(Tenant, models.CASCADE, primary_key=True, related_name="tunnel_key")
    public_key = models.TextField()
    sealed: Sealed | None = SealedField()
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("tenant",)
        verbose_name = "SSH key"

    def __str__(self) -> str:
        return f"SSH key of {self.tenant_id}"

    @property
    def binding(self) -> str:
        return f"{self.tenant_id}/ssh/private_key"

    @property
    def identity(self) -> Identity:
        """The key pair in clear. Raises `SecretUnreadable`."""
        assert self.sealed is not None  # noqa: S101  the column is never null
        return Identity(self.public_key, self.sealed.open(self.binding)["private"])

    @identity.setter
    def identity(self, pair: Identity) -> None:
        self.public_key = pair.public
        self.sealed = Sealed.seal({"private": pair.private}, self.binding)


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
