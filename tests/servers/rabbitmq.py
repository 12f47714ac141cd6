"""A real RabbitMQ, with a port for TLS and one without, and people of different rights."""

import base64
import hashlib
import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.servers.certificates import Authority
from tests.servers.process import free_port, listening, require, running, scratch

PROGRAMS = ("/usr/lib/rabbitmq/bin", "/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin", "/opt/homebrew/opt/rabbitmq/sbin")
NODE = "landfall@localhost"

CONFIG = """
listeners.tcp.1 = 127.0.0.1:{port}
listeners.ssl.1 = 127.0.0.1:{tls_port}
ssl_options.certfile = {folder}/server.crt
ssl_options.keyfile = {folder}/server.key
ssl_options.verify = verify_none
load_definitions = {folder}/definitions.json
log.console = true
log.file = false
# The size of the disk of whoever runs the tests is not their matter.
disk_free_limit.absolute = 1MB
"""

ADMIN, PASSWORD = "admin", "rabbitmq-admin-password"
# What the tests ask for besides the administrator: user name to rights (configure, write, read) in the host "/".
RIGHTS = {"publisher": ("", "^(amq\\.default|.*events.*)$", ""), "reader": ("", "", ".*"), "outsider": None}
HOSTS = ("/", "landfall/ä %2F")
EXCHANGES = {
    "events": "topic",
    "all events": "fanout",
    "direct events": "direct",
    "header events": "headers",
    "internal events": "fanout",
}
# Of every exchange but the default one there is a queue that gets whatever is published to it.
QUEUE = "everything"


@dataclass(frozen=True)
class RabbitMQ:
    """A running broker; its certificate is for the name localhost only."""

    port: int
    tls_port: int
    folder: Path
    env: Mapping[str, str]
    password: str = PASSWORD  # of everyone
    host: str = "localhost"

    def control(self, *arguments: str) -> str:
        """Run rabbitmqctl, which takes a second, and return what it prints."""
        command = [require("rabbitmqctl", *PROGRAMS), "-q", "-n", NODE, *arguments]
        ran = subprocess.run(command, cwd=self.folder, env=self.env, check=True, capture_output=True, text=True)
        return ran.stdout


@pytest.fixture(scope="session")
def rabbitmq(authority: Authority) -> Iterator[RabbitMQ]:
    server, epmd = require("rabbitmq-server", *PROGRAMS), require("epmd", "/usr/lib/erlang/erts-*/bin")
    with ExitStack() as stack:
        folder = stack.enter_context(scratch("rabbitmq"))
        port, tls_port, names_port = free_port(), free_port(), free_port()
        authority.write(folder, "localhost")
        (folder / "definitions.json").write_text(json.dumps(definitions()))
        (folder / "rabbitmq.conf").write_text(CONFIG.format(port=port, tls_port=tls_port, folder=folder))
        (folder / "enabled_plugins").write_text("[].\n")
        env = environment(folder, names_port)
        # Erlang's name server in the foreground: the one that a node starts by itself would outlive it.
        command = [epmd, "-port", str(names_port), "-address", "127.0.0.1"]
        stack.enter_context(running(command, lambda: listening(names_port), folder=folder, env=env))
        stack.enter_context(
            # Nothing on its disk is needed again, so it need not end in order.
            running([server], lambda: listening(tls_port), folder=folder, env=env, limit=60, stop=signal.SIGKILL)
        )
        yield RabbitMQ(port, tls_port, folder, env)


def environment(folder: Path, names_port: int) -> dict[str, str]:
    own = {
        "HOME": str(folder),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(names_port),
        "RABBITMQ_NODENAME": NODE,
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "none"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1 +sbwt none",
        "RABBITMQ_CTL_ERL_ARGS": "+sbwt none",
        # Otherwise a shell stays between us and the broker, to be left behind when we are killed.
        "RUNNING_UNDER_SYSTEMD": "1",
    }
    return {**os.environ, **own}


def definitions() -> dict[str, Any]:
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    permissions: list[dict[str, str]] = [{"user": ADMIN, "vhost": host, **everything} for host in HOSTS]
    for user, rights in RIGHTS.items():
        if rights:
            own = dict(zip(("configure", "write", "read"), rights, strict=True))
            permissions.append({"user": user, "vhost": "/", **own})
    return {
        "users": [{"name": ADMIN, **hashed(PASSWORD), "tags": ["administrator"]}]
        + [{"name": user, **hashed(PASSWORD), "tags": []} for user in RIGHTS],
        "vhosts": [{"name": host} for host in HOSTS],
        "permissions": permissions,
        "exchanges": [
            {"name": name, "vhost": "/", "type": kind, "internal": name.startswith("internal"), **LASTING}
            for name, kind in EXCHANGES.items()
        ],
        "queues": [{"name": QUEUE, "vhost": "/", **LASTING}],
        "bindings": [
            {"source": name, "vhost": "/", "destination": QUEUE, "destination_type": "queue", "routing_key": "#"}
            | {"arguments": {}}
            for name in EXCHANGES
        ],
    }


LASTING: dict[str, Any] = {"durable": True, "auto_delete": False, "arguments": {}}


def hashed(password: str) -> dict[str, str]:
    salt = os.urandom(4)
    digest = base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
    return {"password_hash": digest, "hashing_algorithm": "rabbit_password_hashing_sha256"}
