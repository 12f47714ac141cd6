"""What goes wrong on the way through an SSH server, in words for a person and without the server's own."""

import re

import asyncssh

from connectors import names
from connectors.identity import Identity
from connectors.probes.ssh.server import Server
from connectors.problems import CheckFailed

_OTHER = "Check the SSH host and the SSH port: SSH servers listen on 22, unless set otherwise."
_LATER = "Try again in a moment; if it stays so, look into the log of the SSH server."
# What the far side's own look-up says, in the words of the usual C libraries.
_UNKNOWN_NAME = re.compile(r"not known|name resolution|no address|nodename", re.I)


def silent(server: Server, *, heard: bool) -> CheckFailed:
    if heard:
        message = f"The SSH server at {server.where} did not finish the sign-in in time."
        return CheckFailed("timeout", message, _LATER)
    return CheckFailed("timeout", f"{server.where} accepted the connection but said nothing in time.", _OTHER)


def not_let_in(error: Exception, server: Server, identity: Identity, *, heard: bool) -> CheckFailed:
    """Why there is no session with the SSH server; `heard` when it has said that it is one."""
    match error:
        case asyncssh.PermissionDenied() | asyncssh.IllegalUserName():
            return _denied(server, identity)
        case asyncssh.HostKeyNotVerifiable():
            return _another(server)
        case asyncssh.KeyExchangeFailed():
            return _outdated(server)
        case asyncssh.DisconnectError(code=asyncssh.DISC_TOO_MANY_CONNECTIONS):
            message = f"The SSH server at {server.where} has no connection left."
            return CheckFailed("quota", message, "Close unused connections, or raise the limit of the SSH server.")
    if heard and (isinstance(error, OSError) or _hung_up(error)):
        return gone(server)
    return CheckFailed("protocol", f"{server.where} does not answer as an SSH server.", _OTHER)


def gone(server: Server) -> CheckFailed:
    return CheckFailed("remote", f"The SSH server at {server.where} closed the connection.", _LATER)


def not_let_through(error: asyncssh.ChannelOpenError, server: Server, host: str, port: int) -> CheckFailed:
    """Why there is no channel to `host`, which the SSH server knows under this name."""
    there = names.place(host, port)
    match error.code:
        case asyncssh.OPEN_CONNECT_FAILED if _UNKNOWN_NAME.search(error.reason):
            message = f"The SSH server at {server.where} knows no address of the host “{host}”."
            return CheckFailed("dns", message, "Write the host as it is known there: the SSH server looks it up.")
        case asyncssh.OPEN_CONNECT_FAILED:
            message = f"The SSH server at {server.where} could not connect to {there}."
            remedy = "Check the host and the port as seen from the SSH server, and that the service is running."
            return CheckFailed("refused", message, remedy)
        case asyncssh.OPEN_RESOURCE_SHORTAGE:
            message = f"The SSH server at {server.where} has no connection left for a tunnel."
            return CheckFailed("quota", message, _LATER)
    message = f"The SSH server at {server.where} does not let “{server.user}” open a tunnel to {there}."
    remedy = "Allow it there: AllowTcpForwarding and PermitOpen in sshd_config, and the options in authorized_keys."
    return CheckFailed("forbidden", message, remedy)


def unanswered(server: Server, host: str, port: int) -> CheckFailed:
    message = f"The SSH server at {server.where} got no connection to {names.place(host, port)} in time."
    return CheckFailed("timeout", message, "Check the host and the port, and the firewalls between the two servers.")


def _denied(server: Server, identity: Identity) -> CheckFailed:
    message = f"The SSH server at {server.where} did not let “{server.user}” sign in with the key of the tenant."
    file = f"~{server.user}/.ssh/authorized_keys"
    return CheckFailed("denied", message, f"Add this line to {file} on the SSH server: “{identity.public}”.")


def _outdated(server: Server) -> CheckFailed:
    message = f"The SSH server at {server.where} knows only kinds of encryption that are no longer safe."
    return CheckFailed("protocol", message, "Update the SSH server, or its list of algorithms.")


def _another(server: Server) -> CheckFailed:
    message = f"The SSH server at {server.where} did not prove to have the SSH host key of this destination."
    remedy = "If its key was changed on purpose, enter the new one. If not, somebody may answer in its place."
    return CheckFailed("tls", message, remedy)


def _hung_up(error: Exception) -> bool:
    return isinstance(error, asyncssh.DisconnectError) and not isinstance(error, asyncssh.ProtocolError)
