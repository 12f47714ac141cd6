"""Who owns destinations, and who may call."""

import secrets
import uuid

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from tenants.redirects import judge_redirect_uris
from tenants.trail import AuditEvent  # noqa: F401  here Django finds it

# What travels as one path segment; several clients send a slash as it is.
SEGMENT = r"(?!\.{1,2}\Z)(?! )(?:[^\s/?#%\x00-\x1f\x7f]| )+(?<! )"


def new_tenant_id() -> str:
    return f"ten_{secrets.token_hex(10)}"


def new_client_id() -> str:
    return f"oc_{secrets.token_hex(16)}"


class Role(models.TextChoices):
    """What a principal may do in a tenant; each role includes the ones before it."""

    VIEWER = "viewer", "Viewer"
    EDITOR = "editor", "Editor"
    ADMIN = "admin", "Admin"

    @property
    def rank(self) -> int:
        return list(Role).index(self)


class Tenant(models.Model):
    """An owner of destinations: what the five vendors call tenant, account or organization."""

    id = models.CharField(
        primary_key=True,
        max_length=255,
        default=new_tenant_id,
        validators=[
            RegexValidator(rf"\A{SEGMENT}\Z", "An id must not begin or end with a blank or hold '/', '?', '#' or '%%'.")
        ],
        help_text="Chosen by you or generated; it never changes.",
    )
    name = models.CharField(max_length=255)
    metadata = models.JSONField(default=dict, blank=True)
    destination_limit = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="How many destinations it may have; 0 is no limit. Empty: what the installation says.",
    )
    created = models.DateTimeField(default=timezone.now, editable=False)
    updated = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name

    @property
    def life(self) -> str:
        """What tells it from another tenant that had its id before, or gets it afterwards."""
        return self.created.isoformat()


class Environment(models.Model):
    """A named stage of a tenant."""

    class Flag(models.TextChoices):
        PRODUCTION = "Production"
        STAGING = "Staging"
        DEVELOPMENT = "Development"

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="environments")
    name = models.CharField(max_length=255)
    flag = models.CharField(max_length=16, choices=Flag.choices, default=Flag.DEVELOPMENT)
    created = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("tenant", "name")
        constraints = (models.UniqueConstraint(fields=("tenant", "name"), name="environment_name_per_tenant"),)

    def __str__(self) -> str:
        return f"{self.name} ({self.flag})"


class Membership(models.Model):
    """A user's role in a tenant, or in one environment of it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="memberships")
    environment = models.ForeignKey(Environment, models.CASCADE, null=True, blank=True, related_name="memberships")
    role = models.CharField(max_length=8, choices=Role.choices, default=Role.VIEWER)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("user", "tenant"), condition=Q(environment=None), name="membership_per_tenant"
            ),
            models.UniqueConstraint(fields=("user", "environment"), name="membership_per_environment"),
        )

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.tenant}"

    def clean(self) -> None:
        if self.environment and self.tenant_id and self.environment.tenant_id != self.tenant_id:
            raise ValidationError({"environment": "The tenant has no such environment."})


class KeyPair(models.Model):
    """The public half of a person's key pair, with whose private half the person's programs sign in.

    They may do what the person may: its memberships decide.
    """

    client_id = models.UUIDField("client ID", primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=255)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="key_pairs")
    public_key = models.TextField(help_text="PEM text of an RSA key of at least 2048 bits, or of one on P-384.")
    created = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class ApiKey(models.Model):
    """A bearer secret of the installation (no tenant) or of one tenant. Only its SHA-256 is stored."""

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=255)
    prefix = models.CharField(max_length=16, db_index=True, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    tenant = models.ForeignKey(Tenant, models.CASCADE, null=True, blank=True, related_name="api_keys")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="api_keys")
    role = models.CharField(max_length=8, choices=Role.choices, default=Role.VIEWER)
    created = models.DateTimeField(default=timezone.now, editable=False)
    expires = models.DateTimeField(null=True, blank=True)
    last_used = models.DateTimeField(null=True, blank=True, editable=False)
    revoked = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ("-created",)
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def is_live(self) -> bool:
        return self.revoked is None and (self.expires is None or self.expires > timezone.now())


class SpentValue(models.Model):
    """Something that served once and never serves again, such as the id of a signed assertion."""

    digest = models.CharField(primary_key=True, max_length=64)
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.digest


class Count(models.Model):
    """How often something was done in the window that ends at `ends`, in seconds since 1970."""

    digest = models.CharField(primary_key=True, max_length=64)
    ends = models.BigIntegerField(db_index=True)
    taken = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.taken} until {self.ends}"


class Partner(models.Model):
    """An application of somebody else's that admins of tenants may let in. Only the SHA-256 of its secret is stored."""

    client_id = models.CharField("client ID", primary_key=True, max_length=64, default=new_client_id, editable=False)
    name = models.CharField(max_length=255)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    # Whoever has answered is sent to the one that was asked for, or else to the first.
    redirect_uris = models.JSONField("redirect URIs", default=list, validators=[judge_redirect_uris])
    opens_accounts = models.BooleanField("may open accounts", default=False)
    created = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Consent(models.Model):
    """An admin lets a partner into a tenant: good for one key, for minutes. Only the SHA-256 of its code is stored."""

    digest = models.CharField(primary_key=True, max_length=64)
    partner = models.ForeignKey(Partner, models.CASCADE, related_name="consents")
    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="consents")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="consents")
    redirect_uri = models.TextField()
    expires = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.user} lets {self.partner} into {self.tenant}"
