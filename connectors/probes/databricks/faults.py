"""What can be wrong with a workspace, in words. The texts of its answers are never repeated, only codes are read."""

import re
from collections.abc import Mapping
from typing import Any

from connectors.probes.databricks.place import Place
from connectors.probes.http import Answer
from connectors.probes.trial import CREATE, REMOVE
from connectors.problems import CheckFailed, Fault

SIGN_IN, COMPUTE, FIND = "sign in", "find warehouse or cluster", "find schema"


def refused(answer: Answer, step: str, place: Place) -> CheckFailed:
    """Why the API did not even take the request of `step`."""
    if answer.status in {401, 403} and b"IP ACL" in answer.body:
        return NETWORK.failure(place)
    if answer.status == 401:
        return DENIED.failure(place)
    if answer.status in {400, 403, 404} and (answer.json or {}).get("error_code"):
        return _REFUSED[step].failure(place)
    if answer.status == 403 and step == SIGN_IN:
        return DENIED.failure(place)
    if answer.status == 429:
        return SLOW_DOWN.failure(place)
    return (REMOTE if answer.status >= 500 else NOT_DATABRICKS).failure(place)


def failed(status: Mapping[str, Any], step: str, place: Place) -> CheckFailed:
    """Why a statement of `step` was not carried out."""
    error = status.get("error")
    told = error if isinstance(error, dict) else {}
    named = re.match(r"\[([A-Z_]{1,80})", str(told.get("message")))
    for sign in (str(status.get("sql_state")), named[1] if named else "", str(told.get("error_code"))):
        if sign in _MISSING:
            return NO_SCHEMA.failure(place)
        if sign in _FORBIDDEN:
            return _MAY_NOT[step].failure(place)
    if status.get("state") in {"CANCELED", "PENDING", "RUNNING"}:
        return BUSY.failure(place)
    return NO_STATEMENT.failure(place)


DENIED = Fault(
    "denied",
    "The workspace {where} does not accept the credentials.",
    "Check the credentials, that they have not expired, and that they belong to this workspace.",
)
NETWORK = Fault(
    "forbidden",
    "An IP access list of the workspace does not let {caller} in.",
    "Add the addresses of {caller} to the IP access list of the workspace.",
)
NO_COMPUTE = Fault(
    "not_found",
    "The workspace has no SQL warehouse or cluster {http_path}, or it may not be used with these credentials.",
    "Copy the HTTP path anew, and grant CAN USE on the warehouse, or CAN ATTACH TO on the cluster.",
)
GONE = Fault("not_found", "The SQL warehouse {http_path} was deleted.", "Set the HTTP path of another SQL warehouse.")
NO_SCHEMA = Fault(
    "not_found",
    "There is no schema “{schema}” in the catalog “{catalog}”.",
    "Check both names, or create the schema.",
)
MAY_NOT_SEE = Fault(
    "forbidden",
    "These credentials may not use the schema “{schema}” of the catalog “{catalog}”.",
    "Grant USE CATALOG on the catalog and USE SCHEMA on the schema.",
)
MAY_NOT_CREATE = Fault(
    "forbidden",
    "These credentials may not create tables in the schema “{schema}” of the catalog “{catalog}”.",
    "Grant USE CATALOG on the catalog, and USE SCHEMA and CREATE TABLE on the schema.",
)
MAY_NOT_REMOVE = Fault(
    "forbidden",
    "These credentials may not drop the table that they made.",
    "Let the user or service principal be the owner of what it creates in the schema.",
)
MAY_NOT_RUN = Fault(
    "forbidden",
    "These credentials may not run statements on the SQL warehouse {http_path}.",
    "Grant CAN USE on the warehouse, and the entitlement for Databricks SQL to the user or service principal.",
)
SLOW_DOWN = Fault("quota", "The workspace asks for fewer requests.", "Check again later, and less often.")
BUSY = Fault("timeout", "The SQL warehouse did not finish the statement in time.", "Check again later.")
REMOTE = Fault("remote", "The workspace reports a failure of its own.", "Check again later.")
NO_STATEMENT = Fault(
    "remote",
    "The SQL warehouse did not carry out a statement of the check.",
    "Look into the query history of the SQL warehouse for the reason.",
)
NOT_DATABRICKS = Fault(
    "protocol", "{where} does not answer as a Databricks workspace does.", "Check the host and the port."
)

_REFUSED = {SIGN_IN: DENIED, COMPUTE: NO_COMPUTE, FIND: MAY_NOT_RUN, CREATE: MAY_NOT_RUN, REMOVE: MAY_NOT_RUN}
_MAY_NOT = {FIND: MAY_NOT_SEE, CREATE: MAY_NOT_CREATE, REMOVE: MAY_NOT_REMOVE}
_MISSING = frozenset({"42704", "SCHEMA_NOT_FOUND", "CATALOG_NOT_FOUND", "NO_SUCH_CATALOG_EXCEPTION", "NOT_FOUND"})
_FORBIDDEN = frozenset({"42501", "INSUFFICIENT_PERMISSIONS", "INSUFFICIENT_PRIVILEGES", "PERMISSION_DENIED"})
