"""Schemas of Microsoft SQL Server and of every service that speaks its protocol, TDS."""

from connectors.probes.tds.checking import EFFECT, STEPS, check, visit
from connectors.probes.tds.failures import Fault
from connectors.probes.tds.place import Place
from connectors.probes.tds.session import SIGN_IN, Session, signed_in

__all__ = ["EFFECT", "SIGN_IN", "STEPS", "Fault", "Place", "Session", "check", "signed_in", "visit"]
