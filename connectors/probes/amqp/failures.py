"""What the broker's refusals mean, in words for a person and without the broker's own."""

import re
import shlex
import ssl

from aiormq.exceptions import AuthenticationError

from connectors import tls
from connectors.probes.amqp.broker import Broker
from connectors.probes.amqp.hearing import REMEDY_OTHER, Hearing
from connectors.problems import CheckFailed

ACCESS_REFUSED, NOT_FOUND, NOT_ALLOWED = 403, 404, 530  # codes of the protocol
_GUEST = "RabbitMQ lets the user guest in from its own machine only, unless told otherwise. Use another user."
_LATER = "Try again in a moment; if it stays so, look into the broker's log."


def sign_in_failed(error: Exception, hearing: Hearing, broker: Broker) -> CheckFailed:
    code, text = hearing.refusal
    if isinstance(error.__cause__, ssl.SSLError):  # a server may refuse a client only after the handshake
        return tls.failure(error.__cause__, broker.where)
    if isinstance(error, AuthenticationError):
        message = f"{broker.where} lets nobody sign in with a user name and a password."
        return CheckFailed("denied", message, "Allow the mechanism PLAIN in the broker's configuration.")
    if code == ACCESS_REFUSED:
        message = f"{broker.where} did not accept the user name “{broker.username}” with this password."
        return CheckFailed("denied", message, _GUEST if broker.username == "guest" else "Check both.")
    if code == NOT_ALLOWED:
        return _virtual_host(text, broker)
    if broker.tls and hearing.nothing:
        # The alert that says so is lost when the connection is reset before it is read.
        message = f"{broker.where} closed the connection right after the TLS handshake."
        remedy = "It may want a client certificate, which this destination type cannot give; its log tells."
        return CheckFailed("remote", message, remedy)
    return _closed(code, broker)


def exchange_failed(hearing: Hearing, broker: Broker) -> CheckFailed:
    code, _ = hearing.refusal
    if code == NOT_FOUND:
        message = f"There is no exchange “{broker.exchange}” in the virtual host “{broker.virtual_host}”."
        remedy = "Correct its name, in which small and capital letters differ, or declare it."
        return CheckFailed("not_found", message, remedy)
    if code == ACCESS_REFUSED:
        return _no_right(broker)
    return _closed(code, broker)


def publish_failed(hearing: Hearing, broker: Broker) -> CheckFailed:
    code, text = hearing.refusal
    if code == ACCESS_REFUSED and "internal exchange" in text:
        message = f"The exchange “{broker.exchange}” is internal: only other exchanges can hand messages to it."
        return CheckFailed("forbidden", message, "Publish to an exchange that is bound to it.")
    return exchange_failed(hearing, broker)


def other_keys_only(hearing: Hearing) -> bool:
    """Whether publishing was refused for the key of the test message alone, with which nobody wants to publish."""
    code, text = hearing.refusal
    return code == ACCESS_REFUSED and "access to topic" in text


def publish_unanswered(hearing: Hearing, broker: Broker) -> CheckFailed:
    if hearing.blocked:
        message = f"The broker at {broker.where} takes no messages at the moment: it is low on memory or disk space."
        return CheckFailed("quota", message, "Make room on the broker, or raise its limits.")
    message = f"The broker at {broker.where} did not answer to the test message in time."
    return CheckFailed("timeout", message, _LATER)


def sign_in_unanswered(broker: Broker) -> CheckFailed:
    message = f"{broker.where} accepted the connection but did not let anybody sign in within the time limit."
    return CheckFailed("timeout", message, REMEDY_OTHER)


def not_returned(broker: Broker) -> CheckFailed:
    message = f"{broker.where} did not return a message that it could not deliver."
    return CheckFailed("protocol", message, "Check that the broker is RabbitMQ.")


def _virtual_host(text: str, broker: Broker) -> CheckFailed:
    name = f"the virtual host “{broker.virtual_host}”"
    # The names within the text are what the user typed: they must not be taken for the broker's words.
    plain = text.replace(broker.virtual_host, "…").replace(broker.username, "…")
    if re.search(r"limit \(\d+\) is reached", plain):
        message = f"{broker.where} has no connection left for “{broker.username}” or for {name}."
        return CheckFailed(
            "quota", message, "Close unused connections, or raise the limit of the user or virtual host."
        )
    if re.search(r"not found$", plain):
        message = f"There is no virtual host “{broker.virtual_host}” on {broker.where}."
        create = f"rabbitmqctl add_vhost {shlex.quote(broker.virtual_host)}"
        return CheckFailed("not_found", message, f"Correct its name, or run {create}.")
    if re.search(r"is down$", plain):
        return CheckFailed("remote", f"The broker has stopped {name}.", _LATER)
    return CheckFailed("forbidden", f"“{broker.username}” may not use {name}.", _grant(broker))


def _no_right(broker: Broker) -> CheckFailed:
    name = f"the exchange “{broker.exchange}”" if broker.exchange else "the default exchange"
    return CheckFailed("forbidden", f"“{broker.username}” may not publish to {name}.", _grant(broker))


def _grant(broker: Broker) -> str:
    writable = f"^{re.escape(broker.exchange or 'amq.default')}$"
    words = ("rabbitmqctl", "set_permissions", "-p", broker.virtual_host, broker.username, "", writable, "")
    return f"Run {shlex.join(words)}, which replaces the rights the user has in this virtual host."


def _closed(code: int, broker: Broker) -> CheckFailed:
    how = f" with the code {code}" if code else ""
    return CheckFailed("remote", f"{broker.where} closed the connection{how}.", _LATER)
