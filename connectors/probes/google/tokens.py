"""Signing in as a service account: a signed assertion for a token that serves for a while."""

import time
from urllib.parse import urlsplit

from connectors.probes import oauth
from connectors.probes.google import account
from connectors.probes.google.account import ServiceAccount
from connectors.problems import CheckCode, CheckFailed
from connectors.steps import Steps

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIFE = 300  # seconds, for the assertion


async def token(who: ServiceAccount, scope: str, steps: Steps) -> str:
    """Raises `CheckFailed`."""
    if who.token_uri not in account.TOKEN_URIS:  # once more, where it counts: what is stored may be older than the rule
        raise CheckFailed("config", "The key names a place to sign in that is not Google's.", _REMEDY_KEY)
    form = {"grant_type": GRANT, "assertion": _assertion(who, scope)}
    answer = await oauth.ask(who.token_uri, form, steps)
    if answer.token:
        return answer.token
    raise _failure(answer, who)


def _assertion(who: ServiceAccount, scope: str) -> str:
    import jwt

    now = int(time.time())
    claims = {"iss": who.email, "scope": scope, "aud": who.token_uri, "iat": now, "exp": now + LIFE}
    try:
        return jwt.encode(claims, who.private_key, "RS256", headers={"kid": who.key_id} if who.key_id else None)
    except (jwt.PyJWTError, ValueError, TypeError):
        raise CheckFailed("config", "The private key in the service account key cannot be read.", _REMEDY_KEY) from None


def _failure(answer: oauth.Answer, who: ServiceAccount) -> CheckFailed:
    host, said = urlsplit(who.token_uri).netloc, answer.said
    code, message, remedy = _fault(answer.status, f"{said.get('error', '')}", f"{said.get('error_description', '')}")
    return CheckFailed(code, message.format(host=host, email=who.email), remedy)


Fault = tuple[CheckCode, str, str]


def _fault(status: int, error: str, description: str) -> Fault:
    if status == 429 or error == "rate_limit_exceeded":
        return _SLOW_DOWN
    if status >= 500:
        return _REMOTE
    if not error or not 400 <= status < 500:
        return _ODD
    words = description.lower()
    return next((fault for word, fault in _WORDS if word in words), _ERRORS.get(error, _DENIED))


_REMEDY_KEY = "Make a new key for the service account in Google Cloud, and enter its JSON file as it is."
_DENIED: Fault = ("denied", "Google does not accept the key of {email}.", _REMEDY_KEY)
_DISABLED: Fault = (
    "denied",
    "The service account {email} is disabled.",
    "Enable the service account in Google Cloud, or use the key of another one.",
)
_SLOW_DOWN: Fault = (
    "quota",
    "Google asks for fewer sign-ins.",
    "Wait a while and check again; if it lasts, check less often.",
)
_REMOTE: Fault = (
    "remote",
    "Google reports a failure of its own while signing in.",
    "Check again later; if it lasts, look at Google Cloud's status page.",
)
_ODD: Fault = (
    "protocol",
    "{host} does not answer as Google's sign-in does.",
    "Check whether something between Landfall and Google, such as a proxy, answers in its place.",
)
# The error is invalid_grant for almost everything; what it means stands in the description, which is not repeated.
_WORDS: tuple[tuple[str, Fault], ...] = (
    (
        "signature",
        (
            "denied",
            "The private key is not, or no longer, a key of {email}.",
            f"The key may have been deleted. {_REMEDY_KEY}",
        ),
    ),
    ("disabled", _DISABLED),
    (
        "not found",
        (
            "denied",
            "The service account {email} does not exist, or is disabled.",
            "Check in Google Cloud that the service account is there and enabled, or use the key of another one.",
        ),
    ),
    (
        "timeframe",
        (
            "config",
            "The clocks of Landfall and of Google are too far apart.",
            "Set the clock of the machine that runs Landfall's workers, for example by NTP, then check again.",
        ),
    ),
)
_ERRORS: dict[str, Fault] = {
    "disabled_client": _DISABLED,
    "deleted_client": _DENIED,
    "invalid_scope": (
        "forbidden",
        "Google does not let {email} use this service.",
        "Ask the administrator of the Google organization whether a policy forbids it.",
    ),
    "access_denied": (
        "forbidden",
        "Google does not let {email} sign in.",
        "Ask the administrator of the Google organization whether a policy forbids it.",
    ),
}
