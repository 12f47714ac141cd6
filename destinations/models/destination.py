"""A place that data is sent to."""

import time
import uuid
from collections.abc import Mapping
from typing import Any, TypedDict

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from connectors import registry
from connectors.base import Connector
from connectors.identity import Identity
from connectors.strategies import Attached
from destinations.keyring import KeyId
from destinations.models.sharing import AuthCredential, TunnelKey
from destinations.querysets import DestinationQuerySet
from destinations.sealing import Sealed, SealedField, SecretUnreadable
from tenants.models import Environment, Tenant

ALL_TOPICS = ["*"]


def new_uid() -> str:
    """`des_` and 26 characters that sort by the time they were made."""
    return f"des_{int(time.time() * 1000):012x}{uuid.uuid4().hex[:14]}"


def all_topics() -> list[str]:
    return list(ALL_TOPICS)


def target(type_: str, config: dict[str, Any], *, incomplete: bool = False) -> str:
    """What a person recognises a destination by; empty for one that is not known yet, or whose type is not."""
    return registry.get(type_).target(config) if type_ in registry.names() and not incomplete else ""


class Access(TypedDict):
    """What a check signs in with: named as `running.run` takes them."""

    credentials: dict[str, Any]
    identity: Identity | None
    attached: Attached | None


class Destination(models.Model):
    """One place data goes. Written only by `destinations.services`."""

    id = models.BigAutoField(primary_key=True)
    uid = models.CharField(max_length=255, default=new_uid)
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=255)
    slug = models.CharField(max_length=255)
    description = models.TextField(blank=True)

    # Empty while it is not decided yet.
    type = models.CharField(max_length=64)
    # Something that the type requires is missing: it can be kept and completed, not checked.
    incomplete = models.BooleanField(default=False)
    topics = models.JSONField(default=all_topics)
    config = models.JSONField(default=dict)
    sealed: Sealed | None = SealedField()
    masked = models.JSONField(default=dict)
    auth_credential = models.ForeignKey(AuthCredential, models.PROTECT, null=True, related_name="destinations")
    metadata = models.JSONField(default=dict)
    extra = models.JSONField(default=dict)
    sealed_extra: Sealed | None = SealedField(null=True, binding="extra_binding")

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
            models.Index(KeyId("sealed"), name="destination_key"),
            models.Index(KeyId("sealed_extra"), name="destination_extra_key"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def connector(self) -> Connector:
        return registry.get(self.type)

    @property
    def target(self) -> str:
        return target(self.type, self.config, incomplete=self.incomplete)

    @property
    def binding(self) -> str:
        """What the sealed credentials belong to: this row of this tenant, and no other."""
        return f"{self.tenant_id}/{self.uuid}/credentials"

    @property
    def extra_binding(self) -> str:
        return f"{self.tenant_id}/{self.uuid}/extra"

    @property
    def credentials(self) -> dict[str, Any]:
        """The credentials in clear. Raises `SecretUnreadable`."""
        return self.sealed.open(self.binding) if self.sealed else {}

    @credentials.setter
    def credentials(self, values: dict[str, Any]) -> None:
        self.sealed = Sealed.seal(values, self.binding)
        self.masked = self.connector.mask(values) if values else {}

    @property
    def attached(self) -> Attached | None:
        """The shared credential that it signs in with. Raises `SecretUnreadable`."""
        return self.auth_credential.attached if self.auth_credential else None

    @property
    def access(self) -> "Access":
        """All that a check signs in with. Raises `SecretUnreadable`."""
        return {"credentials": self.credentials, "identity": self.identity, "attached": self.attached}

    @property
    def needs_identity(self) -> bool:
        """Whether a check of it signs in with the key pair of the tenant."""
        return bool(self.type) and self.connector.needs_identity(self.config)

    @property
    def identity(self) -> Identity | None:
        """Whom a check signs in as, where its config asks for that. Raises `SecretUnreadable`."""
        if not self.needs_identity:
            return None
        key = TunnelKey.objects.filter(tenant=self.tenant_id).first()
        return key.identity if key else None

    @property
    def readable_extra(self) -> dict[str, Any]:
        """`secret_extra`, and nothing if it cannot be read: a dialect then enters its share of it anew."""
        try:
            return self.secret_extra
        except SecretUnreadable:
            return {}

    @property
    def secret_extra(self) -> dict[str, Any]:
        """What dialects keep that is not for everybody's eyes, by dialect. Raises `SecretUnreadable`."""
        return self.sealed_extra.open(self.extra_binding) if self.sealed_extra else {}

    @secret_extra.setter
    def secret_extra(self, values: dict[str, Any]) -> None:
        kept = {dialect: held for dialect, held in values.items() if held}
        self.sealed_extra = Sealed.seal(kept, self.extra_binding) if kept else None
