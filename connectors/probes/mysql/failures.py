"""What the numbers of the server's errors mean, in words for a person and without the server's own."""

import re
from collections.abc import Callable

from pymysql.err import InterfaceError, MySQLError

from connectors.probes.mysql.greeting import REMEDY_OTHER, Hearing, stranger
from connectors.probes.mysql.place import RIGHTS, Place, quoted
from connectors.problems import CheckCode, CheckFailed

Explain = Callable[[Place, str], tuple[CheckCode, str, str]]

#: Errors whose remedy is a GRANT.
NAMES_ACCOUNT = frozenset({1044, 1142, 1227, 1370})
_LOST = frozenset({2006, 2013})  # the driver's, for a line that broke
_LATER = "Try again in a moment; if it stays so, look into the server's log."
_HOST = re.compile(r"[A-Za-z0-9.:%_/-]{1,255}")


def number(error: Exception) -> int:
    """The number of the server's error, or of the driver's; 0 when it has none."""
    first = error.args[0] if isinstance(error, MySQLError) and error.args else 0
    return first if isinstance(first, int) else 0


def _is_lost(error: Exception) -> bool:
    # uvloop raises RuntimeError when the line has gone already.
    return number(error) in _LOST or isinstance(error, InterfaceError | OSError | EOFError | RuntimeError)


def greeting_failed(error: Exception, hearing: Hearing, place: Place) -> CheckFailed:
    if hearing.nothing:
        message = f"{place.where} closed the connection without an answer."
        return CheckFailed("remote", message, f"Check that the server is running and lets {place.caller} in.")
    explain = _SIGN_IN.get(number(error))
    return CheckFailed(*explain(place, "")) if explain else stranger(place)


def sign_in_failed(error: Exception, place: Place) -> CheckFailed:
    code = number(error)
    if explain := _SIGN_IN.get(code):
        return CheckFailed(*explain(place, ""))
    if _is_lost(error):
        return CheckFailed("remote", f"{place.where} closed the connection during the sign-in.", _LATER)
    if not code:
        return stranger(place)
    message = f"{place.where} refused to let “{place.username}” sign in (error {code})."
    return CheckFailed("denied", message, "Look up the number in the server's documentation, or its log.")


def sign_in_unanswered(place: Place) -> CheckFailed:
    message = f"{place.where} did not finish the sign-in in time."
    return CheckFailed("timeout", message, f"{REMEDY_OTHER} A proxy before the server may wait for it in vain.")


def statement_unanswered(place: Place) -> CheckFailed:
    return CheckFailed(*_slow(place, ""))


def statement_failed(error: Exception, place: Place, host: str) -> CheckFailed:
    code = number(error)
    if explain := _STATEMENT.get(code):
        return CheckFailed(*explain(place, host))
    if _is_lost(error):
        return CheckFailed("remote", f"{place.where} closed the connection during the check.", _LATER)
    if not code:
        return stranger(place)
    message = f"The server refused to work on the table of the check (error {code})."
    return CheckFailed("remote", message, "Look up the number in the server's documentation, or its log.")


def _denied(place: Place, host: str) -> tuple[CheckCode, str, str]:
    message = f"{place.where} did not accept the user name “{place.username}” with this password."
    remedy = f"Check both, and that the account may sign in from the address of {place.caller}."
    if place.sslmode == "disable":
        remedy += " If it must use TLS, set sslmode to verify-full."
    return "denied", message, remedy


def _expired(place: Place, host: str) -> tuple[CheckCode, str, str]:
    message = f"The password of “{place.username}” has expired."
    return "denied", message, "Set a new one with ALTER USER, and enter it here."


def _locked(place: Place, host: str) -> tuple[CheckCode, str, str]:
    message = f"The account of “{place.username}” is locked."
    return "forbidden", message, "Unlock it as an administrator with ALTER USER and ACCOUNT UNLOCK."


def _wants_tls(place: Place, host: str) -> tuple[CheckCode, str, str]:
    message = f"{place.where} lets nobody sign in without TLS."
    return "forbidden", message, "Set sslmode to verify-full."


def _not_let_in(place: Place, host: str) -> tuple[CheckCode, str, str]:
    message = f"{place.where} does not let anybody connect from the address of {place.caller}."
    return "forbidden", message, f"Create an account for it, such as {quoted(place.username)}@{quoted('%')}."


def _shut_out(place: Place, host: str) -> tuple[CheckCode, str, str]:
    message = f"{place.where} has shut out the address of {place.caller} after too many broken connections."
    return "forbidden", message, "Run FLUSH HOSTS; as an administrator, and look for what breaks the connections."


def _full(place: Place, host: str) -> tuple[CheckCode, str, str]:
    message = f"{place.where} has no connection left for “{place.username}”."
    return "quota", message, "Close unused connections, or raise the limit of the server or of the account."


def _other_method(place: Place, host: str) -> tuple[CheckCode, str, str]:
    message = f"The account of “{place.username}” signs in by a method that Landfall cannot use over this connection."
    remedy = "Let it use caching_sha2_password or mysql_native_password; a password in clear only with a verified TLS."
    return "denied", message, remedy


def _not_ready(place: Place, host: str) -> tuple[CheckCode, str, str]:
    return "remote", f"The server at {place.where} is shutting down, or ended the session.", _LATER


_SIGN_IN: dict[int, Explain] = {
    1040: _full,
    1041: _full,
    1045: _denied,
    1053: _not_ready,
    1129: _shut_out,
    1130: _not_let_in,
    1135: _full,
    1203: _full,
    1226: _full,
    1251: _other_method,
    1275: _other_method,
    1524: _other_method,
    1698: _denied,
    1820: _expired,
    1862: _expired,
    2059: _other_method,
    3118: _locked,
    3159: _wants_tls,
    4151: _locked,
}


def _grant(place: Place, host: str) -> str:
    where = f"{quoted(place.database)}.*" if place.database else "*.*"
    account = f"{quoted(place.username)}@{quoted(host if _HOST.fullmatch(host) else '%')}"
    return f"Run GRANT {RIGHTS} ON {where} TO {account}; as an administrator."


def _no_right(place: Place, host: str) -> tuple[CheckCode, str, str]:
    what = f"tables in the database “{place.database}”" if place.database else "databases and tables in them"
    message = f"“{place.username}” may not create, fill and drop {what}."
    return "forbidden", message, _grant(place, host)


def _no_database(place: Place, host: str) -> tuple[CheckCode, str, str]:
    message = f"There is no database “{place.database}” on {place.where}."
    create = f"CREATE DATABASE {quoted(place.database)};"
    return "not_found", message, f"Correct its name, or run {create} as an administrator."


def _hidden_database(place: Place, host: str) -> tuple[CheckCode, str, str]:
    if not place.database:
        return _no_right(place, host)
    message = f"“{place.username}” may not use the database “{place.database}”, or there is none of this name."
    return "forbidden", message, f"Correct its name. If it is right: {_grant(place, host)}"


def _read_only(place: Place, host: str) -> tuple[CheckCode, str, str]:
    message = f"{place.where} lets “{place.username}” only read."
    return "forbidden", message, "Connect to the primary server, and check its variable read_only."


def _exhausted(place: Place, host: str) -> tuple[CheckCode, str, str]:
    message = f"The server at {place.where} has no memory or disk space left for this, or the account's limit is used."
    return "quota", message, "Make room on the server, or raise the limit; its log tells what is missing."


def _slow(place: Place, host: str) -> tuple[CheckCode, str, str]:
    message = f"The server at {place.where} did not carry out a small statement in time."
    return "timeout", message, "Look for locks and load on the server."


_STATEMENT: dict[int, Explain] = {
    **dict.fromkeys((1021, 1037, 1038, 1041, 1114, 1203, 1226), _exhausted),
    **dict.fromkeys((1205, 1969, 3024), _slow),
    **dict.fromkeys((1053, 1077, 1317, 1927), _not_ready),
    **dict.fromkeys((1290, 1792, 1836), _read_only),
    **dict.fromkeys((1142, 1227, 1370), _no_right),
    **dict.fromkeys((1820, 1862), _expired),
    1044: _hidden_database,
    1049: _no_database,
}
