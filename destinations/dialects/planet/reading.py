"""A destination as Planet shows it: the parameters it was made with, and no secret, not even masked."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from destinations.dialects.planet.refs import PREFIX, id_of
from destinations.dialects.planet.types import NATIVE, REDACTED, Type


def shown(row: Any, root: str) -> dict[str, Any]:
    """`row` is one of `access.rows_of`, `root` the absolute URL of the list."""
    type_, id_ = NATIVE[row.type], id_of(row)
    return {
        "_links": {"_self": f"{root}/{id_}"},
        "archived": row.archived_at and moment(row.archived_at),
        "created": moment(row.created),
        "default": row.is_default,
        "id": id_,
        "name": row.name,
        # Its type is a number for every client; 0 is the organisation itself.
        "ownership": {"is_owner": row.is_owner, "owner_id": row.owner_id or 0},
        "parameters": parameters(type_, row.config),
        "permissions": {"can_write": row.can_write},
        "pl:ref": f"{PREFIX}{id_}",
        "type": type_.name,
        "updated": moment(row.updated),
    }


def listed(rows: Iterable[Any], root: str) -> dict[str, Any]:
    return {"_links": {"_self": root}, "destinations": [shown(row, root) for row in rows]}


def parameters(type_: Type, config: dict[str, Any]) -> dict[str, Any]:
    return {
        field.key: REDACTED if field.secret else field.codec.shown(config.get(field.native)) for field in type_.fields
    }


def moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
