"""Who calls, how often at most, and what of an organisation's destinations is whose."""

import base64
import binascii

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet, Value
from rest_framework.exceptions import AuthenticationFailed

from destinations.dialects.planet import tokens
from destinations.dialects.planet.failures import SIGN_IN, Refused
from destinations.dialects.planet.types import NATIVE
from destinations.models import Destination
from destinations.querysets import CIPHERTEXT
from tenants import services
from tenants.limits import Rate
from tenants.models import ApiKey, Role
from tenants.principals import Principal

WINDOW = 10  # seconds over which requests are counted, so that short bursts pass
RATE = Rate("PLANET_RATE", WINDOW, "There were too many requests. Try again in a moment.", times=WINDOW)


def key_of(header: str | None) -> ApiKey:
    """The key of an organisation. Raises AuthenticationFailed, or `Refused` for a key of all of them."""
    scheme, _, secret = (header or "").strip().partition(" ")
    if not secret:
        raise AuthenticationFailed(SIGN_IN)
    key = _found(scheme.lower(), secret.strip())
    if key is None:
        raise AuthenticationFailed(f"This credential is unknown, expired or revoked. {SIGN_IN}")
    if key.tenant_id is None:
        raise Refused(403, "This key is of the whole installation. Use one of the organisation that is meant.")
    return key


def _found(scheme: str, secret: str) -> ApiKey | None:
    if scheme == "api-key":
        return services.find_key(secret)
    if scheme == "basic":
        return services.find_key(_user(secret))
    if scheme == "bearer":
        return services.find_key(secret) or tokens.key_of(secret)
    return None


def _user(encoded: str) -> str:
    """The user of Basic credentials, whose password says nothing; empty for what is none."""
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[0]
    except (binascii.Error, ValueError):
        return ""


def rows_of(principal: Principal, tenant: str) -> QuerySet[Destination]:
    """What Planet has words for, with `is_owner` and `can_write` as they are for the caller. Never the ciphertext.

    Who made a destination may change it, and so may the organisation's administrators. To a key without a user,
    the organisation's own, belongs what no user made.
    """
    # What has no owner is compared with one to NULL, and neither true nor false.
    mine = Q(owner=principal.user, owner__isnull=False) if principal.user else Q(owner=None)
    if principal.may(Role.ADMIN, tenant):
        writable: Q | Value = Value(True)
    else:
        writable = mine if principal.may(Role.EDITOR, tenant) else Value(False)
    known = Destination.objects.visible_to(principal).filter(tenant=tenant, type__in=NATIVE)
    rows: QuerySet[Destination] = known.filter(incomplete=False)  # archived ones Planet knows too
    return rows.defer(*CIPHERTEXT).annotate(is_owner=_boolean(mine), can_write=_boolean(writable))


def _boolean(condition: Q | Value) -> "ExpressionWrapper[Q | Value]":
    return ExpressionWrapper(condition, output_field=BooleanField())
