"""A schema of Delta tables in a Databricks workspace."""

from connectors.base import Section, Steps, Values
from connectors.fields import HeaderSecretField, HostField, PatternField, PortField, TextField
from connectors.probes import databricks, ssh


class DatabricksDelta(ssh.Tunnelled):
    """A schema of Delta tables in a Databricks workspace."""

    type = "databricks_delta"
    label = "Databricks Delta Lake"
    family = "databases"
    steps = (*ssh.STEPS, *databricks.STEPS)
    effect = databricks.EFFECT
    rights = databricks.RIGHTS
    tested = (
        "Against a server of the tests' own over HTTPS, which verifies tokens and rights: there is no Databricks to "
        "run outside of its cloud."
    )
    session = True

    class Config(ssh.TunnelSection):
        host = HostField(
            label="Host", help_text="The host name of the workspace, such as dbc-a1b2c3d4-e5f6.cloud.databricks.com."
        )
        port = PortField(default=443, label="Port", help_text="Where the workspace answers, nearly always 443.")
        http_path = databricks.HttpPathField()
        catalog = TextField(
            default="hive_metastore",
            max_length=255,
            label="Catalog",
            help_text="The catalog of Unity Catalog; hive_metastore is the one from before there were catalogs.",
        )
        schema = TextField(
            default="default", max_length=255, label="Schema", help_text="The schema in which tables are created."
        )
        staging_bucket = PatternField(
            r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9.]",
            "This must be 3 to 63 small letters, digits, hyphens and dots.",
            required=False,
            label="Staging bucket",
            help_text="The S3 bucket from which the workspace loads what is written. A check does not use it.",
        )

    class Credentials(Section):
        token = HeaderSecretField(
            reveal=4, max_length=4096, label="Access token", help_text="A personal access token, such as dapi…"
        )

    def target(self, config: Values) -> str:
        return f"{config['catalog']}.{config['schema']} at {config['host']}{self.through(config)}"

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        async def sign_in() -> str:
            return str(credentials["token"])

        async with self.tunnel(config, steps) as via:
            await databricks.check(databricks.Place.of(config, via), sign_in, steps)
