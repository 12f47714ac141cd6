"""Tunnels over SSH: for services that only a server beside them may connect to."""

from connectors.probes.ssh.declaration import Tunnelled, TunnelSection
from connectors.probes.ssh.server import STEPS, caller, without

__all__ = ["STEPS", "TunnelSection", "Tunnelled", "caller", "without"]
