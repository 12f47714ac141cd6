"""The only writer of partners, and of what people consent to: applications of others that may act for a tenant."""

import secrets
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from tenants import audit, principals, services
from tenants.changes import differences
from tenants.digests import digest
from tenants.models import Consent, Partner, Role, Tenant
from tenants.principals import Principal
from tenants.rows import Gone, delete, save

CODE_LIFETIME = timedelta(minutes=5)


class NoConsent(Exception):
    """A code that is unknown, used, too old, another partner's, for another URI, or of somebody who may no longer."""


def register(*, name: str, redirect_uris: list[str], opens_accounts: bool = False) -> tuple[Partner, str]:
    """A new partner and its secret, which is shown this once and stored nowhere. Raises django's ValidationError."""
    partner = Partner(name=name, redirect_uris=redirect_uris, opens_accounts=opens_accounts)
    secret = _new_secret(partner)
    return save(partner, {}, security=True), secret


def change(partner: Partner, **changes: Any) -> Partner:
    """Raises django's ValidationError, and `Gone`."""
    return save(partner, changes, security=True)


def remove(partner: Partner) -> None:
    """What it was let in for goes on: each of its keys is revoked by itself."""
    delete(partner, security=True)


@transaction.atomic
def renew_secret(partner: Partner) -> str:
    """The new secret; the one before is good for nothing from now on."""
    secret = _new_secret(partner)
    if not Partner.objects.filter(pk=partner.pk).update(digest=partner.digest):
        raise Gone(f"{partner} was removed meanwhile.")
    audit.record("partner.renew_secret", partner, security=True)
    return secret


def find(secret: str, client_id: str | None = None) -> Partner | None:
    """Whose secret it is, if the partner says no other id."""
    partner = Partner.objects.filter(digest=digest(secret)).first()
    return partner if partner and client_id in (None, partner.client_id) else None


def principal_of(partner: Partner) -> Principal:
    """Who a partner is in the trail: its name alone could be another's, or a person's."""
    return Principal(name=f"partner {partner.name[:150]} ({partner.client_id})")


@transaction.atomic
def consent(partner: Partner, tenant: Tenant, user: User, redirect_uri: str) -> str:
    """A code, with which the partner gets a key of the tenant, once. Raises `NoConsent`."""
    if redirect_uri not in partner.redirect_uris or not _may(user, tenant):
        raise NoConsent
    now, code = timezone.now(), secrets.token_urlsafe(32)
    Consent.objects.filter(expires__lte=now).delete()
    Consent.objects.create(
        digest=digest(code),
        partner=partner,
        tenant=tenant,
        user=user,
        redirect_uri=redirect_uri,
        expires=now + CODE_LIFETIME,
    )
    audit.record(
        "tenant.let_in", tenant, changes=differences({}, {"partner": principal_of(partner).name}), security=True
    )
    return code


@transaction.atomic
def redeem(partner: Partner, code: str, redirect_uri: str | None = None) -> tuple[Tenant, str]:
    """The tenant, and the secret of a new key of it. Raises `NoConsent`.

    `redirect_uri` is what the partner says that the code came to, if it says so.
    """
    given = (
        Consent.objects.select_for_update(of=("self",))
        .select_related("tenant", "user")
        .filter(digest=digest(code), partner=partner, expires__gt=timezone.now())
        .first()
    )
    if given is None or redirect_uri not in (None, given.redirect_uri) or not _may(given.user, given.tenant):
        raise NoConsent
    given.delete()
    name = f"{partner.name}, let in by {given.user.get_username()}"[:255]
    with audit.acting_as(principal_of(partner)):
        _, secret = services.issue_key(name=name, role=Role.EDITOR, tenant=given.tenant)
    return given.tenant, secret


def _may(user: User, tenant: Tenant) -> bool:
    return user.is_active and principals.of_user(user).may(Role.ADMIN, tenant.pk)


def _new_secret(partner: Partner) -> str:
    secret = f"oc_{secrets.token_urlsafe(32)}"
    partner.digest = digest(secret)
    return secret
