"""Google's APIs over plain HTTPS, signed in as a service account."""

from connectors.probes.google.account import ServiceAccountField
from connectors.probes.google.service import EndpointField, ProjectField, Service

__all__ = ["EndpointField", "ProjectField", "Service", "ServiceAccountField"]
