"""Topics of Apache Kafka and of every service that speaks its protocol."""

from connectors.probes.kafka.checking import EFFECT, STEPS, check
from connectors.probes.kafka.cluster import (
    MECHANISMS,
    Cluster,
    MechanismField,
    ServersField,
    TopicField,
    across,
    servers,
)

__all__ = [
    "EFFECT",
    "MECHANISMS",
    "STEPS",
    "Cluster",
    "MechanismField",
    "ServersField",
    "TopicField",
    "across",
    "check",
    "servers",
]
