"""Accounts that partners make: tenants, each with a key of its own."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from destinations.dialects.stitch.access import number
from destinations.dialects.stitch.failures import Refused
from tenants import audit, partners, principals, services
from tenants.models import Role, Tenant
from tenants.principals import Principal

FIELDS = ("partner_id", "partner_secret", "first_name", "last_name", "company", "email", "region")
REGIONS = ("us-east-1", "eu-central-1")
EXISTING = Refused({"code": "ExistingUser", "message": "This email address is already associated with an active user."})


def bad_request(**errors: str) -> Refused:
    return Refused({"code": "BadRequest", "message": "Invalid form data.", "errors": errors})


def partner_of(body: Mapping[str, Any]) -> Principal | None:
    """Whoever may open accounts and proves to be that: a partner that is registered for it, or who has a key of the
    installation that may do everything. Raises `Refused` for a body that is not whole."""
    _judge(body)
    if partner := partners.find(body["partner_secret"], body["partner_id"]):
        return partners.principal_of(partner) if partner.opens_accounts else None
    key = services.find_key(body["partner_secret"])
    found = principals.of_key(key) if key else None
    return found if found and found.may_everywhere(Role.ADMIN) else None


def open_account(partner: Principal, body: Mapping[str, Any]) -> tuple[Tenant, str]:
    """The new tenant and its token. Raises `Refused`."""
    # From the address, so that of two who ask at once with the same one gets an account.
    id_ = str(number(body["email"].strip().lower()))
    about = {name: body[name] for name in ("first_name", "last_name", "email", "region")}
    try:
        with transaction.atomic(), audit.acting_as(partner):
            tenant = services.create_tenant(name=body["company"], id_=id_, metadata=about)
            _, token = services.issue_key(name="Stitch", role=Role.EDITOR, tenant=tenant)
    except (ValidationError, IntegrityError) as error:
        if Tenant.objects.filter(pk=id_).exists():
            raise EXISTING from None
        if isinstance(error, ValidationError):
            raise bad_request(company="invalid") from None
        raise
    return tenant, token


def _judge(body: Mapping[str, Any]) -> None:
    if missing := [name for name in FIELDS if not body.get(name)]:
        raise bad_request(**dict.fromkeys(missing, "required"))
    if wrong := [name for name in FIELDS if not isinstance(body[name], str)]:
        raise bad_request(**dict.fromkeys(wrong, "invalid"))
    if body["region"] not in REGIONS:
        raise bad_request(region="invalid")
    try:
        validate_email(body["email"].strip())
    except ValidationError:
        raise bad_request(email="invalid") from None
