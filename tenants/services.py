"""The only writer of tenants, environments, memberships, API keys and key pairs. All of it is in the audit trail."""

import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError, Q
from django.utils import timezone

from tenants import audit, key_pairs, principals
from tenants.changes import columns, differences
from tenants.digests import digest
from tenants.models import ApiKey, Environment, KeyPair, Membership, Role, Tenant
from tenants.rows import delete, save

KEY_PREFIX = "lfk_"
BAD_PUBLIC_KEY = "This must be a public RSA key of at least 2048 bits, or one on the curve P-384, as PEM text."
# `last_used` is for people who ask whether a key is still needed; a write per request would be wasted.
LAST_USED_RESOLUTION = timedelta(minutes=1)


class TenantInUse(Exception):
    """A tenant still owns destinations."""


def create_tenant(
    *,
    name: str,
    id_: str | None = None,
    metadata: dict[str, Any] | None = None,
    destination_limit: int | None = None,
) -> Tenant:
    """Raises django's ValidationError for a bad or taken id or an empty name."""
    given = {"id": id_} if id_ else {}
    return save(Tenant(name=name, metadata=metadata or {}, destination_limit=destination_limit, **given), {})


def update_tenant(tenant: Tenant, **changes: Any) -> Tenant:
    """Change name, metadata or destination limit; the id is fixed. Raises django's ValidationError."""
    if not changes.keys() <= {"name", "metadata", "destination_limit"}:
        raise ValidationError({"id": ValidationError("The id of a tenant never changes.", code="immutable")})
    return save(tenant, changes)


@transaction.atomic
def delete_tenant(tenant: Tenant) -> None:
    """With its guest, who must not enter another tenant that gets the id. Raises `TenantInUse` while the tenant owns
    destinations."""
    guest = User.objects.filter(username=_name_of_guest(tenant))
    try:
        delete(tenant)
    except ProtectedError as error:
        raise TenantInUse(f"Tenant {tenant.pk} still owns {len(error.protected_objects)} destinations.") from None
    guest.delete()


def create_environment(tenant: Tenant, *, name: str, flag: str = Environment.Flag.DEVELOPMENT) -> Environment:
    return save(Environment(tenant=tenant), {"name": name, "flag": flag})


def update_environment(environment: Environment, **changes: Any) -> Environment:
    return save(environment, changes)


@transaction.atomic
def delete_environment(environment: Environment) -> None:
    """Raises `TenantInUse` while destinations belong to the environment."""
    confined = list(User.objects.filter(memberships__environment=environment))
    try:
        delete(environment)
    except ProtectedError:
        raise TenantInUse(f"Environment {environment.name} still has destinations.") from None
    for user in confined:
        end_keys(user, environment.tenant_id)


@transaction.atomic
def assign_role(user: User, environment: Environment, role: Role) -> Membership:
    """Give a user the one role he has in an environment."""
    Environment.objects.select_for_update().get(pk=environment.pk)  # one writer at a time knows whether he has one
    known = Membership.objects.filter(user=user, environment=environment).first()
    membership = known or Membership(user=user, tenant=environment.tenant, environment=environment)
    return save_membership(membership, role=role)


@transaction.atomic
def save_membership(membership: Membership, **changes: Any) -> Membership:
    """Give a user a role in a tenant, or change it. Raises django's ValidationError, and `Gone`."""
    before = None if membership._state.adding else Membership.objects.filter(pk=membership.pk).first()
    save(membership, changes, security=True)
    if before:
        end_keys(before.user, before.tenant_id)
    return membership


@transaction.atomic
def delete_membership(membership: Membership) -> None:
    delete(membership, security=True)
    end_keys(membership.user, membership.tenant_id)


@transaction.atomic
def guest_of(tenant: Tenant) -> User:
    """The one user that everybody is who enters a tenant by a link, without a password: an editor there, unless he has
    been given another role. Raises Tenant.DoesNotExist when the tenant has gone."""
    # One at a time, and the tenant stays meanwhile.
    Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk, created=tenant.created)
    about = {"first_name": "Guest", "last_name": f"of {tenant.name}"[:150], "is_staff": True}
    nobodys = {**about, "password": make_password(None)}
    user, _ = User.objects.get_or_create(username=_name_of_guest(tenant), defaults=nobodys)
    if not Membership.objects.filter(user=user, tenant=tenant, environment=None).exists():
        save_membership(Membership(user=user, tenant=tenant, role=Role.EDITOR))
    return user


def _name_of_guest(tenant: Tenant) -> str:
    """Ids are longer than user names may be."""
    return f"guest-{digest(tenant.pk)[:32]}"


@transaction.atomic
def issue_key(
    *,
    name: str,
    role: str = Role.VIEWER,
    tenant: Tenant | None = None,
    user: User | None = None,
    expires: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key and return it with its secret, which is shown this once and stored nowhere."""
    secret = KEY_PREFIX + secrets.token_urlsafe(32)
    key = ApiKey(name=name, role=role, tenant=tenant, user=user, expires=expires)
    key.prefix, key.digest = secret[:12], digest(secret)
    key.full_clean()
    if expires is not None and expires <= timezone.now():
        raise ValidationError({"expires": ValidationError("A key must expire in the future.", code="invalid")})
    key.save(force_insert=True)
    audit.record("api_key.issue", key, changes=differences({}, columns(key)), security=True)
    return key, secret


@transaction.atomic
def revoke_key(key: ApiKey) -> ApiKey:
    """Shut a key out for good. A second time changes nothing."""
    key.revoked = key.revoked or timezone.now()
    if ApiKey.objects.filter(pk=key.pk, revoked=None).update(revoked=key.revoked):
        audit.record("api_key.revoke", key, security=True)
    return key


@transaction.atomic
def end_keys(user: User, tenant: str | None = None) -> None:
    """Revoke the keys of somebody who was deprived of something, as far as they may do more than he still may himself;
    with `tenant`, those of that tenant alone."""
    held = principals.of_user(user)
    keys = user.api_keys.filter(revoked=None)
    for key in keys if tenant is None else keys.filter(tenant=tenant):
        role = Role(key.role)
        if not (held.may(role, key.tenant_id) if key.tenant_id else held.may_everywhere(role)):
            revoke_key(key)


def find_key(secret: str) -> ApiKey | None:
    """The live key of this secret, with its use noted; None for unknown, expired and revoked ones alike."""
    return _in_use(Q(digest=digest(secret)))


def find_key_by_id(uuid: UUID) -> ApiKey | None:
    """As `find_key`, for whoever has proved otherwise to hold the key."""
    return _in_use(Q(pk=uuid))


def _in_use(condition: Q) -> ApiKey | None:
    key = ApiKey.objects.select_related("user").filter(condition).first()
    if key is None or not key.is_live or (key.user is not None and not key.user.is_active):
        return None
    now = timezone.now()
    stale = Q(last_used=None) | Q(last_used__lt=now - LAST_USED_RESOLUTION)
    if key.last_used is None or key.last_used < now - LAST_USED_RESOLUTION:
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used=now)
    return key


def register_key_pair(user: User, *, name: str, public_key: str) -> KeyPair:
    """Let whoever has the private half act as the user. Raises django's ValidationError."""
    return save_key_pair(KeyPair(user=user, name=name, public_key=public_key))


def save_key_pair(pair: KeyPair) -> KeyPair:
    """A new one: they are never changed."""
    try:
        key_pairs.algorithm_of(pair.public_key)
    except ValueError:
        raise ValidationError({"public_key": BAD_PUBLIC_KEY}) from None
    return save(pair, {}, security=True)


def delete_key_pair(pair: KeyPair) -> None:
    delete(pair, security=True)
