"""A schema of a Snowflake database."""

from collections.abc import Iterator

from connectors.base import Connector, Section, Steps, Values
from connectors.fields import HostField, PatternField, PortField, SecretField, TextField
from connectors.probes import snowflake
from connectors.problems import Problem

_NAME_LIMIT = 257  # 255 characters and quotes


class Snowflake(Connector):
    """A schema of a Snowflake database."""

    type = "snowflake"
    label = "Snowflake"
    family = "databases"
    steps = snowflake.STEPS
    effect = snowflake.EFFECT
    rights = (
        "For the role: `USAGE` on the database, on the schema and on the warehouse, and `CREATE TABLE` on the schema."
    )
    tested = (
        "Against a server of the tests' own over HTTPS, which verifies passwords and signed tokens: there is no "
        "Snowflake to run outside of its cloud."
    )
    session = True

    class Config(Section):
        host = HostField(label="Host", help_text="The account's host name, such as org-account.snowflakecomputing.com.")
        port = PortField(default=443, label="Port", help_text="Where the account answers, nearly always 443.")
        account = PatternField(
            r"[A-Za-z0-9][A-Za-z0-9_-]*",
            "This must be an account identifier without region: letters, digits, hyphens and underscores.",
            required=False,
            max_length=255,
            label="Account",
            help_text="The account's identifier, where the host does not begin with it.",
        )
        database = TextField(
            max_length=_NAME_LIMIT,
            label="Database",
            help_text="The name of the database. As in SQL, put it in double quotes if it is not all capitals.",
        )
        schema = TextField(
            default="PUBLIC", max_length=_NAME_LIMIT, label="Schema", help_text="Where the tables are created."
        )
        warehouse = TextField(
            max_length=_NAME_LIMIT, label="Warehouse", help_text="The warehouse that carries out the loading."
        )
        role = TextField(
            required=False,
            max_length=_NAME_LIMIT,
            label="Role",
            help_text="The role to work as; the user's default role when left out.",
        )

    class Credentials(Section):
        username = TextField(max_length=255, label="User name", help_text="The user to sign in as.")
        password = SecretField(
            required=False,
            max_length=1000,
            label="Password",
            help_text="The password of the user; needed unless there is a private key, which is used instead of it.",
        )
        private_key = snowflake.PrivateKeyField(
            required=False,
            max_length=16384,
            label="Private key",
            help_text="The RSA key whose public half the user has, as PEM text without passphrase.",
        )

    def validate(self, config: Values, credentials: Values) -> Iterator[Problem]:
        if not credentials.get("password") and not credentials.get("private_key"):
            yield Problem("credentials.password", "required", "Give a password or a private key.")

    def target(self, config: Values) -> str:
        return f"{config['database']}.{config['schema']} at {config['host']}"

    def host(self, config: Values) -> str:
        return str(config["host"])

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        await snowflake.check(snowflake.Place.of(config, credentials), steps)
