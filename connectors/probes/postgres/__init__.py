"""Schemas of PostgreSQL and of every service that speaks its protocol."""

from connectors.probes.postgres.checking import EFFECT, STEPS, check
from connectors.probes.postgres.place import Place

__all__ = ["EFFECT", "STEPS", "Place", "check"]
