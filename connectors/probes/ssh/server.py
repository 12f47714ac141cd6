"""Where a tunnel begins: an SSH server, and the user who may open tunnels there."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_ssh_public_key
from rest_framework.exceptions import ValidationError

from connectors import names
from connectors.fields import PatternField
from connectors.places import Place
from connectors.problems import Problem

REACH, ENTER, OPEN = STEPS = ("reach the SSH server", "sign in to the SSH server", "open the tunnel")
FIELDS = ("ssh_host", "ssh_port", "ssh_user", "ssh_host_key")
REQUIRED = ("ssh_host", "ssh_user")
PORT = 22


class HostKeyField(Place, PatternField):
    """A public key of a server, as one line of OpenSSH's."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+={0,3}( [ -~]*)?",
            "This must be a public key as OpenSSH writes it, such as ssh-ed25519 AAAA…, in one line.",
            max_length=4000,
            **kwargs,
        )

    def check_text(self, text: str) -> None:
        super().check_text(text)
        try:
            load_ssh_public_key(text.encode())
        except (ValueError, UnsupportedAlgorithm):
            raise ValidationError("This public key is not complete.", code="pattern") from None

    def moves(self, before: Any, after: Any) -> bool:
        """Where none was told, anybody was believed."""
        return before is not None and before != after


@dataclass(frozen=True, slots=True)
class Server:
    host: str
    port: int
    user: str
    host_key: str

    @classmethod
    def of(cls, config: Any) -> "Server":
        return cls(config["ssh_host"], config.get("ssh_port", PORT), config["ssh_user"], config.get("ssh_host_key", ""))

    @property
    def where(self) -> str:
        return names.place(self.host, self.port)


def without(config: Any) -> dict[str, Any]:
    """What of a config is not about the tunnel."""
    return {name: value for name, value in config.items() if name not in FIELDS}


def caller(via: Any) -> str:
    """Whose address is seen where a connection `via` another way than straight ends."""
    return "the SSH server" if via else "Landfall"


def half_told(config: Any) -> Iterator[Problem]:
    """A tunnel is described well enough, or not at all."""
    if any(name in config for name in FIELDS):
        for name in REQUIRED:
            if name not in config:
                message = "An SSH tunnel needs this too. Give it, or leave out everything about the tunnel."
                yield Problem(f"config.{name}", "required", message)
