"""Auth credentials: what comes in as drafts, and what goes out, where each secret is only a sign that it is there."""

from collections.abc import Mapping
from typing import Any

from connectors.problems import Invalid
from connectors.signing import rfc3339
from destinations.dialects.redox import bodies, strategies
from destinations.dialects.redox.failures import Refused, invalid
from destinations.dialects.redox.reading import EXTRA
from destinations.dialects.redox.strategies import BY_NATIVE, SECRETS, Strategy
from destinations.drafts import CredentialDraft
from destinations.models import AuthCredential
from tenants.models import Environment, Tenant

OWN = ("id", "organization", "name", "environmentId", "authStrategy", "createdAt", "updatedAt")
Body = Mapping[str, Any]


def shown(row: AuthCredential) -> dict[str, Any]:
    strategy, kept = BY_NATIVE[row.strategy], row.extra.get(EXTRA, {})
    body: dict[str, Any] = {
        "id": str(row.pk),
        "organization": organization(row.tenant_id),
        "name": row.name,
        "environmentId": str(row.environment_id),
        "authStrategy": strategy.name,
        "createdAt": rfc3339(row.created),
        "updatedAt": rfc3339(row.updated),
    }
    for field in strategy.fields:
        if field.part == SECRETS:
            body[field.flag] = field.native in row.masked
        elif not field.native:
            body |= {field.key: kept[field.key]} if field.key in kept else {}
        elif field.native in row.properties:
            body[field.key] = field.show(row.properties[field.native])
    return body


def organization(tenant: str) -> int | str:
    """Ids of organizations are numbers; a tenant whose id is none is shown by the id it has."""
    return int(tenant) if tenant.isascii() and tenant.isdecimal() else tenant


def creation(body: Body, environment: Environment) -> CredentialDraft:
    """Raises `Refused`."""
    strategy = strategies.find(body.get("authStrategy"))
    if body.get("organization") is None:
        raise invalid("organization", "This is required.")
    _same_owner(body, environment)
    strategies.missing(strategy, body)
    name = bodies.text(body, "name").strip()
    return CredentialDraft(name=name, strategy=strategy.native, environment=environment, **_given(strategy, body, {}))


def change(body: Body, stored: AuthCredential) -> CredentialDraft:
    """Raises `Refused`."""
    assert stored.environment is not None  # noqa: S101  Redox knows no others
    strategy = BY_NATIVE[stored.strategy]
    if body.get("authStrategy", strategy.name) != strategy.name:
        raise invalid("authStrategy", "The strategy of a credential never changes. Create another one instead.")
    _same_owner(body, stored.environment)
    name: dict[str, Any] = {"name": bodies.text(body, "name").strip()} if "name" in body else {}
    return CredentialDraft(**name, **_given(strategy, body, stored.extra.get(EXTRA, {})))


def refused(error: Invalid, strategy: Strategy) -> Refused:
    """What the service found, by Redox's keys."""
    keys = {f"{field.part}.{field.native}": field.key for field in strategy.fields if field.native}
    keys["auth_credential"] = "authCredential"  # of a destination that could not sign in with it any more
    faults = [(keys.get(fault.path, fault.path), fault.message) for fault in error.problems]
    return Refused(400, "The request is not valid.", faults)


def _given(strategy: Strategy, body: Body, kept: Mapping[str, Any]) -> dict[str, Any]:
    known = {field.key for field in strategy.fields} | {field.flag for field in strategy.fields} | set(OWN)
    for key in body:
        if key not in known:
            raise invalid(key, f"The strategy {strategy.name} has no such field.")
    made = strategies.native(strategy, body)
    held = {key: value for key, value in {**kept, **made["kept"]}.items() if value is not None}
    return {"properties": made["properties"], "secrets": made["secrets"], "extra": {EXTRA: held}}


def _same_owner(body: Body, environment: Environment) -> None:
    tenant: Tenant = environment.tenant
    if str(body.get("organization", tenant.pk)) != tenant.pk:
        raise invalid("organization", "This is not the organization of the environment.")
    if "environmentId" in body and bodies.uuid(body["environmentId"], "environmentId") != environment.pk:
        raise invalid("environmentId", "A credential stays in its environment.")
