"""A schema of a Microsoft SQL Server database."""

from collections.abc import Iterator
from typing import ClassVar

from connectors.base import Section, Steps, Values
from connectors.fields import HostField, PortField, SecretField, TextField
from connectors.names import place
from connectors.probes import ssh, tds
from connectors.problems import Problem
from connectors.sslmode import SslModeField, unused_certificate
from connectors.tls import CertificateField


class MsSQL(ssh.Tunnelled):
    """A schema of a database of Microsoft SQL Server or Azure SQL, or a database in which each source gets its own."""

    type = "mssql"
    label = "Microsoft SQL Server"
    family = "databases"
    steps: ClassVar[tuple[str, ...]] = (*ssh.STEPS, *tds.STEPS)
    effect = tds.EFFECT
    rights = (
        "`GRANT CREATE TABLE TO [user]; GRANT ALTER, INSERT ON SCHEMA::[schema] TO [user];` in the database; where no "
        "schema is named, `GRANT CREATE SCHEMA, CREATE TABLE TO [user];`. `CONTROL` on the database includes them all."
    )
    tested = (
        "Against a server of the tests' own that speaks TDS 7.4 and that an independent client, python-tds, works "
        "with as well: SQL Server itself cannot run there."
    )
    session = True

    class Config(ssh.TunnelSection):
        host = HostField(label="Host", help_text="The name or IP address of the server.")
        port = PortField(default=1433, label="Port", help_text="Where the server listens.")
        database = TextField(max_length=128, label="Database", help_text="The name of the database.")
        schema = TextField(
            required=False,
            max_length=128,
            label="Schema",
            help_text="Where the tables are created. Left out, each source gets a schema of its own.",
        )
        sslmode = SslModeField()
        ca_certificate = CertificateField()

    class Credentials(Section):
        username = TextField(max_length=128, label="User name", help_text="The SQL Server login to sign in as.")
        password = SecretField(max_length=128, label="Password", help_text="The password of the login.")

    def validate(self, config: Values, credentials: Values) -> Iterator[Problem]:
        yield from unused_certificate(config)
        yield from super().validate(config, credentials)

    def target(self, config: Values) -> str:
        what = f"{config['database']}.{config['schema']}" if config.get("schema") else config["database"]
        return f"{what} at {place(config['host'], config['port'])}{self.through(config)}"

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        async with self.tunnel(config, steps) as via:
            await tds.check(tds.Place.of(config, credentials, via), steps)
