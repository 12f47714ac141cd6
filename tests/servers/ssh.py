"""A real OpenSSH server that lets one user in by key and tunnel from here, with what is to be different about it."""

import getpass
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from connectors.identity import Identity
from tests.servers.process import free_port, listening, require, running, scratch

SETTINGS = {
    "ListenAddress": "127.0.0.1", "PasswordAuthentication": "no", "KbdInteractiveAuthentication": "no", "UsePAM": "no",
    "StrictModes": "no", "PermitRootLogin": "prohibit-password", "AllowAgentForwarding": "no", "X11Forwarding": "no",
    "PermitTTY": "no", "ForceCommand": "/bin/false", "LogLevel": "VERBOSE", "PidFile": "none", "UseDNS": "no",
}  # fmt: skip


@dataclass(frozen=True)
class SSH:
    """A running server. `options` before its key in `folder`/authorized_keys say what who signs in may do."""

    host: str
    port: int
    folder: Path
    host_key: str
    identity: Identity
    process: "subprocess.Popen[bytes]"
    user: str = getpass.getuser()

    @property
    def config(self) -> dict[str, object]:
        """What a destination says about the tunnel."""
        where = {"ssh_host": self.host, "ssh_port": self.port}
        return {**where, "ssh_user": self.user, "ssh_host_key": self.host_key}

    @property
    def log(self) -> str:
        return (self.folder / "sshd.log").read_text(errors="replace")

    @property
    def sessions(self) -> int:
        """How many who connected have not gone yet: it starts a process for each."""
        found = subprocess.run(["pgrep", "-P", str(self.process.pid)], check=False, capture_output=True)
        return len(found.stdout.split())

    def authorize(self, identity: Identity, options: str = "") -> None:
        (self.folder / "authorized_keys").write_text(f"{options} {identity.public}\n".lstrip())


def make_key(path: Path, kind: str = "ed25519") -> str:
    """Have OpenSSH make a key pair at `path`; the public line."""
    subprocess.run(
        [require("ssh-keygen"), "-q", "-t", kind, "-N", "", "-C", "a server", "-f", str(path)], check=True, timeout=60
    )
    return path.with_suffix(".pub").read_text().strip()


@contextmanager
def ssh_server(*more_keys: Path, **settings: str) -> Iterator[SSH]:
    """With more host keys than its own, if their private files are given, and settings of sshd_config."""
    program = require("sshd")
    require("pgrep")
    with scratch("ssh") as folder:
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # without this folder it does not start as root
        host = settings.get("ListenAddress", SETTINGS["ListenAddress"])
        port, host_key, identity = free_port(), make_key(folder / "host_key"), Identity.generate()
        keys = [("HostKey", path) for path in (folder / "host_key", *more_keys)]
        own = {"Port": port, "AuthorizedKeysFile": folder / "authorized_keys"}
        lines = [*keys, *{**SETTINGS, **own, **settings}.items()]
        (folder / "sshd_config").write_text("".join(f"{name} {value}\n" for name, value in lines))
        # It wants absolute paths, of itself too: it begins anew for each connection.
        command = [program, "-D", "-e", "-f", str(folder / "sshd_config")]
        with running(command, lambda: listening(port, host), folder=folder) as process:
            server = SSH(host, port, folder, host_key, identity, process)
            server.authorize(identity)
            yield server


@pytest.fixture(scope="session")
def ssh() -> Iterator[SSH]:
    """An SSH server that forwards anywhere."""
    with ssh_server() as server:
        yield server
