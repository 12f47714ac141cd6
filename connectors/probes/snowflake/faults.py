"""What can be wrong with an account, in words. The texts of its answers are never repeated, only its codes are read."""

from connectors.probes.snowflake.place import Place
from connectors.probes.trial import CREATE, REMOVE
from connectors.problems import CheckFailed, Fault

SIGN_IN, FIND, USE = "sign in", "find schema", "use warehouse"


def of(place: Place, step: str, status: int, code: str) -> CheckFailed:
    """Why an answer with this HTTP status and this code of Snowflake's is not what `step` asked for."""
    fault = _OF_THE_STEP.get((step, code)) or _FAULTS.get(code) or _by_status(status, step)
    return fault.failure(place)


def _by_status(status: int, step: str) -> Fault:
    if status in _OF_THE_STATUS:
        return _OF_THE_STATUS[status]
    if status >= 500:
        return REMOTE
    return _REFUSED[step] if status in {200, 422} else NOT_SNOWFLAKE


DENIED = Fault(
    "denied",
    "Snowflake does not accept the user “{username}” with this password.",
    "Check the user name, the password and the account.",
)
WRONG_KEY = Fault(
    "denied",
    "Snowflake does not accept the private key for the user “{username}” of the account “{account}”.",
    "Set the public half of the key with ALTER USER … SET RSA_PUBLIC_KEY, and check the user name and the account.",
)
LOCKED = Fault(
    "denied",
    "Snowflake does not let the user “{username}” in.",
    "Look at the user with DESCRIBE USER: whether it is disabled or locked, or must change its password.",
)
SECOND_FACTOR = Fault(
    "denied",
    "Snowflake asks the user “{username}” for a second factor, which a check cannot give.",
    "Use a user of the type SERVICE with a private key.",
)
NO_ROLE = Fault(
    "not_found",
    "{role} does not exist or is not granted to the user “{username}”.",
    "Check the role's name, or grant it with GRANT ROLE … TO USER ….",
)
NETWORK = Fault(
    "forbidden",
    "A network policy of the account does not let Landfall in.",
    "Add the addresses of Landfall to the network policy of the account or of the user.",
)
NO_ACCOUNT = Fault(
    "not_found",
    "There is no account “{account}” at {where}.",
    "Check the host, which is usually the account's identifier and .snowflakecomputing.com.",
)
EXPIRED = Fault("remote", "Snowflake ended the session during the check.", "Check again.")
NO_DATABASE = Fault(
    "not_found",
    "{role} sees no database “{database}”.",
    "Check its name, or grant USAGE on the database to the role. A name that is not all capitals needs quotes.",
)
NO_SCHEMA = Fault(
    "not_found",
    "{role} sees no schema “{schema}” in the database “{database}”.",
    "Check its name, or grant USAGE on the schema to the role. A name that is not all capitals needs quotes.",
)
NO_WAREHOUSE = Fault(
    "not_found",
    "{role} may use no warehouse “{warehouse}”.",
    "Check its name, or grant USAGE on the warehouse to the role. A name that is not all capitals needs quotes.",
)
MAY_NOT_CREATE = Fault(
    "forbidden",
    "{role} may not create tables in the schema “{schema}”.",
    "Grant USAGE on the database and on the schema, and CREATE TABLE on the schema, to the role.",
)
MAY_NOT_REMOVE = Fault(
    "forbidden",
    "{role} may not drop the table that it made.",
    "Grant the role the ownership of what it creates in the schema.",
)
USED_UP = Fault(
    "quota",
    "A resource monitor keeps the warehouse “{warehouse}” from working.",
    "Raise the quota of the resource monitor, or wait for its next period.",
)
SLOW_DOWN = Fault("quota", "Snowflake asks for fewer requests.", "Check again later, and less often.")
BUSY = Fault("timeout", "Snowflake did not finish the statement in time.", "Check again later.")
REMOTE = Fault("remote", "Snowflake reports a failure of its own.", "Check again later; see status.snowflake.com.")
NO_STATEMENT = Fault(
    "remote",
    "Snowflake did not carry out a statement of the check.",
    "Look into the query history of the user “{username}” for the reason.",
)
NOT_SNOWFLAKE = Fault("protocol", "{where} does not answer as Snowflake does.", "Check the host and the port.")

_FAULTS = {
    "390100": DENIED,
    "390101": LOCKED,
    "390102": LOCKED,
    "390144": WRONG_KEY,
    "390127": SECOND_FACTOR,
    "390197": SECOND_FACTOR,
    "394508": SECOND_FACTOR,
    "390189": NO_ROLE,
    "390420": NETWORK,
    "390422": NETWORK,
    "390111": EXPIRED,
    "390112": EXPIRED,
    "390114": EXPIRED,
    "000606": NO_WAREHOUSE,
    "000630": BUSY,
    "333333": BUSY,
    "333334": BUSY,
    "090073": USED_UP,
}
#: By what a user would be asked for next.
NEXT = {
    "EXT_AUTHN_DUO_ALL": SECOND_FACTOR,
    "EXT_AUTHN_DUO_PUSH_N_PASSCODE": SECOND_FACTOR,
    "PWD_CHANGE": LOCKED,
}
_MISSING = ("002003", "002043", "003001", "390201")
_OF_THE_STEP = {
    **{(FIND, code): NO_DATABASE for code in _MISSING},
    **{(USE, code): NO_WAREHOUSE for code in _MISSING},
    **{(CREATE, code): MAY_NOT_CREATE for code in _MISSING},
    **{(REMOVE, code): MAY_NOT_REMOVE for code in _MISSING},
}
_OF_THE_STATUS = {401: WRONG_KEY, 403: NO_ACCOUNT, 404: NO_ACCOUNT, 408: BUSY, 202: BUSY, 429: SLOW_DOWN}
_REFUSED = {SIGN_IN: LOCKED, FIND: NO_STATEMENT, USE: NO_STATEMENT, CREATE: NO_STATEMENT, REMOVE: NO_STATEMENT}
