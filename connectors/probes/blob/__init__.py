"""Containers of Azure Blob Storage."""

from connectors.probes.blob import as_principal, with_sas
from connectors.probes.blob.checking import EFFECT
from connectors.probes.blob.container import Container
from connectors.probes.blob.fields import AccountField, BlobEndpointField, ContainerField, PrefixField
from connectors.probes.blob.sas import Sas, SasTokenField

__all__ = [
    "EFFECT",
    "AccountField",
    "BlobEndpointField",
    "Container",
    "ContainerField",
    "PrefixField",
    "Sas",
    "SasTokenField",
    "as_principal",
    "with_sas",
]
