"""Bodies of requests: of the right JSON types. Each raises `Refused`."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from destinations.dialects.redox.catalogue import secret_keys
from destinations.dialects.redox.failures import Refused, invalid
from tenants.models import Environment

METHODS = ("POST", "GET")
SETUP_TEXTS = ("authCredential", "id", "name")


def well_formed(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise Refused(400, "The body must be a JSON object.")
    return body


def text(values: Mapping[str, Any], key: str, path: str = "") -> str:
    """A text that is not blank."""
    value = values.get(key)
    if not isinstance(value, str) or not value.strip():
        raise invalid(path or key, "This must be a text that is not empty.")
    return value


def uuid(value: Any, path: str) -> UUID:
    try:
        return UUID(value)
    except (ValueError, AttributeError, TypeError):
        raise invalid(path, "This must be a UUID.") from None


def mapping(value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise invalid(path, "This must be an object.")
    return value


def plain(values: dict[str, Any], path: str) -> dict[str, Any]:
    """Values that are shown to everybody who may look, and so name no secrets."""
    for key in secret_keys(values):
        raise invalid(f"{path}.{key}", "Secrets belong into an auth credential, for settings are shown.")
    return values


def endpoint(body: Mapping[str, Any]) -> str | None:
    """None takes an endpoint away."""
    if body["endpoint"] is None:
        return None
    url = text(body, "endpoint")
    try:
        fragment = urlsplit(url).fragment
    except ValueError:
        fragment = ""  # and whatever else is wrong is told by the type
    if fragment:
        raise invalid("endpoint", "This URL must not have a fragment.")
    return url


def method(body: Mapping[str, Any]) -> str:
    given = body.get("verificationMethod", METHODS[0])
    if given not in METHODS:
        raise invalid("verificationMethod", f"This must be one of: {', '.join(METHODS)}.")
    return str(given)


def same_environment(given: Any, environment: Environment) -> None:
    """A destination names the environment it is in, or none."""
    if given is None:
        return
    said = _environment(given, "environment")
    if said.get("id") is not None and UUID(said["id"]) != environment.pk:
        raise invalid("environment.id", "This is not the environment of the destination.")
    if said.get("environmentFlag") not in (None, environment.flag):
        raise invalid("environment.environmentFlag", f"The flag of this environment is {environment.flag}.")


def setup_state(given: Any) -> dict[str, Any] | None:
    """Kept as it is, as far as it has a meaning: what is in it may be half-done and need not exist."""
    if given is None:
        return None
    state = mapping(given, "setupState")
    kept: dict[str, Any] = {}
    if "step" in state:
        kept["step"] = _optional_text(state, "step", "setupState.step")
    if state.get("destination") is not None:
        kept["destination"] = _half_done(mapping(state["destination"], "setupState.destination"))
    elif "destination" in state:
        kept["destination"] = None
    return kept


def _half_done(given: Mapping[str, Any]) -> dict[str, Any]:
    path = "setupState.destination"
    kept: dict[str, Any] = {key: _optional_text(given, key, f"{path}.{key}") for key in SETUP_TEXTS if key in given}
    for key in ("authCredential", "id"):
        if kept.get(key) is not None:
            uuid(kept[key], f"{path}.{key}")
    if "cloudProviderSettings" in given:
        cloud = given["cloudProviderSettings"]
        inner = f"{path}.cloudProviderSettings"
        kept["cloudProviderSettings"] = None if cloud is None else plain(mapping(cloud, inner), inner)
    if "environment" in given:
        environment = given["environment"]
        kept["environment"] = None if environment is None else _environment(environment, f"{path}.environment")
    return kept


def _environment(given: Any, path: str) -> dict[str, Any]:
    said = mapping(given, path)
    kept: dict[str, Any] = {key: said[key] for key in ("id", "environmentFlag") if key in said}
    if kept.get("id") is not None:
        uuid(kept["id"], f"{path}.id")
    if kept.get("environmentFlag") not in (None, *Environment.Flag.values):
        raise invalid(f"{path}.environmentFlag", f"This must be one of: {', '.join(Environment.Flag.values)}.")
    return kept


def _optional_text(values: Mapping[str, Any], key: str, path: str) -> str | None:
    value = values[key]
    if value is not None and not isinstance(value, str):
        raise invalid(path, "This must be a text or null.")
    return value
