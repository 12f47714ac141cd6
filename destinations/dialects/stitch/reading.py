"""A destination as Stitch shows it: typed values in version 3, texts in version 4."""

from typing import Any

from django.conf import settings

from destinations.dialects.stitch import cards, checks
from destinations.dialects.stitch.access import account_id
from destinations.dialects.stitch.declaring import Type
from destinations.dialects.stitch.moments import moment
from destinations.dialects.stitch.types import BY_NATIVE
from destinations.models import Destination
from destinations.naming import is_numbered

EXTRA = "stitch"  # the key of what only Stitch's clients know, in `extra`
MASK = "<PASSWORD>"


def type_of(row: Destination) -> Type:
    return BY_NATIVE[row.type]


def native_of(row: Destination) -> dict[str, Any]:
    """What is stored by native paths, of credentials what may be shown."""
    sections = {
        "config": row.config,
        "credentials": row.masked,
        "extra": row.extra.get(EXTRA, {}).get("properties", {}),
    }
    return {f"{section}.{name}": value for section, values in sections.items() for name, value in values.items()}


def values_of(row: Destination) -> dict[str, Any]:
    """Every property that has a value, in the texts and objects of version 4; of secrets there are masks only."""
    native = native_of(row)
    return {name: value for codec in type_of(row).codecs for name, value in codec.show(native).items()}


def shown(row: Destination, newest_check: Any = None) -> dict[str, Any]:
    """Version 4. `newest_check` is the uuid of one."""
    type_, values, account = type_of(row), values_of(row), account_id(row.tenant_id)
    hidden = type_.secrets if settings.STITCH_HIDES == "secrets" else type_.credentials
    public = sorted(type_.properties.keys() & values.keys() - hidden)
    return {
        "id": row.pk,
        "name": name_of(row),
        "display_name": None,
        "description": row.description or None,
        "type": type_.key,
        "properties": {name: values[name] for name in public},
        "stitch_client_id": account,
        "created_at": moment(row.created),
        "updated_at": moment(row.updated),
        "paused_at": row.disabled_at and moment(row.disabled_at),
        "system_paused_at": None,
        "deleted_at": None,
        "check_job_name": newest_check and checks.job_name(account, row.pk, newest_check),
        "report_card": cards.of_row(type_, values, row.state.last_check),
    }


def name_of(row: Destination) -> str:
    """As it was asked for, where another destination had that name and this one was given a number."""
    asked: str = row.extra.get(EXTRA, {}).get("name", "")
    return asked if asked and is_numbered(row.name, asked) else row.name


def shown_old(row: Destination) -> dict[str, Any]:
    """Version 3."""
    return {
        "id": row.pk,
        "type": type_of(row).key,
        "created_at": moment(row.created),
        "updated_at": moment(row.updated),
        "connection": connection_of(row),
        "last_check": checks.last_check(row),
    }


def connection_of(row: Destination) -> dict[str, Any]:
    type_, values = type_of(row), values_of(row)
    if values.get("encryption_type") == "none":
        values.pop("encryption_type")
    hidden = type_.secrets if settings.STITCH_SECRETS == "omit" else ()
    told = [name for name in type_.old if name in values and name not in hidden]
    properties = type_.old_properties
    return {name: MASK if name in type_.secrets else properties[name].typed(values[name]) for name in told}
