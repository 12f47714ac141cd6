"""Why Entra gave no token. Its texts are never repeated; only its numbers, which it writes as AADSTS…, are read."""

from collections.abc import Mapping

from connectors.probes import oauth
from connectors.problems import CheckFailed, Fault


def failure(answer: oauth.Answer, words: Mapping[str, str]) -> CheckFailed:
    """`words` are {login}, {tenant}, {client} and {cloud}, a sentence."""
    return _fault(answer).told(words)


def _fault(answer: oauth.Answer) -> Fault:
    numbers = answer.said.get("error_codes")
    for number in numbers if isinstance(numbers, list) else []:
        if isinstance(number, int) and number in _FAULTS:
            return _FAULTS[number]
    if answer.status == 429:
        return _BUSY
    if answer.status >= 500 or answer.said.get("error") == "temporarily_unavailable":
        return _REMOTE
    return _DENIED if answer.status in {400, 401, 403} and answer.said.get("error") else _ODD


_DENIED = Fault(
    "denied",
    "Microsoft Entra does not let the application {client} sign in.",
    "Check the tenant ID, the client ID and the client secret; the sign-in log of the service principal says more.",
)
_NO_TENANT = Fault(
    "not_found",
    "There is no tenant “{tenant}” at {login}.",
    "Check the tenant ID. {cloud}",
)
_OTHER_CLOUD = Fault(
    "config",
    "The tenant “{tenant}” is not in the cloud that signs in at {login}.",
    "{cloud}",
)
_NO_CLIENT = Fault(
    "not_found",
    "The tenant “{tenant}” has no application {client}.",
    "Check the client ID, and that the application is registered in this tenant or has a service principal there.",
)
_WRONG_SECRET = Fault(
    "denied",
    "The client secret is not one of the application {client}.",
    "Enter the value of a client secret, not its ID; the value is shown only when the secret is made.",
)
_EXPIRED = Fault(
    "denied",
    "The client secret of the application {client} has expired.",
    "Make a new client secret for the application, and enter its value.",
)
_DISABLED = Fault(
    "denied",
    "The application {client} is disabled.",
    "Enable the enterprise application in the tenant, or use another application.",
)
_PUBLIC = Fault(
    "config",
    "The application {client} is a public client, which has no secrets.",
    "Turn “Allow public client flows” off for the application, or use another application.",
)
_BLOCKED = Fault(
    "forbidden",
    "A Conditional Access policy of the tenant does not let the application {client} sign in from here.",
    "Except the service principal from the policy, or add Landfall's addresses to its trusted locations.",
)
_NO_RESOURCE = Fault(
    "forbidden",
    "The tenant “{tenant}” does not give the application {client} tokens for this service.",
    "Use the tenant of the Azure subscription that has the service; its administrator may have to consent.",
)
_BUSY = Fault("quota", "Microsoft Entra asks for fewer sign-ins.", "Check again later, and less often.")
_REMOTE = Fault(
    "remote",
    "Microsoft Entra reports a failure of its own.",
    "Check again later; if it lasts, look at the state of Azure's services.",
)
_ODD = Fault(
    "protocol",
    "{login} does not answer as the sign-in of Microsoft Entra does.",
    "Check whether something between Landfall and Microsoft, such as a proxy, answers in its place.",
)
_FAULTS: dict[int, Fault] = {
    90002: _NO_TENANT,
    900021: _NO_TENANT,
    900023: _NO_TENANT,
    90038: _OTHER_CLOUD,
    90051: _OTHER_CLOUD,
    900382: _OTHER_CLOUD,
    900432: _OTHER_CLOUD,
    700011: _NO_CLIENT,
    700016: _NO_CLIENT,
    7000229: _NO_CLIENT,
    50012: _WRONG_SECRET,
    70002: _WRONG_SECRET,
    7000215: _WRONG_SECRET,
    7000222: _EXPIRED,
    70001: _DISABLED,
    7000112: _DISABLED,
    700025: _PUBLIC,
    53003: _BLOCKED,
    53011: _BLOCKED,
    530032: _BLOCKED,
    530035: _BLOCKED,
    50001: _NO_RESOURCE,
    500011: _NO_RESOURCE,
    65001: _NO_RESOURCE,
    650052: _NO_RESOURCE,
    650056: _NO_RESOURCE,
    650057: _NO_RESOURCE,
    50000: _REMOTE,
    90006: _REMOTE,
    90024: _REMOTE,
    90033: _REMOTE,
    90055: _BUSY,
}
