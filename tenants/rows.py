"""Rows of tenants and access, written with their entry in the audit trail."""

from typing import Any, TypeVar

from django.apps import apps
from django.db import transaction
from django.db.models import Model

from tenants import audit
from tenants.changes import columns, differences
from tenants.trail import Subject, kind_of

Row = TypeVar("Row", bound=Model)


@transaction.atomic
def save(row: Row, changes: dict[str, Any], *, security: bool = False) -> Row:
    """Raises django's ValidationError."""
    stored = type(row)._default_manager.select_for_update()
    before = None if row._state.adding else stored.filter(pk=row.pk).first()
    for name, value in changes.items():
        setattr(row, name, value)
    row.full_clean()
    row.save()
    subject = Subject.of(row)
    told = differences(columns(before), columns(row))
    audit.record(f"{subject.kind}.{'update' if before else 'create'}", subject, changes=told, security=security)
    return row


@transaction.atomic
def delete(row: Model, *, security: bool = False) -> None:
    """With all that hangs on the row, which is counted in the entry."""
    subject = Subject.of(row)
    _, counts = row.delete()
    if counts.pop(row._meta.label, 0):
        told = differences({kind_of(apps.get_model(label)): count for label, count in counts.items()}, {})
        audit.record(f"{subject.kind}.delete", subject, changes=told, security=security)
