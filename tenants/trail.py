"""The audit trail: what was changed, by whom, from where. Rows are added, and never changed or removed."""

import re
import uuid
from dataclasses import dataclass
from typing import Any, NoReturn, Self

from django.db import models
from django.utils import timezone


class AppendOnly(Exception):
    """Somebody tried to change or remove an entry of the trail."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What an entry is about. Made before a row is deleted, it can be told of afterwards."""

    kind: str
    id: str
    label: str
    tenant: str = ""  # empty for what concerns the installation

    @classmethod
    def of(cls, row: models.Model) -> "Subject":
        kind = kind_of(row._meta.model)  # Django's `request.user` is of another class
        id_ = str(getattr(row, "uuid", None) or row.pk)
        tenant = row.pk if kind == "tenant" else getattr(row, "tenant_id", None)
        return cls(kind, id_, str(row), tenant or "")


def kind_of(model: type[models.Model]) -> str:
    """`api_key` of ApiKey."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", model.__name__).lower()


class AuditQuerySet(models.QuerySet["AuditEvent"]):
    """Without the ways to change rows; the database refuses them as well."""

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise AppendOnly("Entries of the audit trail are never changed or removed.")

    def about(self, row: models.Model) -> Self:
        """The entries of one row. An id can be given anew: what was before the row was made is another's."""
        subject = Subject.of(row)
        found = self.filter(subject_id=subject.id, subject_kind=subject.kind, tenant=subject.tenant)
        created = getattr(row, "created", None)
        return found if created is None else found.filter(at__gte=created)

    update = bulk_update = delete = _raw_delete = update_or_create = _refuse


class AuditEvent(models.Model):
    """One change. Who and what are told in words of their own, not by reference: they outlive what they name.

    `changes` is a list of {"field", "before", "after"}; with `"secret": true` the two are fingerprints.
    """

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField(default=timezone.now)
    action = models.CharField(max_length=64)
    subject_kind = models.CharField(max_length=32)
    subject_id = models.CharField(max_length=255)
    subject_label = models.CharField(max_length=255)
    tenant = models.CharField(max_length=255, blank=True)  # empty for what concerns the installation
    user_id = models.BigIntegerField(null=True)
    user_name = models.CharField(max_length=255, blank=True)
    key_id = models.UUIDField(null=True)
    key_name = models.CharField(max_length=300, blank=True)
    face = models.CharField(max_length=16)
    address = models.CharField(max_length=45, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    changes = models.JSONField(default=list)
    security = models.BooleanField(default=False)

    objects = AuditQuerySet.as_manager()

    class Meta:
        base_manager_name = "objects"
        ordering = ("-at", "-uuid")
        verbose_name = "audit entry"
        verbose_name_plural = "audit trail"
        indexes = (
            models.Index(fields=("at", "uuid"), name="audit_by_time"),
            models.Index(fields=("tenant", "at", "uuid"), name="audit_of_tenant"),
            models.Index(fields=("subject_id", "at", "uuid"), name="audit_of_subject"),
        )

    def __str__(self) -> str:
        return f"{self.action} of {self.subject_label}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly("Entries of the audit trail are never changed.")
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly("Entries of the audit trail are never removed.")
