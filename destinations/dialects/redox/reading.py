"""A destination as Redox shows it."""

from datetime import datetime
from typing import Any

from connectors.signing import rfc3339
from destinations.dialects.redox.catalogue import WEBHOOK, product_of
from destinations.models import Destination, Health
from destinations.naming import is_numbered

EXTRA = "redox"  # the key of what only Redox's clients know, in `extra` and `secret_extra`


def shown(row: Destination) -> dict[str, Any]:
    kept = row.extra.get(EXTRA, {})
    asked, verified = kept.get("name", row.name), verified_at(row)
    body = {
        "id": str(row.uuid),
        # Several may have one name: natively the later ones are numbered. A name given elsewhere wins.
        "name": asked if is_numbered(row.name, asked) else row.name,
        "environment": {"id": str(row.environment_id), "environmentFlag": row.environment and row.environment.flag},
        "setupState": kept.get("setupState"),
        "verified": verified is not None,
        "verifiedAt": verified and rfc3339(verified),
    }
    optional = {
        "authCredential": row.auth_credential_id and str(row.auth_credential_id),
        "endpoint": row.config.get("url") if row.type == WEBHOOK else None,
        "cloudProviderSettings": cloud_of(row),
    }
    return body | {name: value for name, value in optional.items() if value}


def cloud_of(row: Destination) -> dict[str, Any] | None:
    kept = row.extra.get(EXTRA, {})
    product = product_of(row.type, kept.get("productId"))
    if product is None:
        opaque: dict[str, Any] | None = kept.get("cloud")
        return opaque
    settings = {}
    for setting in product.settings:
        value = row.config.get(setting.native) if setting.native else kept.get("settings", {}).get(setting.key)
        if value is not None:
            settings[setting.key] = setting.show(value)
    return {"typeId": product.type_id, "productId": product.product_id, "settings": settings}


def verified_at(row: Destination) -> datetime | None:
    """An endpoint is verified by a handshake, a place in a cloud by the last check of it."""
    if row.type == WEBHOOK:
        return row.verified_at
    return row.state.last_passed_at if row.state.health == Health.HEALTHY else None
