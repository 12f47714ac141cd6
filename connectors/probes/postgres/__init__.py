"""Schemas of PostgreSQL and of every service that speaks its protocol."""

from connectors.probes.postgres.checking import EFFECT, STEPS, check
from connectors.probes.postgres.place import Place, SslModeField, unused_certificate

__all__ = ["EFFECT", "STEPS", "Place", "SslModeField", "check", "unused_certificate"]
