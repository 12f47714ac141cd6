"""Schemas in Databricks workspaces, over the REST API."""

from connectors.probes.databricks.checking import EFFECT, RIGHTS, STEPS, check
from connectors.probes.databricks.place import HttpPathField, Place

__all__ = ["EFFECT", "RIGHTS", "STEPS", "HttpPathField", "Place", "check"]
