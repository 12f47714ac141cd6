"""Visits with a token of Microsoft Entra."""

from collections.abc import Awaitable, Callable

from yarl import URL

from connectors import egress
from connectors.probes.blob import checking
from connectors.probes.blob.answers import WRITE, Refusals
from connectors.probes.blob.checking import Access
from connectors.probes.blob.container import Container
from connectors.probes.undoing import REMOVE
from connectors.problems import Fault
from connectors.steps import Steps

SIGN_IN = "sign in"
_FIRST, _THEN = checking.STEPS[:3], checking.STEPS[3:]
STEPS = (*_FIRST, SIGN_IN, *_THEN)
#: What a token must be asked for, the same in each of Azure's clouds.
SCOPE = "https://storage.azure.com/.default"
VERSION = "2021-12-02"  # of the service; requests with a token must name one


async def check(container: Container, sign_in: Callable[[], Awaitable[str]], steps: Steps) -> None:
    """`sign_in` gives the token. Raises `CheckFailed`."""
    # An account that is not there is told before anything is sent to those who give the tokens.
    at = URL(container.endpoint)
    with container.hinted():
        await egress.reach(at.host or "", at.port or 443, steps, tls=container.tls or egress.tls_context())
    with steps(SIGN_IN):
        token = await sign_in()
    headers = {"Authorization": f"Bearer {token}", "x-ms-version": VERSION}
    await checking.check(container, Access("The service principal", _REFUSALS, headers=headers), steps, reached=True)


_ROLE = "Assign it the role “Storage Blob Data Contributor” on the container or the account"
_SOON = "an assignment takes some minutes to work"
_DENIED = Fault(
    "denied",
    "{service} does not accept the service principal.",
    "Use a service principal of the tenant that the subscription of the account “{account}” belongs to.",
)
_NETWORK = Fault(
    "forbidden",
    "The network settings of the account “{account}” do not let Landfall in.",
    "Add Landfall's addresses to the networks from which the account may be used.",
)
_DISABLED = Fault("forbidden", "The account “{account}” is disabled.", "Enable the account.")
_MAY_NOTHING = Fault("forbidden", "The service principal may not use the account “{account}”.", f"{_ROLE}; {_SOON}.")
_MAY_NOT_WRITE = Fault(
    "forbidden",
    "The service principal may not write to the container “{container}”, or there is no such container.",
    f"{_ROLE}; {_SOON}. Check the container's name, too.",
)
_MAY_NOT_REMOVE = Fault(
    "forbidden",
    "The service principal may not delete blobs of the container “{container}”.",
    f"{_ROLE}; {_SOON}.",
)
_REFUSALS = Refusals(
    faults={
        "AuthenticationFailed": _DENIED,
        "InvalidAuthenticationInfo": _DENIED,
        "NoAuthenticationInformation": _DENIED,
        "AuthorizationFailure": _NETWORK,
        "AccountIsDisabled": _DISABLED,
    },
    forbidden={WRITE: _MAY_NOT_WRITE, REMOVE: _MAY_NOT_REMOVE},
    denied=_MAY_NOTHING,
)
