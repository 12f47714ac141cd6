"""What went wrong, in words for a person; of a broker's own words only what the protocol has a number for."""

import shlex
import ssl
from collections.abc import Sequence

from aiokafka.errors import UnknownError, for_code

from connectors import tls
from connectors.probes.kafka.cluster import MECHANISMS, Cluster, Server
from connectors.problems import CheckFailed

TOLD = 3  # bootstrap servers whose failures are told one by one
_LATER = "Try again in a moment; if it stays so, look into the broker's log."
_OTHER = "Check the host and the port: they must be those of a listener for Kafka clients."
_SIGN_IN = "If the broker wants clients to sign in, choose a SASL mechanism and enter the credentials."


def bootstrap(failed: Sequence[CheckFailed]) -> CheckFailed:
    """The last one decides; the others are told if they have led to it."""
    last = failed[-1]
    if len(failed) == 1:
        return last
    told = [failure.message for failure in failed[:TOLD]]
    if len(failed) > TOLD:
        told[-1:] = [f"The others failed likewise, the last of {len(failed)} so:", last.message]
    return CheckFailed(last.code, " ".join(["No bootstrap server could be used.", *told]), last.remedy)


def advertised(failure: CheckFailed) -> CheckFailed:
    message = f"The broker names another address as a leader of the topic. {failure.message}"
    remedy = f"{failure.remedy} Where clients are sent to is the broker's setting advertised.listeners."
    return CheckFailed(failure.code, message, remedy)


def unless_signed_in(failure: CheckFailed, cluster: Cluster) -> CheckFailed:
    """A listener with SASL hangs up on whoever has not signed in, at the first real question."""
    if cluster.mechanism or failure.code != "remote":
        return failure
    return CheckFailed(failure.code, failure.message, f"{_SIGN_IN} Otherwise look into the broker's log.")


def silent(server: Server, *, first: bool) -> CheckFailed:
    message = f"{server} accepted the connection but did not answer in time."
    return CheckFailed("timeout", message, _OTHER if first else _LATER)


def closed(server: Server, *, first: bool, encrypted: bool) -> CheckFailed:
    message = f"{server} closed the connection without an answer."
    if not first:
        return CheckFailed("remote", message, _LATER)
    if encrypted:
        # The alert that says so is lost when the connection is reset before it is read.
        remedy = "It may want a client certificate, which this destination type cannot give; its log tells."
        return CheckFailed("remote", message, remedy)
    return CheckFailed("remote", message, f"{_OTHER} If it wants TLS, switch tls on.")


def tls_broken(server: Server, error: ssl.SSLError) -> CheckFailed:
    return tls.failure(error, str(server))


def wants_tls(server: Server) -> CheckFailed:
    return CheckFailed("tls", f"{server} wants TLS, but tls is off.", "Switch tls on, or use the other port.")


def stranger(server: Server) -> CheckFailed:
    return CheckFailed("protocol", f"{server} does not answer as a Kafka broker.", _OTHER)


def too_different(server: Server) -> CheckFailed:
    message = f"{server} does not know the requests that a check needs, which Kafka has since version 1.0."
    return CheckFailed("protocol", message, "Use a broker that speaks the protocol of Kafka 1.0 or later.")


def answered(server: Server, code: int) -> CheckFailed:
    error = for_code(code)
    name = f"the error {code}" if error is UnknownError else f"the error {code} ({error.__name__})"
    return CheckFailed("remote", f"{server} answered with {name}.", _LATER)


def not_offered(server: Server, cluster: Cluster, offered: Sequence[str]) -> CheckFailed:
    known = [name for name, theirs in MECHANISMS.items() if theirs and theirs in offered]
    message = f"{server} does not let anybody sign in with {cluster.mechanism}."
    remedy = f"Choose {' or '.join(known)}, which it offers." if known else "Enable the mechanism on the broker."
    return CheckFailed("denied", message, remedy)


def no_sign_in(server: Server) -> CheckFailed:
    message = f"{server} lets nobody sign in: this listener is one without SASL."
    return CheckFailed("denied", message, "Use the port of the listener with SASL, or choose the mechanism none.")


def denied(server: Server, cluster: Cluster) -> CheckFailed:
    message = f"{server} did not accept the user name “{cluster.username}” with this password."
    return CheckFailed("denied", message, f"Check both, and that the user may sign in with {cluster.mechanism}.")


def not_proven(server: Server, cluster: Cluster) -> CheckFailed:
    message = f"{server} did not go on with the sign-in as {cluster.mechanism} demands."
    return CheckFailed("protocol", message, "Check that this is the right broker: it did not prove who it is.")


def missing(server: Server, cluster: Cluster) -> CheckFailed:
    message = f"There is no topic “{cluster.topic}” at {server}."
    remedy = "Correct its name, in which small and capital letters differ, or create it; a check creates none."
    return CheckFailed("not_found", message, remedy)


def no_leader(cluster: Cluster) -> CheckFailed:
    message = f"No partition of the topic “{cluster.topic}” has a leader at the moment."
    return CheckFailed("remote", message, "See that the brokers of the cluster are running, then try again.")


def forbidden(cluster: Cluster, operation: str) -> CheckFailed:
    who = f"“{cluster.username}”" if cluster.mechanism else "Whoever does not sign in"
    what = {"Describe": "see", "Write": "publish to"}[operation]
    principal = f"User:{cluster.username or 'ANONYMOUS'}"
    words = (
        *("kafka-acls.sh", "--bootstrap-server", str(cluster.servers[0]), "--add", "--allow-principal", principal),
        *("--operation", "Write", "--topic", cluster.topic),
    )
    message = f"{who} may not {what} the topic “{cluster.topic}”."
    return CheckFailed("forbidden", message, f"Run {shlex.join(words)}, or its like, as an administrator.")
