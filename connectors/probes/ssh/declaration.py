"""What a type declares to be reachable through a tunnel: fields, steps, and what follows from them."""

from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import cached_property
from typing import Any

from connectors.base import Connector, Section, Steps, Values
from connectors.egress import Way
from connectors.fields import HostField, PatternField, PortField
from connectors.probes.ssh.opening import tunnel
from connectors.probes.ssh.server import FIELDS, PORT, STEPS, HostKeyField, half_told
from connectors.problems import Problem


class TunnelSection(Section):
    """A config that ends in the fields of a tunnel."""

    ssh_host = HostField(
        required=False,
        label="SSH host",
        help_text="An SSH server to tunnel through, for what cannot be reached directly. The host above is then looked "
        "up by that server.",
    )
    ssh_port = PortField(
        required=False, label="SSH port", help_text=f"Where the SSH server listens: {PORT} when left out."
    )
    ssh_user = PatternField(
        r"[!-~]+",
        "This must be printable ASCII characters without blanks.",
        required=False,
        max_length=64,
        label="SSH user",
        help_text="Whom to sign in as there: a user whose authorized_keys hold the public SSH key of the tenant.",
    )
    ssh_host_key = HostKeyField(
        required=False,
        label="SSH host key",
        help_text="The public key that the SSH server must prove to have, such as a line ssh-ed25519 AAAA…. When left "
        "out, whoever answers at the SSH host is believed.",
    )

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        return {name: fields[name] for name in (*(name for name in fields if name not in FIELDS), *FIELDS)}


class Tunnelled(Connector):
    """A type whose `Config` is a `TunnelSection` and whose `steps` begin with those of a tunnel.

    One that inherits from it without such a section has no tunnel.
    """

    def validate(self, config: Values, credentials: Values) -> Iterable[Problem]:
        return half_told(config) if self._has_tunnels else ()

    def implied(self, config: Values) -> Values:
        return {"ssh_port": PORT}

    def host(self, config: Values) -> str:
        return str(config["ssh_host" if self.needs_identity(config) else "host"])

    def planned(self, config: Values) -> tuple[str, ...]:
        if self.needs_identity(config):
            return self.steps
        return tuple(name for name in self.steps if name not in STEPS)

    def needs_identity(self, config: Values) -> bool:
        return self._has_tunnels and "ssh_host" in config

    def through(self, config: Values) -> str:
        """What a target ends in: hosts beyond a tunnel are told apart by where it begins."""
        return f" through {config['ssh_host']}" if self.needs_identity(config) else ""

    def tunnel(self, config: Values, steps: Steps) -> AbstractAsyncContextManager[Way | None]:
        """The way to the service within the block, for whatever connects to it: None is straight."""
        return tunnel(config, steps) if self.needs_identity(config) else nullcontext()

    @cached_property
    def _has_tunnels(self) -> bool:
        return isinstance(self.config, TunnelSection)
