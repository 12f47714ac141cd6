"""Exchanges of RabbitMQ and of every broker that speaks AMQP 0-9-1."""

from connectors.probes.amqp.broker import Broker, NameField, port, unused_certificate, where
from connectors.probes.amqp.checking import EFFECT, STEPS, check

__all__ = ["EFFECT", "STEPS", "Broker", "NameField", "check", "port", "unused_certificate", "where"]
