"""A FHIR service of Azure Health Data Services."""

from connectors.base import Connector, Section, Steps, Values
from connectors.probes import entra, health_data

MUST = "The tenant must be in the cloud of Azure that the FHIR server URL is in."


class AzureHealthDataServices(Connector):
    """A FHIR service of Azure Health Data Services, written to by a service principal."""

    type = "azure_health_data_services"
    label = "Azure Health Data Services"
    family = "FHIR stores"
    steps = health_data.STEPS
    effect = (
        "Leaves nothing in the FHIR service: it asks to change version 1 of a resource of the type Basic, with a "
        "random ID, that is not there, which the service refuses to everyone, and to those who may not write for that "
        "reason first. A server that stores it regardless is asked to delete it, and may keep its history."
    )
    rights = (
        "`Microsoft.HealthcareApis/workspaces/fhirservices/resources/write` on the FHIR service, as in the roles "
        "“FHIR Data Contributor” and “FHIR Data Writer”, for the service principal."
    )
    tested = (
        "Against a FHIR server and a sign-in of the tests' own that verify tokens, over HTTPS: there is no Azure to "
        "run in a test. That rights are judged before versions is what Microsoft's own FHIR server does by its source; "
        "the service itself could not be tried."
    )

    class Config(Section):
        fhir_server_url = health_data.ServerUrlField()

    class Credentials(entra.PrincipalSection):
        pass

    def target(self, config: Values) -> str:
        return str(config["fhir_server_url"])

    def host(self, config: Values) -> str:
        return health_data.FhirService.at(config["fhir_server_url"]).host

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        service = health_data.FhirService.at(config["fhir_server_url"])

        async def sign_in() -> str:
            return await entra.token(
                entra.ServicePrincipal.of(credentials), entra.cloud_of(config), service.scope, MUST
            )

        await health_data.check(service, sign_in, steps)
