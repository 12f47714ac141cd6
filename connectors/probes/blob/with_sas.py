"""Visits with a shared access signature."""

from connectors.probes.blob import checking
from connectors.probes.blob.answers import CREATE, DELETE, WRITE, Refusals
from connectors.probes.blob.checking import Access
from connectors.probes.blob.container import Container
from connectors.probes.blob.sas import Sas
from connectors.probes.undoing import REMOVE
from connectors.problems import Fault
from connectors.steps import Steps

READ = "read the SAS token"
STEPS = (READ, *checking.STEPS)


async def check(container: Container, sas: Sas, steps: Steps) -> None:
    """Raises `CheckFailed`."""
    with steps(READ):
        sas.refuse_the_useless(container)
    await checking.check(container, Access("The SAS token", REFUSALS, query=sas.query), steps)


_DENIED = Fault(
    "denied",
    "{service} does not accept the SAS token.",
    "Issue a new SAS token for this container or the whole account. A token stops working when its key is regenerated "
    "or its access policy is removed.",
)
_REFUSED = Fault(
    "denied",
    "{service} does not accept the SAS token, or not from this network.",
    "Check that the token was issued for this container or the whole account with the account's present key. If it "
    "was, let Landfall through in the network settings of the account “{account}”.",
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
    "Issue a SAS token for this container, or for the account's blob service.",
)
_ACCOUNT = Fault(
    "forbidden",
    "The account “{account}” is disabled, or allows no access by SAS token.",
    "Enable the account, and “Allow storage account key access” in its configuration.",
)
_BAD_TOKEN = Fault(
    "config",
    "{service} does not understand a part of the SAS token.",
    "Copy the SAS token again, whole and as Azure gave it, or issue a new one.",
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
_WHOLE_ACCOUNT = (
    "Issue a SAS token for the account's blob service with all resource types and all permissions that the Azure "
    "portal proposes, or one for a container."
)
_MAY_NOT_CREATE = Fault(
    "forbidden", "The SAS token may not create containers in the account “{account}”.", _WHOLE_ACCOUNT
)
_MAY_NOT_DELETE = Fault(
    "forbidden", "The SAS token may not delete containers of the account “{account}”.", _WHOLE_ACCOUNT
)
REFUSALS = Refusals(
    faults={
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
        "InvalidQueryParameterValue": _BAD_TOKEN,
        "InvalidHeaderValue": _BAD_TOKEN,
    },
    forbidden={
        WRITE: _MAY_NOT_WRITE,
        REMOVE: _MAY_NOT_REMOVE,
        CREATE: _MAY_NOT_CREATE,
        DELETE: _MAY_NOT_DELETE,
    },
    denied=_DENIED,
)
