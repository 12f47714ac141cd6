"""Queues and topics of Azure Service Bus, over AMQP 1.0."""

from connectors.probes.servicebus.checking import EFFECT, STEPS, check
from connectors.probes.servicebus.entity import ConnectionString, ConnectionStringField, Entity, endpoint

__all__ = ["EFFECT", "STEPS", "ConnectionString", "ConnectionStringField", "Entity", "check", "endpoint"]
