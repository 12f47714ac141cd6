"""What can be wrong with a FHIR service of Azure's: sentences with {service}."""

from connectors.problems import Fault

_ROLE = "Assign it the role “FHIR Data Contributor” on the FHIR service; an assignment takes some minutes to work."
MISSING = Fault(
    "not_found",
    "There is no FHIR service at this URL of {service}.",
    "Check the FHIR server URL: it is the base of the FHIR service, without /metadata.",
)
NETWORK = Fault(
    "forbidden",
    "The network settings of {service} do not let Landfall in.",
    "Allow public access to the workspace of the FHIR service, or let Landfall in by a private endpoint.",
)
DENIED = Fault(
    "denied",
    "{service} does not accept the service principal.",
    "Use a service principal of the tenant that the FHIR service trusts, and see that the audience which the service "
    "asks for is the FHIR server URL.",
)
MAY_NOT_WRITE = Fault("forbidden", "The service principal may not write resources to {service}.", _ROLE)
MAY_NOT_DELETE = Fault("forbidden", "The service principal may not delete resources at {service}.", _ROLE)
REFUSED = Fault(
    "remote",
    "{service} does not accept the test resource.",
    "Check that the FHIR server URL is that of a FHIR service of Azure Health Data Services.",
)
BUSY = Fault(
    "quota",
    "{service} asks for fewer requests.",
    "Wait a while and check again; if it lasts, ask for more throughput of the FHIR service or check less often.",
)
REMOTE = Fault(
    "remote",
    "{service} reports a failure of its own.",
    "Check again later; if it lasts, look at the state of Azure's services.",
)
