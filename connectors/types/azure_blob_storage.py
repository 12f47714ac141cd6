"""A container of Azure Blob Storage."""

from connectors.base import Connector, Section, Steps, Values
from connectors.fields import ServerPartField
from connectors.probes import blob
from connectors.probes.object_names import ObjectNameField
from connectors.tls import CertificateField, tls_context


class AzureBlobStorage(Connector):
    """A container of Azure Blob Storage."""

    type = "azure_blob_storage"
    label = "Azure Blob Storage"
    family = "object storage"
    steps = blob.with_sas.STEPS
    effect = blob.EFFECT
    rights = (
        "A SAS token for the container with the permissions to write (`w`, or `c`) and to delete (`d`). The permission "
        "to list (`l`) lets a check find the container before it writes; without it that step is skipped."
    )
    tested = "Against Azurite, Microsoft's own emulator, over HTTP and HTTPS, through the endpoint setting."

    class Config(Section):
        account = blob.AccountField()
        container = blob.ContainerField()
        storage_endpoint_suffix = ServerPartField(
            r"(?!blob\.)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+",
            "This must be what follows ACCOUNT.blob. in the address of the account, such as core.windows.net.",
            default="core.windows.net",
            max_length=200,
            label="Storage endpoint suffix",
            help_text="The end of the account's address; others than the default are those of Azure's other clouds, "
            "such as core.usgovcloudapi.net.",
        )
        test_object = ObjectNameField()
        endpoint = blob.BlobEndpointField(
            required=False,
            label="Endpoint",
            help_text="The URL of the account's blob service, only where it is another one than the account and the "
            "suffix make: a custom domain, or an emulator.",
        )
        ca_certificate = CertificateField(
            max_length=65536, help_text="PEM text of the CA that issued the service's certificate, if no public CA did."
        )

    class Credentials(Section):
        sas_token = blob.SasTokenField(
            max_length=4096,
            label="SAS token",
            help_text="A shared access signature for the container, with or without the leading “?”.",
        )

    def target(self, config: Values) -> str:
        return f"{config['container']} in {config['account']}"

    def host(self, config: Values) -> str:
        return blob.Container.of(config, endpoint=config.get("endpoint", "")).service

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        tls = tls_context(config.get("ca_certificate", ""))
        container = blob.Container.of(config, endpoint=config.get("endpoint", ""), tls=tls)
        await blob.with_sas.check(container, blob.Sas.of(credentials["sas_token"]), steps)
