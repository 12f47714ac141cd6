"""Exchanges of RabbitMQ and of every broker that speaks AMQP 0-9-1."""

from connectors.probes.amqp.broker import Broker, NameField, unused_certificate, where
from connectors.probes.amqp.checking import EFFECT, STEPS, check

__all__ = ["EFFECT", "STEPS", "Broker", "NameField", "check", "unused_certificate", "where"]
