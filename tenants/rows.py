"""Rows of tenants and access, written with their entry in the audit trail."""

from typing import Any, TypeVar

from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.http import Http404

from tenants import audit
from tenants.changes import columns, differences
from tenants.trail import Subject, kind_of

Row = TypeVar("Row", bound=Model)


class Gone(Http404):
    """The row was removed since it was read, so every face answers as for what is not there."""


@transaction.atomic
def save(row: Row, changes: dict[str, Any], *, security: bool = False) -> Row:
    """Add a row with these changes, or make them in the one that is stored. Nothing else of it is changed, whatever the
    object at hand says: others may have changed it since it was read.

    Raises django's ValidationError, and `Gone`.
    """
    adding = row._state.adding
    if not adding:
        _read_again(row)
    before = {} if adding else columns(row)
    for name, value in changes.items():
        setattr(row, name, value)
    _write(row, {"force_insert": True} if adding else {"update_fields": [*changes, *_stamps(row)]})
    subject, told = Subject.of(row), differences(before, columns(row))
    audit.record(f"{subject.kind}.{'create' if adding else 'update'}", subject, changes=told, security=security)
    return row


def _read_again(row: Model) -> None:
    """And hold it until the transaction ends."""
    try:
        row.refresh_from_db(from_queryset=type(row)._default_manager.select_for_update())
    except ObjectDoesNotExist:
        raise Gone(f"{row} was removed meanwhile.") from None


def _stamps(row: Model) -> list[str]:
    return [field.name for field in row._meta.concrete_fields if getattr(field, "auto_now", False)]


def _write(row: Model, how: dict[str, Any]) -> None:
    """What somebody else took between the look and the writing is refused like what he took before."""
    row.full_clean()
    try:
        with transaction.atomic():
            row.save(**how)
    except IntegrityError:
        row.full_clean()
        raise


@transaction.atomic
def delete(row: Model, *, security: bool = False) -> None:
    """With all that hangs on the row, which is counted in the entry."""
    subject = Subject.of(row)
    _, counts = row.delete()
    if counts.pop(row._meta.label, 0):
        told = differences({kind_of(apps.get_model(label)): count for label, count in counts.items()}, {})
        audit.record(f"{subject.kind}.delete", subject, changes=told, security=security)
