"""What the answers of Azure Blob Storage mean. Their text is never repeated."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from connectors.probes.blob.container import Container
from connectors.probes.http import Answer
from connectors.problems import CheckFailed, Fault

FIND, WRITE = "find container", "write a test blob"
CREATE, DELETE = "create a container", "delete a container"


class Refusals(NamedTuple):
    """What it means that a request is not let in, in the words of what was to let it in."""

    #: By Azure's own name of the error.
    faults: Mapping[str, Fault]
    #: By the step that was forbidden, where the name does not say more.
    forbidden: Mapping[str, Fault]
    #: All others.
    denied: Fault


def failure(answer: Answer, container: Container, refusals: Refusals, step: str) -> CheckFailed:
    """Why `answer` is not what `step` asked for."""
    name = code(answer)
    fault = refusals.faults.get(name) or _FAULTS.get(name) or _by_status(answer.status, refusals, step)
    return fault.failure(container)


def code(answer: Answer) -> str:
    """Azure's own name of the error, empty when there is none."""
    found = _CODE.search(answer.body)
    return answer.headers.get("x-ms-error-code") or (found[1].decode() if found else "")


def is_list(answer: Answer) -> bool:
    return answer.status == 200 and b"<EnumerationResults" in answer.body


def may_not_list(answer: Answer) -> bool:
    """Whether nothing else is wrong than that listing is not allowed, which writing does not need."""
    return answer.status == 403 and code(answer) in _NOT_THIS


def _by_status(status: int, refusals: Refusals, step: str) -> Fault:
    if status == 403:
        return refusals.forbidden.get(step, refusals.denied)
    if status == 429:
        return _BUSY
    return _REMOTE if status >= 500 else _NOT_BLOBS


# Searched as bytes, not parsed as XML: there is nothing to expand, and the HTTP probe caps the length.
_CODE = re.compile(rb"<Code>([A-Za-z0-9]{1,64})</Code>")
_NOT_THIS = frozenset({"AuthorizationPermissionMismatch", "AuthorizationResourceTypeMismatch"})

_NO_CONTAINER = Fault(
    "not_found",
    "There is no container “{container}” at {service}.",
    "Check the container's name, or create the container.",
)
_NO_ACCOUNT = Fault(
    "not_found",
    "There is no account or container of this name at {service}.",
    "Check the account, the container and the endpoint.",
)
_GOING = Fault(
    "not_found",
    "The container “{container}” is being deleted.",
    "Wait until it is gone and create it again, or choose another container.",
)
_BAD_NAME = Fault(
    "config",
    "{service} does not accept “{container}” as the name of a container.",
    "Correct the container's name.",
)
_KEY = Fault(
    "config",
    "The key in Azure Key Vault that encrypts the account “{account}” cannot be used.",
    "Enable the key, and let the account use it.",
)
_LOCKED = Fault(
    "forbidden",
    "An immutability policy, a legal hold or a lock protects the blobs of the container “{container}”.",
    "Use a container whose blobs may be removed.",
)
_FULL = Fault("quota", "The account “{account}” is full.", "Make room, or raise the account's limit.")
_BUSY = Fault(
    "quota",
    "{service} asks for fewer requests.",
    "Wait a while and check again; if it lasts, raise the limits of the account or check less often.",
)
_REMOTE = Fault(
    "remote",
    "{service} reports a failure of its own.",
    "Check again later; if it lasts, look at the state of Azure's services.",
)
_NOT_BLOBS = Fault(
    "protocol",
    "{service} does not answer as Azure Blob Storage does.",
    "Check the endpoint, or the account and the endpoint suffix.",
)
_FAULTS = {
    "ContainerNotFound": _NO_CONTAINER,
    "ContainerDisabled": _GOING,
    "ContainerBeingDeleted": _GOING,
    "ResourceNotFound": _NO_ACCOUNT,
    "InvalidResourceName": _BAD_NAME,
    "OutOfRangeInput": _BAD_NAME,
    "KeyVaultEncryptionKeyNotFound": _KEY,
    "KeyVaultAccessTokenCannotBeAcquired": _KEY,
    "KeyVaultVaultNotFound": _KEY,
    "BlobImmutableDueToPolicy": _LOCKED,
    "ContainerImmutableDueToPolicy": _LOCKED,
    "ScopeLocked": _LOCKED,
    "AccountLimitExceeded": _FULL,
    "InsufficientStorage": _FULL,
    "ServerBusy": _BUSY,
}
