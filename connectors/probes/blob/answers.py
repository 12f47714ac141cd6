"""What the answers of Azure Blob Storage mean. Their text is never repeated."""

import re
from typing import NamedTuple

from connectors.probes.blob.container import Container
from connectors.probes.http import Answer
from connectors.problems import CheckCode, CheckFailed

TOKEN, FIND, WRITE, REMOVE = "read the SAS token", "find container", "write a test blob", "remove it"


class Fault(NamedTuple):
    """`message` and `remedy` may name {service}, {account} and {container}."""

    code: CheckCode
    message: str
    remedy: str


def failure(answer: Answer, container: Container, step: str) -> CheckFailed:
    """Why `answer` is not what `step` asked for."""
    fault = _FAULTS.get(code(answer)) or _by_status(answer.status, step)
    words = {"service": container.service, "account": container.account, "container": container.name}
    return CheckFailed(fault.code, fault.message.format(**words), fault.remedy.format(**words))


def code(answer: Answer) -> str:
    """Azure's own name of the error, empty when there is none."""
    found = _CODE.search(answer.body)
    return answer.headers.get("x-ms-error-code") or (found[1].decode() if found else "")


def is_list(answer: Answer) -> bool:
    return answer.status == 200 and b"<EnumerationResults" in answer.body


def may_not_list(answer: Answer) -> bool:
    """Whether nothing else is wrong than that this token may not list, which writing does not need."""
    return answer.status == 403 and code(answer) in _NOT_THIS


def _by_status(status: int, step: str) -> Fault:
    if status == 403:
        return _FORBIDDEN.get(step, _DENIED)
    if status == 429:
        return _BUSY
    return _REMOTE if status >= 500 else _NOT_BLOBS


# Searched as bytes, not parsed as XML: there is nothing to expand, and the HTTP probe caps the length.
_CODE = re.compile(rb"<Code>([A-Za-z0-9]{1,64})</Code>")
_NOT_THIS = frozenset({"AuthorizationPermissionMismatch", "AuthorizationResourceTypeMismatch"})

_DENIED = Fault(
    "denied",
    "{service} does not accept the SAS token.",
    "Issue a new SAS token for the container “{container}” of this account. A token stops working when its key is "
    "regenerated or its access policy is removed.",
)
_REFUSED = Fault(
    "denied",
    "{service} does not accept the SAS token, or not from this network.",
    "Check that the token was issued for the container “{container}” with the account's present key. If it was, let "
    "Landfall through in the network settings of the account “{account}”.",
)
_NETWORK = Fault(
    "forbidden",
    "The SAS token may not be used from the address that Landfall connects from.",
    "Issue a SAS token without a range of addresses, or with Landfall's address in it.",
)
_HTTPS = Fault("config", "{service} takes HTTPS only.", "Write the endpoint with https://.")
_SERVICE = Fault(
    "forbidden",
    "The SAS token does not cover the blob service of the account “{account}”.",
    "Issue a SAS token for the container “{container}”.",
)
_ACCOUNT = Fault(
    "forbidden",
    "The account “{account}” is disabled, or allows no access by SAS token.",
    "Enable the account, and “Allow storage account key access” in its configuration.",
)
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
_BAD_TOKEN = Fault(
    "config",
    "{service} does not understand a part of the SAS token.",
    "Copy the SAS token again, whole and as Azure gave it, or issue a new one.",
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
_MAY_NOT_WRITE = Fault(
    "forbidden",
    "The SAS token may not write to the container “{container}”.",
    "Issue a SAS token for the container with the permission to write (w).",
)
_MAY_NOT_REMOVE = Fault(
    "forbidden",
    "The SAS token may not delete blobs of the container “{container}”.",
    "Issue a SAS token for the container with the permission to delete (d).",
)
_FAULTS = {
    "AuthenticationFailed": _DENIED,
    "InvalidAuthenticationInfo": _DENIED,
    "NoAuthenticationInformation": _DENIED,
    "AuthorizationFailure": _REFUSED,
    "AuthorizationSourceIPMismatch": _NETWORK,
    "AuthorizationProtocolMismatch": _HTTPS,
    "AccountRequiresHttps": _HTTPS,
    "AuthorizationServiceMismatch": _SERVICE,
    "AccountIsDisabled": _ACCOUNT,
    "KeyBasedAuthenticationNotPermitted": _ACCOUNT,
    "ContainerNotFound": _NO_CONTAINER,
    "ContainerDisabled": _GOING,
    "ContainerBeingDeleted": _GOING,
    "ResourceNotFound": _NO_ACCOUNT,
    "InvalidResourceName": _BAD_NAME,
    "OutOfRangeInput": _BAD_NAME,
    "InvalidQueryParameterValue": _BAD_TOKEN,
    "InvalidHeaderValue": _BAD_TOKEN,
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
_FORBIDDEN = {WRITE: _MAY_NOT_WRITE, REMOVE: _MAY_NOT_REMOVE}
