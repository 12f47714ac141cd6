"""How the body of a request becomes a draft: what is faulty is set aside, and named with all else that is."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone
from rest_framework.exceptions import ValidationError

from connectors.problems import flatten
from destinations.api.inputs import DestinationInput
from destinations.drafts import UNSET, Draft
from destinations.exceptions import InvalidDestination, Problem
from destinations.models import AuthCredential, Destination
from tenants.models import Tenant
from tenants.permissions import visible_environments, visible_tenants
from tenants.principals import Principal

Result = TypeVar("Result")


def readable(body: Any) -> tuple[dict[str, Any], list[Problem]]:
    """The well-formed values of a destination's body, and what is wrong with the others.

    Nothing is required here: whether the whole is complete is for the services to judge.
    """
    form = DestinationInput(partial=True)
    try:
        return form.run_validation(body), []
    except ValidationError as error:
        if not isinstance(body, Mapping):
            raise
        rest = {name: value for name, value in body.items() if name not in error.detail}
        return form.run_validation(rest), list(flatten(error.detail))


def draft_of(values: Mapping[str, Any], tenant: str, principal: Principal, problems: list[Problem]) -> Draft:
    """The draft these values ask for; a reference that leads nowhere is added to `problems`."""
    given = {name: value for name, value in values.items() if name not in ("tenant", "enabled", "environment")}
    if "enabled" in values:
        given["disabled_at"] = None if values["enabled"] else timezone.now()
    if "environment" in values:
        given["environment"] = environment_of(values["environment"], tenant, principal, problems)
    if "auth_credential" in values:
        given["auth_credential"] = _credential(values["auth_credential"], tenant, principal, problems)
    return Draft(**given)


def tenant_of(given: str | None, principal: Principal) -> Tenant:
    """The tenant a body names, or the only one there is for the caller. Raises `InvalidDestination`."""
    only = principal.tenants or ()
    if given is None and len(only) != 1:
        raise InvalidDestination([Problem("tenant", "required", "Say which tenant this is for.")])
    found = visible_tenants(principal).filter(pk=given or next(iter(only))).first()
    if found is None:
        raise InvalidDestination([Problem("tenant", "choice", "There is no such tenant.")])
    return found


def deepened(values: dict[str, Any], stored: Destination) -> dict[str, Any]:
    """A merge patch goes as deep as its objects do, a draft only one level: the levels below, merged already."""
    merged = dict(values)
    for name, shown in (("config", stored.config), ("credentials", stored.masked)):
        if values.get(name):
            merged[name] = {key: patched(shown.get(key), value) for key, value in values[name].items()}
    if values.get("metadata"):
        merged["metadata"] = patched(stored.metadata, values["metadata"])
    return merged


def patched(target: Any, patch: Any) -> Any:
    """RFC 7396."""
    if not isinstance(patch, Mapping):
        return patch
    whole = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            whole.pop(key, None)
        else:
            whole[key] = patched(whole.get(key), value)
    return whole


def environment_of(uuid: Any, tenant: str, principal: Principal, problems: list[Problem]) -> Any:
    if uuid is None:
        return None
    found = visible_environments(principal, tenant).filter(pk=uuid).first()
    if found is None:
        problems.append(Problem("environment", "choice", "The tenant has no such environment."))
    return found or UNSET


def _credential(uuid: Any, tenant: str, principal: Principal, problems: list[Problem]) -> Any:
    if uuid is None:
        return None
    found = AuthCredential.objects.visible_to(principal).filter(pk=uuid, tenant=tenant).first()
    if found is None:
        problems.append(Problem("auth_credential", "choice", "The tenant has no such credential."))
    return found or UNSET


def with_every_fault(problems: list[Problem], act: Callable[[], Result]) -> Result:
    """Do it, and undo it if the body had faults of form too: one answer names those and what the service finds."""
    with transaction.atomic():
        try:
            result = act()
        except InvalidDestination as error:
            if not problems:
                raise
            set_aside = {problem.path.partition(".")[0] for problem in problems}
            found = (problem for problem in error.problems if problem.path.partition(".")[0] not in set_aside)
            raise InvalidDestination([*problems, *found]) from None
        if problems:
            raise InvalidDestination(problems)
    return result
