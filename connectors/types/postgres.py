"""A schema of a PostgreSQL database."""

from collections.abc import Iterator
from typing import ClassVar

from connectors.base import Section, Steps, Values
from connectors.fields import HostField, PortField, SecretField, TextField
from connectors.names import place
from connectors.probes import postgres, ssh
from connectors.problems import Problem
from connectors.sslmode import SslModeField, unused_certificate
from connectors.tls import CertificateField


class Postgres(ssh.Tunnelled):
    """A schema of a PostgreSQL database."""

    type = "postgres"
    label = "PostgreSQL"
    family = "databases"
    steps: ClassVar[tuple[str, ...]] = (*ssh.STEPS, *postgres.STEPS)
    effect = postgres.EFFECT
    rights = "`LOGIN`, `GRANT CONNECT ON DATABASE` and `GRANT USAGE, CREATE ON SCHEMA` for the role that signs in."
    tested = "Against a real PostgreSQL server, with and without TLS, directly and through a real SSH server."
    session = True

    class Config(ssh.TunnelSection):
        host = HostField(label="Host", help_text="The name or IP address of the server.")
        port = PortField(default=5432, label="Port", help_text="Where the server listens.")
        database = TextField(max_length=127, label="Database", help_text="The name of the database.")
        schema = TextField(default="public", max_length=127, label="Schema", help_text="Where the tables are created.")
        sslmode = SslModeField()
        ca_certificate = CertificateField()

    class Credentials(Section):
        username = TextField(max_length=127, label="User name", help_text="The role to sign in as.")
        password = SecretField(max_length=1000, label="Password", help_text="The password of the role.")

    def validate(self, config: Values, credentials: Values) -> Iterator[Problem]:
        yield from unused_certificate(config)
        yield from super().validate(config, credentials)

    def target(self, config: Values) -> str:
        where = place(config["host"], config["port"])
        return f"{config['database']}.{config['schema']} at {where}{self.through(config)}"

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        async with self.tunnel(config, steps) as via:
            await postgres.check(postgres.Place.of(config, credentials, via), steps)
