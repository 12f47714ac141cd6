"""A schema of a PostgreSQL database."""

from collections.abc import Iterator

from connectors.base import Connector, Section, Steps, Values
from connectors.fields import HostField, PortField, SecretField, TextField
from connectors.names import place
from connectors.probes import postgres
from connectors.problems import Problem
from connectors.sslmode import SslModeField, unused_certificate
from connectors.tls import CertificateField


class Postgres(Connector):
    """A schema of a PostgreSQL database."""

    type = "postgres"
    label = "PostgreSQL"
    family = "databases"
    steps = postgres.STEPS
    effect = postgres.EFFECT
    rights = "`LOGIN`, `GRANT CONNECT ON DATABASE` and `GRANT USAGE, CREATE ON SCHEMA` for the role that signs in."
    tested = "Against a real PostgreSQL server, with and without TLS."
    session = True

    class Config(Section):
        host = HostField(label="Host", help_text="The name or IP address of the server.")
        port = PortField(default=5432, label="Port", help_text="Where the server listens.")
        database = TextField(max_length=127, label="Database", help_text="The name of the database.")
        schema = TextField(default="public", max_length=127, label="Schema", help_text="Where the tables are created.")
        sslmode = SslModeField()
        ca_certificate = CertificateField(
            required=False,
            label="CA certificate",
            help_text="PEM text of the CA that issued the server's certificate, if no public CA did.",
        )

    class Credentials(Section):
        username = TextField(max_length=127, label="User name", help_text="The role to sign in as.")
        password = SecretField(max_length=1000, label="Password", help_text="The password of the role.")

    def validate(self, config: Values, credentials: Values) -> Iterator[Problem]:
        return unused_certificate(config)

    def target(self, config: Values) -> str:
        return f"{config['database']}.{config['schema']} at {place(config['host'], config['port'])}"

    def host(self, config: Values) -> str:
        return str(config["host"])

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        await postgres.check(postgres.Place.of(config, credentials), steps)
