"""What the numbers of the server's errors mean, in words for a person and without the server's own."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from connectors.probes.tds.place import Place, quoted
from connectors.problems import CheckCode, CheckFailed


class Fault(NamedTuple):
    """`message` and `remedy` may name {where}, {user}, {database}, {schema}, the last three also {quoted_...}, the
    {caller} whose address is seen there, the {number} of an error, and {grant}: the statements that give the rights
    which making a table needs."""

    code: CheckCode
    message: str
    remedy: str

    def failure(self, place: Place, number: int = 0) -> CheckFailed:
        words = {
            "where": place.where,
            "caller": place.caller,
            "user": place.username,
            "database": place.database,
            "schema": place.schema,
            "quoted_user": quoted(place.username),
            "quoted_database": quoted(place.database),
            "quoted_schema": quoted(place.schema),
            "number": number,
            "grant": _grant(place),
        }
        return CheckFailed(self.code, self.message.format(**words), self.remedy.format(**words))


def sign_in_failed(errors: Sequence[int], place: Place) -> CheckFailed:
    return _explained(errors, _SIGN_IN, _NOT_LET_IN, place)


def statement_failed(errors: Sequence[int], place: Place) -> CheckFailed:
    return _explained(errors, _STATEMENT, _NOT_DONE, place)


def _explained(errors: Sequence[int], known: Mapping[int, Fault], other: Fault, place: Place) -> CheckFailed:
    """Of several errors the server gives its reason first, and what it did about it afterwards."""
    fault = next((known[number] for number in errors if number in known), other)
    return fault.failure(place, errors[0])


def _grant(place: Place) -> str:
    user = quoted(place.username)
    if not place.schema:
        return f"GRANT CREATE SCHEMA, CREATE TABLE TO {user};"
    return f"GRANT CREATE TABLE TO {user}; GRANT ALTER, INSERT ON SCHEMA::{quoted(place.schema)} TO {user};"


REMEDY_OTHER = "Check the host and the port: SQL Server and Synapse listen on 1433, unless set otherwise."
_LATER = "Try again in a moment; if it stays so, look into the server's log."
_NUMBERS = "Look up the number in Microsoft's list of database engine errors, or look into the server's log."

STRANGER = Fault("protocol", "{where} does not answer as a Microsoft SQL Server.", REMEDY_OTHER)
SILENT = Fault("timeout", "{where} accepted the connection but did not answer the greeting in time.", REMEDY_OTHER)
HUNG_UP = Fault(
    "remote",
    "{where} closed the connection without an answer.",
    "Check that the server is running and lets the address of {caller} in. A server that is set to strict encryption "
    "(TDS 8) must also allow other clients.",
)
NO_TLS = Fault(
    "tls",
    "The server at {where} does not offer TLS.",
    "Let the server encrypt connections. Or set sslmode to disable; then everything, also the password, travels "
    "where others may read it.",
)
WANTS_TLS = Fault("tls", "{where} lets nobody sign in without TLS.", "Set sslmode to verify-full.")
SLOW_SIGN_IN = Fault(
    "timeout",
    "{where} did not finish the sign-in in time.",
    "Try again: a database that has paused takes up to a minute to resume. If it stays so, check the server's load.",
)
LOST_SIGN_IN = Fault("remote", "{where} closed the connection during the sign-in.", _LATER)
LOST = Fault("remote", "{where} closed the connection during the check.", _LATER)
SLOW = Fault(
    "timeout",
    "The server at {where} did not carry out a small statement in time.",
    "Look for locks and load on the server.",
)
TOO_MANY_ROUTES = Fault(
    "remote",
    "{where} sends clients on to another server, as the one before it did.",
    "Check again later; if it lasts, look at the state of Azure's services.",
)
_NOT_LET_IN = Fault("denied", "{where} refused to let “{user}” sign in (error {number}).", _NUMBERS)
_NOT_DONE = Fault("remote", "The server refused to work on the table of the check (error {number}).", _NUMBERS)
_DENIED = Fault(
    "denied",
    "{where} did not accept the user name “{user}” with this password.",
    "Check both, and that the server allows SQL Server authentication beside Windows accounts.",
)
_WINDOWS = Fault(
    "denied",
    "{where} takes “{user}” for a Windows account, or lets only those sign in.",
    "Let the server allow SQL Server authentication, and use a login of that kind.",
)
_EXPIRED = Fault(
    "denied", "The password of “{user}” has expired.", "Set a new one with ALTER LOGIN, and enter it here."
)
_DISABLED = Fault(
    "forbidden",
    "The login “{user}” is disabled or locked.",
    "Let an administrator enable or unlock it with ALTER LOGIN.",
)
_RESTRICTED = Fault(
    "forbidden",
    "{where} lets only administrators sign in, or a trigger on the server refuses “{user}”.",
    "Let an administrator end the single-user mode or the maintenance, or change the trigger.",
)
_NO_DATABASE = Fault(
    "not_found",
    "There is no database “{database}” on {where}, or “{user}” may not use it.",
    "Correct its name. If it is right, run CREATE USER for this login in the database as its owner.",
)
_NO_SERVER = Fault(
    "not_found",
    "{where} knows no server of this name.",
    "Check the host: it is the full name of the server, such as example.database.windows.net.",
)
_FIREWALL = Fault(
    "forbidden",
    "The firewall of {where} does not let the address of {caller} in.",
    "Add a firewall rule for the address of {caller} to the server in the Azure portal, and allow public network "
    "access.",
)
_NOT_READY = Fault(
    "remote",
    "The database “{database}” at {where} is paused, starting up, shutting down or moving.",
    "Resume it if it is paused. Otherwise try again in a moment.",
)
_FULL = Fault(
    "quota",
    "{where} has no connection or session left, or asks for fewer requests.",
    "Close unused connections, raise the limit or the tier, or try again later.",
)
NO_SCHEMA = Fault(
    "not_found",
    "There is no schema “{schema}” in the database “{database}”, or “{user}” may not see it.",
    "Correct its name, or run CREATE SCHEMA {quoted_schema}; as the database's owner. If it is right, he should "
    "run {grant} instead.",
)
_NO_RIGHT = Fault(
    "forbidden",
    "“{user}” may not create, fill and drop tables in the database “{database}”.",
    "Run {grant} in the database as its owner.",
)
_READ_ONLY = Fault(
    "forbidden",
    "The database “{database}” at {where} can only be read.",
    "Connect to the primary replica, and check that the database is READ_WRITE.",
)
_EXHAUSTED = Fault(
    "quota",
    "The database “{database}” at {where} has no memory, disk space or log left for this.",
    "Make room, or raise its limits; the server's log tells what is missing.",
)

_ANY_TIME: dict[int, Fault] = {
    **dict.fromkeys((6005, 17142, 40197, 40540, 40613, 42108, 42109, 42119), _NOT_READY),
    **dict.fromkeys((10928, 10929, 17809, 17810, 40501, 40549, 40550, 49918, 49919, 49920), _FULL),
}
_SIGN_IN: dict[int, Fault] = {
    **_ANY_TIME,
    **dict.fromkeys((911, 916, 4060, 4064), _NO_DATABASE),
    **dict.fromkeys((40531, 40532), _NO_SERVER),
    **dict.fromkeys((40615, 40914, 47073), _FIREWALL),
    **dict.fromkeys((17892, 18451, 18461), _RESTRICTED),
    **dict.fromkeys((18470, 18486), _DISABLED),
    **dict.fromkeys((18487, 18488), _EXPIRED),
    18452: _WINDOWS,
    18456: _DENIED,
}
_STATEMENT: dict[int, Fault] = {
    **_ANY_TIME,
    **dict.fromkeys((229, 230, 262, 297, 300, 2760, 3701, 15151), _NO_RIGHT),
    **dict.fromkeys((976, 978, 3906, 3908), _READ_ONLY),
    **dict.fromkeys((701, 802, 1101, 1105, 9002, 40544), _EXHAUSTED),
    **dict.fromkeys((1205, 1222), SLOW),
}
