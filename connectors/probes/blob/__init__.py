"""Containers of Azure Blob Storage."""

from connectors.probes.blob.checking import EFFECT, STEPS, check
from connectors.probes.blob.container import BlobEndpointField, Container
from connectors.probes.blob.sas import Sas, SasTokenField

__all__ = ["EFFECT", "STEPS", "BlobEndpointField", "Container", "Sas", "SasTokenField", "check"]
