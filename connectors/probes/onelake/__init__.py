"""Lakehouses of Microsoft Fabric, by way of OneLake's Blob API, as a service principal."""

from connectors.probes.onelake.checking import STEPS, check
from connectors.probes.onelake.fields import LakehouseField, WorkspaceField, is_guid
from connectors.probes.onelake.lakehouse import Lakehouse

__all__ = ["STEPS", "Lakehouse", "LakehouseField", "WorkspaceField", "check", "is_guid"]
