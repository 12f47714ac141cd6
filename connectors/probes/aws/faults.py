"""What can be wrong with keys, wherever they are used: sentences with {service} and what else a user of them gives."""

from connectors.problems import Fault

DENIED = Fault(
    "denied",
    "{service} does not accept these access keys.",
    "Check both halves of the key, and that it is active.",
)
UNKNOWN_KEY = Fault(
    "denied",
    "{service} does not know this access key ID.",
    "Check the access key ID, and that the key is active. A temporary key needs its session token as well.",
)
WRONG_SECRET = Fault(
    "denied",
    "The secret access key does not belong to this access key ID.",
    "Enter the secret access key again, whole and without blanks around it. If it is right, check the region.",
)
WRONG_TOKEN = Fault(
    "denied",
    "The session token is not valid or has expired.",
    "Enter new keys with their session token, or the keys of a user, which need no session token.",
)
WRONG_CLOCK = Fault(
    "config",
    "The clocks of Landfall and of {service} are too far apart.",
    "Set the clock of the machine that runs Landfall's workers, for example by NTP, then check again.",
)
ACCOUNT = Fault(
    "forbidden",
    "{service} has closed the account of this key, or never opened it for this service.",
    "Ask the owner of the account to settle it with the service.",
)
SLOW_DOWN = Fault(
    "quota",
    "{service} asks for fewer requests.",
    "Wait a while and check again; if it lasts, raise the limit of requests or check less often.",
)
REMOTE = Fault(
    "remote",
    "{service} reports a failure of its own.",
    "Check again later; if it lasts, tell those who run the service.",
)

# The following are about a resource, and may name {kind}, {name}, {arn}, {region} and {right} as well.
MISSING = Fault(
    "not_found",
    "There is no {kind} “{name}” in {region} at {service}.",
    "Check the name and the region of the {kind}, and that the keys belong to the account that has it.",
)
MAY_NOT = Fault(
    "forbidden",
    "These keys may not use the {kind} “{name}” as a destination.",
    "Allow the action {right} on {arn} to the user of the keys, and see that no other policy denies it.",
)
WRONG_REGION = Fault(
    "config",
    "{service} does not belong to the region “{region}”.",
    "Set the region to that of the {kind}.",
)
MAY_NOT_ENCRYPT = Fault(
    "forbidden",
    "These keys may not use the KMS key that encrypts the {kind} “{name}”.",
    "Allow the actions kms:GenerateDataKey and kms:Decrypt on that key to the user of the keys.",
)
ENCRYPTION_KEY = Fault(
    "config",
    "The KMS key that encrypts the {kind} “{name}” cannot be used.",
    "Enable the KMS key, or choose another one for the {kind}.",
)
REFUSED = Fault(
    "config",
    "{service} does not accept “{name}” as a {kind}.",
    "Check the name and the region of the {kind}.",
)
NOT_AMAZON = Fault(
    "protocol",
    "{service} does not answer as Amazon's services do.",
    "Check the host, the port and the path of the endpoint.",
)

#: By what the services call them.
BY_CODE = {
    "InvalidAccessKeyId": UNKNOWN_KEY,
    "InvalidClientTokenId": UNKNOWN_KEY,
    "UnrecognizedClientException": UNKNOWN_KEY,
    "SignatureDoesNotMatch": WRONG_SECRET,
    "InvalidSignatureException": WRONG_SECRET,
    "IncompleteSignature": DENIED,
    "IncompleteSignatureException": DENIED,
    "MissingAuthenticationToken": DENIED,
    "MissingAuthenticationTokenException": DENIED,
    "ExpiredToken": WRONG_TOKEN,
    "ExpiredTokenException": WRONG_TOKEN,
    "InvalidToken": WRONG_TOKEN,
    "TokenRefreshRequired": WRONG_TOKEN,
    "RequestTimeTooSkewed": WRONG_CLOCK,
    "RequestExpired": WRONG_CLOCK,
    "AccountProblem": ACCOUNT,
    "AllAccessDisabled": ACCOUNT,
    "NotSignedUp": ACCOUNT,
    "OptInRequired": ACCOUNT,
    "SubscriptionRequiredException": ACCOUNT,
    "SlowDown": SLOW_DOWN,
    "LimitExceededException": SLOW_DOWN,
    "ProvisionedThroughputExceededException": SLOW_DOWN,
    "RequestLimitExceeded": SLOW_DOWN,
    "RequestThrottled": SLOW_DOWN,
    "Throttling": SLOW_DOWN,
    "ThrottlingException": SLOW_DOWN,
    "TooManyRequests": SLOW_DOWN,
    "TooManyRequestsException": SLOW_DOWN,
}
FORBIDDEN = frozenset({"AccessDenied", "AccessDeniedException", "NotAuthorized", "UnauthorizedOperation"})
_OF_RESOURCES = {
    **BY_CODE,
    **dict.fromkeys(FORBIDDEN, MAY_NOT),
    "NonExistentQueue": MISSING,
    "QueueDoesNotExist": MISSING,
    "QueueDeletedRecently": MISSING,
    "ResourceNotFoundException": MISSING,
    "InvalidAddress": WRONG_REGION,
    "WrongRegion": WRONG_REGION,
    **dict.fromkeys(("InternalError", "InternalException", "InternalFailure", "InternalFailureException"), REMOTE),
    **dict.fromkeys(("ServiceUnavailable", "ServiceUnavailableException"), REMOTE),
}


def named(code: str) -> Fault | None:
    """The fault of a resource or its keys that a service calls `code`."""
    if code.lower().startswith("kms"):
        return MAY_NOT_ENCRYPT if "denied" in code.lower() else ENCRYPTION_KEY
    return _OF_RESOURCES.get(code)
