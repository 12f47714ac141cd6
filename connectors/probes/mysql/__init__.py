"""Databases of MySQL, MariaDB and of every service that speaks their protocol."""

from connectors.probes.mysql.checking import EFFECT, STEPS, check
from connectors.probes.mysql.place import Place

__all__ = ["EFFECT", "STEPS", "Place", "check"]
