"""A dedicated SQL pool of Azure Synapse."""

from connectors.base import Section, Steps, Values
from connectors.fields import HostField, PortField, SecretField, TextField
from connectors.probes import ssh, synapse, tds
from connectors.sslmode import SslModeField
from connectors.tls import CertificateField
from connectors.types.mssql import MsSQL


class AzureSqlDw(MsSQL):
    """A dedicated SQL pool of Azure Synapse (once Azure SQL Data Warehouse), loaded from a storage account."""

    type = "azure_sqldw"
    label = "Azure Synapse"
    steps = (*ssh.STEPS, *synapse.STEPS)
    effect = synapse.EFFECT
    rights = (
        "`GRANT CONTROL ON DATABASE::[pool] TO [user];`, the key of the storage account, and a SAS token for its blob "
        "service with the permissions that the Azure portal proposes: `rwdlacupx` for all resource types. Instead, a "
        "token for one container that may write and delete there (`wd`) will do."
    )
    tested = (
        "The pool against a server of the tests' own that speaks TDS 7.4, and the storage against Azurite, Microsoft's "
        "own emulator: Synapse itself runs in Azure only."
    )

    class Config(ssh.TunnelSection):
        host = HostField(label="Host", help_text="The SQL endpoint, such as example.sql.azuresynapse.net.")
        port = PortField(default=1433, label="Port", help_text="Where the endpoint listens.")
        database = TextField(max_length=128, label="Database", help_text="The name of the dedicated SQL pool.")
        schema = TextField(
            required=False,
            max_length=128,
            label="Schema",
            help_text="Where the tables are created. Left out, each source gets a schema of its own.",
        )
        sslmode = SslModeField()
        ca_certificate = CertificateField(
            help_text="PEM text of the CA to trust, where the system does not trust Microsoft's."
        )

    class Credentials(Section):
        username = TextField(max_length=128, label="User name", help_text="The SQL login to sign in as.")
        password = SecretField(max_length=128, label="Password", help_text="The password of the login.")
        storage_account_key = SecretField(
            max_length=200,
            label="Storage account key",
            help_text="An access key of the storage account, with which the pool reads what is loaded.",
        )
        storage_sas_url = synapse.SasUrlField(
            max_length=4096,
            label="Storage SAS URL",
            help_text="The blob service SAS URL of the same storage account, or of one container in it, where files "
            "are put to be loaded. An SSH tunnel leads to the pool only: the storage is reached directly.",
        )

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        storage = synapse.Storage.of(credentials["storage_sas_url"], credentials["storage_account_key"])
        async with self.tunnel(config, steps) as via:
            await synapse.check(tds.Place.of(config, credentials, via), storage, steps)
