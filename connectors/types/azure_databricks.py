"""A container of Azure Blob Storage from which Databricks reads."""

from connectors.base import Connector, Section, Steps, Values
from connectors.fields import ChoiceField
from connectors.places import Place
from connectors.probes import blob, entra
from connectors.probes.object_names import ObjectNameField

MUST = "The tenant must be in the cloud that the storage endpoint suffix names."


class CloudField(Place, ChoiceField):
    """Which of Azure's clouds, by the end of the names of its servers."""


class AzureDatabricks(Connector):
    """A container of Azure Blob Storage from which Databricks reads, written to by a service principal."""

    type = "azure_databricks"
    label = "Databricks on Azure"
    family = "object storage"
    steps = blob.as_principal.STEPS
    effect = (
        f"{blob.EFFECT} In an account with a hierarchical namespace, a folder that the prefix names is made if it is "
        "not there, and stays."
    )
    rights = (
        "The role “Storage Blob Data Contributor” on the container, or on the account, for the service principal. "
        "Databricks itself reads with credentials of its own, which a check does not see."
    )
    tested = (
        "Against Azurite, Microsoft's own emulator, over HTTPS, with tokens from a server of the tests' own that "
        "verifies who asks for them: there is no Microsoft Entra to run in a test."
    )

    class Config(Section):
        account = blob.AccountField()
        container = blob.ContainerField()
        prefix = blob.PrefixField(required=False)
        test_object = ObjectNameField()
        storage_endpoint_suffix = CloudField(
            choices=tuple(entra.CLOUDS),
            default="core.windows.net",
            label="Storage endpoint suffix",
            help_text="The end of the account's address, which tells Azure's clouds apart; the service principal must "
            "be of the same cloud.",
        )

    class Credentials(entra.PrincipalSection):
        pass

    def target(self, config: Values) -> str:
        return f"{config['container']}/{config.get('prefix', '')} in {config['account']}"

    def host(self, config: Values) -> str:
        return blob.Container.of(config).service

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        async def sign_in() -> str:
            who = entra.ServicePrincipal.of(credentials)
            return await entra.token(who, entra.cloud_of(config), blob.as_principal.SCOPE, MUST)

        container = blob.Container.of(config, prefix=config.get("prefix", ""))
        await blob.as_principal.check(container, sign_in, steps)
