"""What the driver's errors mean, in words for a person and without the driver's own."""

import re
from collections.abc import Callable

import psycopg
from psycopg import sql

from connectors.probes.postgres.greeting import REMEDY_OTHER
from connectors.probes.postgres.place import Place
from connectors.problems import CheckCode, CheckFailed

Explain = Callable[[Place], tuple[CheckCode, str, str]]

_LATER = "Try again in a moment; if it stays so, look into the server's log."


def sign_in_failed(error: psycopg.Error, place: Place) -> CheckFailed:
    """Why a session did not begin. The driver passes on the server's sentence, but not its SQLSTATE.

    A server that speaks another language is understood only as far as that it refused.
    """
    if isinstance(error, psycopg.errors.ConnectionTimeout):
        message = f"{place.where} did not finish the sign-in in time."
        return CheckFailed("timeout", message, f"{REMEDY_OTHER} A proxy before the server may wait for it in vain.")
    # The names in quotes are what the user typed: they must not be taken for the server's words.
    text = re.sub(r'"[^"]*"', '""', str(error))
    explain = next((explain for words, explain in _SIGN_IN if re.search(words, text)), _refused)
    return CheckFailed(*explain(place))


def statement_failed(error: psycopg.Error, place: Place) -> CheckFailed:
    """Why the server did not do what it was asked to do within a session."""
    state = error.sqlstate
    if state is None:
        return CheckFailed("remote", f"{place.where} closed the connection during the check.", _LATER)
    explain = _STATES.get(state) or _STATES.get(state[:2])
    if explain is None:
        message = f"The server refused to work on the table of the check (SQLSTATE {state})."
        return CheckFailed("remote", message, "Look up the code in the server's documentation, or its log.")
    return CheckFailed(*explain(place))


def schema_missing(place: Place) -> CheckFailed:
    message = f"There is no schema “{place.schema}” in the database “{place.database}”."
    create = f"CREATE SCHEMA {quoted(place.schema)};"
    remedy = f"Correct its name, in which small and capital letters differ, or run {create} as the database's owner."
    return CheckFailed("not_found", message, remedy)


def quoted(name: str) -> str:
    return sql.Identifier(name).as_string()


def _denied(place: Place) -> tuple[CheckCode, str, str]:
    message = f"{place.where} did not accept the user name “{place.username}” with this password."
    return "denied", message, "Check both. The password may also have expired."


def _refused(place: Place) -> tuple[CheckCode, str, str]:
    message = f"{place.where} refused to let “{place.username}” sign in to the database “{place.database}”."
    remedy = "Check the user name, the password and the name of the database; the server's log tells the reason."
    return "denied", message, remedy


def _no_database(place: Place) -> tuple[CheckCode, str, str]:
    message = f"There is no database “{place.database}” on {place.where}."
    return "not_found", message, "Correct its name, in which small and capital letters differ, or create it."


def _no_connect(place: Place) -> tuple[CheckCode, str, str]:
    message = f"“{place.username}” may not connect to the database “{place.database}”."
    grant = f"GRANT CONNECT ON DATABASE {quoted(place.database)} TO {quoted(place.username)};"
    return "forbidden", message, f"Run {grant} as the owner of the database."


def _no_login(place: Place) -> tuple[CheckCode, str, str]:
    message = f"The role “{place.username}” may not sign in."
    return "forbidden", message, f"Run ALTER ROLE {quoted(place.username)} LOGIN; as an administrator."


def _closed_database(place: Place) -> tuple[CheckCode, str, str]:
    message = f"The database “{place.database}” does not accept connections."
    allow = f"ALTER DATABASE {quoted(place.database)} ALLOW_CONNECTIONS true;"
    return "forbidden", message, f"Run {allow} as an administrator."


def _not_let_in(place: Place) -> tuple[CheckCode, str, str]:
    how = "without TLS" if place.sslmode == "disable" else "with TLS"
    message = (
        f"The server does not let “{place.username}” connect to the database “{place.database}” {how} from the "
        f"address of {place.caller}."
    )
    remedy = "Allow it in the server's pg_hba.conf and reload the server."
    if place.sslmode == "disable":
        remedy = f"Set sslmode to verify-full, since the server may want TLS. Or: {remedy[0].lower()}{remedy[1:]}"
    return "forbidden", message, remedy


def _wants_certificate(place: Place) -> tuple[CheckCode, str, str]:
    message = f"{place.where} asks for a client certificate, which this destination type cannot give."
    return "tls", message, f"Let “{place.username}” sign in without one in the server's pg_hba.conf."


def _full(place: Place) -> tuple[CheckCode, str, str]:
    message = f"{place.where} has no connection left for “{place.username}”."
    return "quota", message, "Close unused connections, or raise the limit of the server, the database or the role."


def _not_ready(place: Place) -> tuple[CheckCode, str, str]:
    return "remote", f"The server at {place.where} is starting up, shutting down or recovering.", _LATER


def _hung_up(place: Place) -> tuple[CheckCode, str, str]:
    return "remote", f"{place.where} closed the connection during the sign-in.", _LATER


def _stranger(place: Place) -> tuple[CheckCode, str, str]:
    return "protocol", f"{place.where} does not answer as a PostgreSQL server.", REMEDY_OTHER


def _tls(place: Place) -> tuple[CheckCode, str, str]:
    message = f"The TLS connection to {place.where} failed when the driver made it."
    return "tls", message, "Check the certificate of the server; if there are several servers, that of each of them."


# Of the server (in English), of PgBouncer, and of the driver's library, which does not translate.
_SIGN_IN: tuple[tuple[str, Explain], ...] = (
    (r"authentication failed|SASL auth|no password supplied", _denied),
    (r'role "" does not exist|no such user', _denied),
    (r'database "" does not exist|no such database', _no_database),
    (r'permission denied for database ""', _no_connect),
    (r"is not permitted to log in", _no_login),
    (r"not currently accepting connections", _closed_database),
    (r"requires a valid client certificate", _wants_certificate),
    (r"no pg_hba\.conf entry|pg_hba\.conf rejects", _not_let_in),
    (r"too many (connections|clients)|connection slots are reserved|no more connections allowed", _full),
    (r"the database system is", _not_ready),
    (r"server closed the connection|Connection reset|could not (receive|send)", _hung_up),
    (r"expected authentication request|invalid response to SSL", _stranger),
    (r"\bSSL\b|server certificate|certificate verify", _tls),
)


def _no_create(place: Place) -> tuple[CheckCode, str, str]:
    message = f"“{place.username}” may not create tables in the schema “{place.schema}”."
    grant = f"GRANT USAGE, CREATE ON SCHEMA {quoted(place.schema)} TO {quoted(place.username)};"
    return "forbidden", message, f"Run {grant} as the owner of the schema."


def _read_only(place: Place) -> tuple[CheckCode, str, str]:
    message = f"{place.where} lets “{place.username}” only read."
    return "forbidden", message, "Connect to the primary server, and check default_transaction_read_only."


def _vanished(place: Place) -> tuple[CheckCode, str, str]:
    return "not_found", f"The schema “{place.schema}” went away during the check.", "Check who removes it."


def _exhausted(place: Place) -> tuple[CheckCode, str, str]:
    message = f"The server at {place.where} has no memory, disk space or connection left for this."
    return "quota", message, "Make room on the server; its log tells what is missing."


def _slow(place: Place) -> tuple[CheckCode, str, str]:
    message = f"The server at {place.where} did not carry out a small statement in time."
    return "timeout", message, "Look for locks and load on the server."


# SQLSTATE codes, or the first two characters of a class of them.
_STATES: dict[str, Explain] = {
    "25006": _read_only,
    "3F000": _vanished,
    "42501": _no_create,
    "53": _exhausted,
    "55P03": _slow,
    "57014": _slow,
    "57": _not_ready,
}
