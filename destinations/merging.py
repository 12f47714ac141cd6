"""Merge a draft into what is stored, then validate the whole."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors import registry
from connectors.base import Declaration
from connectors.fields import UrlField
from connectors.problems import Invalid
from connectors.strategies.base import joined
from destinations import topics
from destinations.binding import follows
from destinations.drafts import UNSET, Draft
from destinations.exceptions import Problem
from destinations.models import Destination
from destinations.sealing import SecretUnreadable
from tenants.models import Environment


@dataclass(frozen=True, slots=True)
class Merged:
    """The config and credentials a destination would have, with every problem of the draft; `stored` are the
    credentials as they were. All of them are in clear."""

    problems: list[Problem]
    config: dict[str, Any] = field(default_factory=dict)
    credentials: dict[str, Any] = field(default_factory=dict, repr=False)
    stored: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def followed(self) -> list[str]:
        """The paths of what the draft brings to another place without entering it."""
        return [problem.path for problem in self.problems if problem.code == "reenter"]


def merge(destination: Destination, draft: Draft) -> Merged:
    """Raises `SecretUnreadable`."""
    problems = [*_type_problems(destination, draft), *_plain_problems(destination, draft)]
    if destination.type not in registry.names():
        return Merged(problems)
    config = merged(destination.config, draft.config)
    stored = stored_credentials(destination, draft)
    own = merged(stored, unmasked(draft.credentials, stored, destination.masked))
    given, unfit, unjudged = _given(destination, config)
    environment = destination.environment if draft.environment is UNSET else draft.environment
    problems += [*unfit, *plain_http(destination.connector, config, environment)]
    problems += _plain_token(destination, environment)
    try:
        config, whole = destination.connector.clean(config, joined(own, given) if isinstance(own, Mapping) else own)
    except Invalid as invalid:
        problems.extend(problem for problem in invalid.problems if problem.path not in unjudged)
    else:
        own = {name: own.get(name, whole[name]) for name in whole if name in own or name not in given}
    if not any(
        fault.path.startswith("config") and fault.code not in forgiven(destination, draft) for fault in problems
    ):
        problems += follows(destination, draft, config, stored)
    return Merged(problems, config, own, stored)


def forgiven(destination: Destination, draft: Draft) -> set[str]:
    """The codes of what may be wrong with it all the same."""
    return {"required"} if draft.incomplete or destination.incomplete else set()


def _given(destination: Destination, config: Any) -> tuple[Mapping[str, Any], list[Problem], set[str]]:
    """The credentials that the attached one brings, what is wrong with it for this type, and the paths of what it
    stands for without bringing it: nothing is missing there, though no check can pass."""
    attached = destination.attached
    if attached is None or not isinstance(config, Mapping):
        return {}, [], set()
    strategy = attached.strategy
    if offer := attached.offer(destination.connector, config):
        if strategy.usable:
            return offer.values, [], set()
        return {}, [], {f"{destination.connector.parts[1]}.{name}" for name in offer.values}
    message = f"{destination.connector.label} cannot sign in with “{strategy.label}”. {strategy.hint}"
    return {}, [Problem("auth_credential", "choice", message)], set()


def stored_credentials(destination: Destination, draft: Draft) -> dict[str, Any]:
    """What the draft is merged into. Raises `SecretUnreadable`, except for a draft that enters all of them anew."""
    try:
        return destination.credentials
    except SecretUnreadable:
        if not entered_anew(destination.connector, draft.credentials, destination.masked):
            raise
        return {}


def entered_anew(what: Declaration, given: Any, masked: Mapping[str, Any]) -> bool:
    """Whether nothing that is stored, and cannot be read, would have to be kept; it is shown as `masked`."""
    if given is None or not isinstance(given, Mapping):
        return given is None
    return masked.keys() <= given.keys() and all(given[name] != masked[name] for name in what.secrets & masked.keys())


def merged(stored: Mapping[str, Any], given: Any) -> Any:
    """RFC 7396 at the first level; what is no object at all is left to validation to refuse."""
    if given is UNSET:
        return dict(stored)
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        return given
    return {name: value for name, value in {**stored, **given}.items() if value is not None}


def unmasked(given: Any, stored: Any, masked: Any) -> Any:
    """A value sent back exactly as it was shown stands for the secret that is stored, inside objects too."""
    if given == masked:
        return stored
    if not (isinstance(given, Mapping) and isinstance(stored, Mapping) and isinstance(masked, Mapping)):
        return given
    known = stored.keys() & masked.keys()
    return {
        name: unmasked(value, stored[name], masked[name]) if name in known else value for name, value in given.items()
    }


def plain_http(what: Declaration, config: Any, environment: Environment | None) -> list[Problem]:
    """Where it matters, nothing may be sent over connections that anybody can read."""
    if not environment or environment.flag == Environment.Flag.DEVELOPMENT or not isinstance(config, Mapping):
        return []
    return [
        Problem(
            f"{what.parts[0]}.{name}", "pattern", f"In a {environment.flag} environment this must begin with https://."
        )
        for name, field in what.config.fields.items()
        if isinstance(field, UrlField) and str(config.get(name, "")).startswith("http://")
    ]


def _plain_token(destination: Destination, environment: Environment | None) -> list[Problem]:
    """As `plain_http`, of where the attached credential sends its secrets."""
    attached = destination.auth_credential
    if attached is None or not plain_http(attached.declaration, attached.properties, environment):
        return []
    message = "In this environment every address that the credential sends something to must begin with https://."
    return [Problem("auth_credential", "pattern", message)]


def _type_problems(destination: Destination, draft: Draft) -> list[Problem]:
    if destination.pk and draft.type is not UNSET and draft.type != destination.type:
        message = "The type of a destination never changes. Create another one instead."
        return [Problem("type", "immutable", message)]
    if not destination.type:
        return [Problem("type", "required", "Say which type of destination this is."), *_homeless(destination, draft)]
    if destination.type not in registry.names():
        message = f"There is no such type. Known types: {', '.join(registry.names())}."
        return [Problem("type", "choice", message)]
    return []


def _homeless(destination: Destination, draft: Draft) -> list[Problem]:
    """What could not be kept of a destination that may stay without a type."""
    if not forgiven(destination, draft):
        return []
    given = [name for name in ("config", "credentials") if getattr(draft, name)]
    return [Problem(name, "unknown", "Send the type too: without one nobody can tell what this is.") for name in given]


def _credential_fault(destination: Destination, draft: Draft) -> Problem | None:
    """A credential serves the tenant that has it, or the one environment that it is for."""
    credential = destination.auth_credential
    environment = destination.environment if draft.environment is UNSET else draft.environment
    if credential is None or (
        credential.tenant_id == destination.tenant_id and credential.environment in (None, environment)
    ):
        return None
    return Problem("auth_credential", "choice", "There is no such credential where the destination is.")


def _plain_problems(destination: Destination, draft: Draft) -> list[Problem]:
    problems = []
    if draft.environment and draft.environment.tenant_id != destination.tenant_id:
        problems.append(Problem("environment", "choice", "The tenant has no such environment."))
    if fault := _credential_fault(destination, draft):
        problems.append(fault)
    if draft.topics is not UNSET and (fault := topics.fault(draft.topics)):
        problems.append(fault)
    if draft.metadata and not isinstance(draft.metadata, Mapping):
        problems.append(Problem("metadata", "type", "This must be an object."))
    problems += [
        Problem(name, "invalid", "This must not hold NUL characters.")  # PostgreSQL cannot store them
        for name in ("description", "metadata", "topics")
        if "\\u0000" in json.dumps(getattr(draft, name) or "")
    ]
    return problems
