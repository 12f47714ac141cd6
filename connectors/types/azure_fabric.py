"""A lakehouse of Microsoft Fabric."""

from collections.abc import Iterator

from connectors.base import Connector, Section, Steps, Values
from connectors.probes import blob, entra, onelake
from connectors.probes.object_names import ObjectNameField
from connectors.problems import Problem

MUST = "The tenant must be in the public cloud of Azure, as Fabric is."


class AzureFabric(Connector):
    """The files of a lakehouse of Microsoft Fabric, written to OneLake by a service principal."""

    type = "azure_fabric"
    label = "Microsoft Fabric"
    family = "object storage"
    steps = onelake.STEPS
    effect = (
        "Writes a file of a few bytes below Files, named .landfall-check- and a random number, reads it back and "
        "removes it again; OneLake keeps what is deleted for some days. A folder that the prefix names is made if it "
        "is not there, and stays."
    )
    rights = (
        "The role Contributor in the workspace, for the service principal; and settings of the Fabric tenant that let "
        "service principals use its APIs and let applications from outside of Fabric reach OneLake."
    )
    tested = (
        "Against Azurite, Microsoft's emulator of the API that OneLake speaks, over HTTPS, with tokens from a server "
        "of the tests' own that verifies who asks for them. There is no OneLake to run in a test: what it calls its "
        "own faults is known from its documentation and from what users report."
    )

    class Config(Section):
        workspace = onelake.WorkspaceField()
        lakehouse = onelake.LakehouseField()
        prefix = blob.PrefixField(
            required=False, help_text="The beginning of every file's path below Files. End it with / for a folder."
        )
        test_object = ObjectNameField()

    class Credentials(entra.PrincipalSection):
        pass

    def validate(self, config: Values, credentials: Values) -> Iterator[Problem]:
        if onelake.is_guid(config["workspace"]) != onelake.is_guid(config["lakehouse"]):
            message = "OneLake takes the workspace and the lakehouse both by name or both by GUID."
            yield Problem("config.lakehouse", "invalid", message)

    def target(self, config: Values) -> str:
        return f"{config['lakehouse']}/{config.get('prefix', '')} in {config['workspace']}"

    def host(self, config: Values) -> str:
        return onelake.Lakehouse.of(config).service

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        async def sign_in() -> str:
            who = entra.ServicePrincipal.of(credentials)
            return await entra.token(who, entra.cloud_of(config), blob.as_principal.SCOPE, MUST)

        await onelake.check(onelake.Lakehouse.of(config), sign_in, steps)
