"""FHIR services of Azure Health Data Services, as a service principal."""

from connectors.probes.health_data.checking import STEPS, check
from connectors.probes.health_data.service import FhirService, ServerUrlField

__all__ = ["STEPS", "FhirService", "ServerUrlField", "check"]
