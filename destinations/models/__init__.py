"""Destinations, their state, and the checks they went through."""

from destinations.models.checks import ConnectionCheck, DestinationState, Health
from destinations.models.consumer import Consumer
from destinations.models.destination import ALL_TOPICS, Access, Destination, target
from destinations.models.running import RunningProcess
from destinations.models.sharing import AuthCredential, TunnelKey

__all__ = [
    "ALL_TOPICS",
    "Access",
    "AuthCredential",
    "ConnectionCheck",
    "Consumer",
    "Destination",
    "DestinationState",
    "Health",
    "RunningProcess",
    "TunnelKey",
    "target",
]
