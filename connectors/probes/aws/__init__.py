"""What all services of Amazon, and those that speak their protocols, have in common."""

from connectors.probes.aws.api import Api, objects, read
from connectors.probes.aws.checking import Ask, Look, Resource, check, failure, fault_of, find
from connectors.probes.aws.faults import MAY_NOT, MISSING, NOT_AMAZON
from connectors.probes.aws.fields import (
    AccessKeys,
    EndpointField,
    OwnEndpointField,
    RegionField,
    ServerRegionField,
    SessionKeys,
)
from connectors.probes.aws.regions import REGION, domain, partition
from connectors.probes.aws.signing import Keys, service
from connectors.problems import Fault

__all__ = [
    "MAY_NOT",
    "MISSING",
    "NOT_AMAZON",
    "REGION",
    "AccessKeys",
    "Api",
    "Ask",
    "EndpointField",
    "Fault",
    "Keys",
    "Look",
    "OwnEndpointField",
    "RegionField",
    "Resource",
    "ServerRegionField",
    "SessionKeys",
    "check",
    "domain",
    "failure",
    "fault_of",
    "find",
    "objects",
    "partition",
    "read",
    "service",
]
