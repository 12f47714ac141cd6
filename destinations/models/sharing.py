"""Credentials that several destinations sign in with, and the key pairs of tenants."""

import uuid
from typing import Any

from django.db import models
from django.utils import timezone

from connectors import strategies
from connectors.identity import Identity
from connectors.strategies import Attached, Strategy
from destinations.keyring import KeyId
from destinations.querysets import AuthCredentialQuerySet
from destinations.sealing import Sealed, SealedField
from tenants.models import Environment, Tenant


class AuthCredential(models.Model):
    """A way to sign in that several destinations share. Written only by `destinations.credentials`."""

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=255)
    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="auth_credentials")
    environment = models.ForeignKey(Environment, models.CASCADE, null=True, blank=True, related_name="auth_credentials")
    strategy = models.CharField(max_length=32)
    properties = models.JSONField(default=dict)
    sealed: Sealed | None = SealedField()
    masked = models.JSONField(default=dict)
    extra = models.JSONField(default=dict)
    created = models.DateTimeField(default=timezone.now)
    updated = models.DateTimeField(default=timezone.now)

    objects = AuthCredentialQuerySet.as_manager()

    class Meta:
        ordering = ("name", "uuid")
        verbose_name = "shared credential"
        indexes = (models.Index(KeyId("sealed"), name="credential_key"),)

    def __str__(self) -> str:
        return self.name

    @property
    def declaration(self) -> Strategy:
        return strategies.get(self.strategy)

    @property
    def secrets(self) -> dict[str, Any]:
        """The secrets in clear. Raises `SecretUnreadable`."""
        return self.sealed.open(self.binding) if self.sealed else {}

    @secrets.setter
    def secrets(self, values: dict[str, Any]) -> None:
        self.sealed = Sealed.seal(values, self.binding)
        self.masked = self.declaration.mask(values)

    @property
    def attached(self) -> Attached:
        """What a check signs in with. Raises `SecretUnreadable`."""
        return Attached(self.declaration, self.properties, self.secrets)

    @property
    def binding(self) -> str:
        return f"{self.tenant_id}/{self.uuid}/auth"


class TunnelKey(models.Model):
    """The key pair with which checks of a tenant's destinations sign in to SSH servers. Made by `keys.ssh_key`."""

    tenant = models.OneToOneField(Tenant, models.CASCADE, primary_key=True, related_name="tunnel_key")
    public_key = models.TextField()
    sealed: Sealed | None = SealedField()
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("tenant",)
        verbose_name = "SSH key"
        indexes = (models.Index(KeyId("sealed"), name="tunnelkey_key"),)

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
