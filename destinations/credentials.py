"""The only writer of shared credentials, which destinations attach to sign in with."""

from contextlib import suppress
from copy import copy
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from connectors import strategies
from connectors.problems import Invalid
from destinations import services, trail
from destinations.binding import reentries
from destinations.drafts import UNSET, CredentialDraft, Draft
from destinations.exceptions import Conflict, CredentialInUse, InvalidDestination, Problem
from destinations.merging import entered_anew, merged, plain_http, unmasked
from destinations.models import AuthCredential, Destination
from destinations.naming import text_problems
from destinations.sealing import SecretUnreadable
from tenants import audit
from tenants.models import Tenant
from tenants.trail import Subject


@transaction.atomic
def create(tenant: Tenant, draft: CredentialDraft) -> AuthCredential:
    """Raises `InvalidDestination` with every problem."""
    credential = AuthCredential(tenant=tenant, strategy=draft.strategy or "", sealed=None)
    _apply(credential, draft)
    credential.save(force_insert=True)
    trail.record_credential("create", None, credential, {}, credential.secrets)
    return credential


@transaction.atomic
def update(credential: AuthCredential, draft: CredentialDraft) -> AuthCredential:
    """Change a credential; destinations that sign in with it must still be able to, and prove themselves anew. So must
    archived ones, which may be restored. Those whose own secrets cannot be read have to be entered anew anyway.

    Raises `InvalidDestination`, or `SecretUnreadable` unless all secrets are entered anew; nothing is changed then.
    """
    current: AuthCredential | None = AuthCredential.objects.select_for_update().filter(pk=credential.pk).first()
    if current is None:
        raise Conflict("The credential has been deleted.")
    before, stored = copy(current), _stored(current, draft)
    _apply(current, draft)
    current.updated = timezone.now()
    current.save()
    secrets = current.secrets
    trail.record_credential("update", before, current, stored, secrets)
    changed = (current.properties, secrets, current.environment_id)
    if changed != (before.properties, stored, before.environment_id):
        for destination in Destination.objects.filter(auth_credential=current):
            with suppress(SecretUnreadable):
                services.update(destination, Draft(), changed=True, allow_archived=True)
    return current


def validate(credential: AuthCredential, draft: CredentialDraft) -> None:
    """Raise `InvalidDestination` as `create` and `update` would for the credential itself, and write nothing."""
    _apply(copy(credential), draft)


@transaction.atomic
def delete(credential: AuthCredential) -> None:
    """Raises `CredentialInUse` while it is attached to destinations."""
    gone = Subject.of(credential)
    try:
        if credential.delete()[0]:
            audit.record("auth_credential.delete", gone)
    except ProtectedError as error:
        number = len(error.protected_objects)
        raise CredentialInUse(f"The credential is attached to {number} destinations. Detach it first.") from None


def _apply(credential: AuthCredential, draft: CredentialDraft) -> None:
    problems = [*_plain_problems(credential, draft)]
    if credential.strategy not in strategies.names():
        message = f"This must be one of: {', '.join(strategies.names())}."
        raise InvalidDestination(
            [*problems, Problem("strategy", "choice" if credential.strategy else "required", message)]
        )
    if draft.environment is not UNSET:
        credential.environment = draft.environment
    stored = _stored(credential, draft)
    properties = merged(credential.properties, draft.properties)
    secrets = merged(stored, unmasked(draft.secrets, stored, credential.masked))
    problems += plain_http(credential.declaration, properties, credential.environment)
    try:
        properties, secrets = credential.declaration.clean(properties, secrets)
    except Invalid as invalid:
        problems += invalid.problems
    else:
        moved = credential.declaration.moved(credential.properties, properties)
        problems += reentries(credential.declaration, moved, draft.secrets, stored, credential.masked)
    if problems:
        raise InvalidDestination(problems)
    credential.properties, credential.secrets = properties, secrets
    credential.name = draft.name or credential.name
    credential.extra = {**credential.extra, **(draft.extra or {})}


def _stored(credential: AuthCredential, draft: CredentialDraft) -> dict[str, Any]:
    """What the draft is merged into. Raises `SecretUnreadable`, except for a draft that enters all of it anew."""
    try:
        return credential.secrets
    except SecretUnreadable:
        if not entered_anew(credential.declaration, draft.secrets, credential.masked):
            raise
        return {}


def _plain_problems(credential: AuthCredential, draft: CredentialDraft) -> list[Problem]:
    problems: list[Problem] = []
    if credential._state.adding and draft.name is UNSET:
        problems.append(Problem("name", "required", "A credential must have a name."))
    elif draft.name is not UNSET:
        problems += text_problems(draft.name, "credential")
    if draft.strategy is not UNSET and draft.strategy != credential.strategy:
        message = "How a credential signs in never changes. Create another one instead."
        problems.append(Problem("strategy", "immutable", message))
    if draft.environment and draft.environment.tenant_id != credential.tenant_id:
        problems.append(Problem("environment", "choice", "The tenant has no such environment."))
    return problems
