"""What the answers of OneLake mean. Their text is never repeated."""

from connectors.probes.blob import answers
from connectors.probes.http import Answer
from connectors.probes.onelake.lakehouse import Lakehouse
from connectors.problems import CheckFailed, Fault


def failure(answer: Answer, lake: Lakehouse, missing: Fault, forbidden: Fault | None = None) -> CheckFailed:
    """Why `answer` is no success."""
    known = {401: DENIED, 403: forbidden or MAY_NOT_WRITE, 404: missing, 429: BUSY}
    fault = named(answer) or known.get(answer.status, REMOTE if answer.status >= 500 else NOT_ONELAKE)
    return fault.failure(lake)


def named(answer: Answer) -> Fault | None:
    """The fault that the answer itself tells."""
    return _BY_CODE.get(answers.code(answer)) if answer.status >= 400 else None


_ROLE = (
    "Make it a Contributor of the workspace, and see that the settings of the tenant let service principals use Fabric"
)
_NO_WORKSPACE = Fault(
    "not_found",
    "There is no workspace “{workspace}” in the Fabric of the service principal's tenant.",
    "Check the name of the workspace, the tenant ID, and that the service principal has a role in the workspace.",
)
_NO_LAKEHOUSE = Fault(
    "not_found",
    "There is no lakehouse “{lakehouse}” in the workspace “{workspace}”.",
    "Check the name of the lakehouse, or create the lakehouse.",
)
MISSING = {"find workspace": _NO_WORKSPACE, "find lakehouse": _NO_LAKEHOUSE}
DENIED = Fault(
    "denied",
    "OneLake does not accept the service principal.",
    "Use a service principal of the tenant that the workspace belongs to.",
)
MAY_NOT_WRITE = Fault(
    "forbidden",
    "The service principal may not write to the lakehouse “{lakehouse}”, or the workspace “{workspace}” has none of "
    "this name.",
    f"{_ROLE} and reach OneLake from outside of it. Check both names, too.",
)
MAY_NOT_READ = Fault(
    "forbidden",
    "The service principal may not read what it wrote to the lakehouse “{lakehouse}”.",
    f"{_ROLE}.",
)
MAY_NOT_REMOVE = Fault(
    "forbidden",
    "The service principal may not delete files of the lakehouse “{lakehouse}”.",
    f"{_ROLE}.",
)
GONE = Fault(
    "remote",
    "The lakehouse “{lakehouse}” does not give back the file that was written to it.",
    "Check whether something else removes or rewrites files there.",
)
BUSY = Fault(
    "quota",
    "OneLake asks for fewer requests.",
    "Wait a while and check again; if it lasts, look at the use of the capacity that the workspace is in.",
)
REMOTE = Fault(
    "remote",
    "OneLake reports a failure of its own.",
    "Check that the capacity of the workspace is not paused; if that is not it, look at the state of Fabric.",
)
NOT_ONELAKE = Fault(
    "protocol",
    "{service} does not answer as OneLake does.",
    "Check whether something between Landfall and Microsoft, such as a proxy, answers in its place.",
)
_NAMES = Fault(
    "config",
    "OneLake finds nothing by the names “{workspace}” and “{lakehouse}”.",
    "Give both the workspace and the lakehouse by their GUIDs, which are in the address of the lakehouse in the Fabric "
    "portal: some tenants allow no names.",
)
_BY_CODE = {
    "WorkspaceNotFound": _NO_WORKSPACE,
    "ArtifactNotFound": _NO_LAKEHOUSE,
    "ContainerNotFound": _NO_WORKSPACE,
    "FriendlyNameSupportDisabled": _NAMES,
    "AuthenticationFailed": DENIED,
    "InvalidAuthenticationInfo": DENIED,
    "NoAuthenticationInformation": DENIED,
    "ServerBusy": BUSY,
}
