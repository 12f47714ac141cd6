"""A database of a MySQL or MariaDB server."""

from collections.abc import Iterator

from connectors.base import Section, Steps, Values
from connectors.fields import HostField, PortField, SecretField, TextField
from connectors.names import place
from connectors.probes import mysql, ssh
from connectors.problems import Problem
from connectors.sslmode import SslModeField, unused_certificate
from connectors.tls import CertificateField


class MySQL(ssh.Tunnelled):
    """A database of a MySQL or MariaDB server, or a server on which each source gets a database of its own."""

    type = "mysql"
    label = "MySQL"
    family = "databases"
    steps = (*ssh.STEPS, *mysql.STEPS)
    effect = mysql.EFFECT
    rights = (
        "`CREATE, DROP, INSERT` on the database: ``GRANT CREATE, DROP, INSERT ON `database`.* TO `user`@`host`;``, and "
        "`ON *.*` where no database is named."
    )
    tested = (
        "Against a real MariaDB server, with and without TLS, directly and through a real SSH server; against MySQL "
        "itself it is not."
    )
    session = True

    class Config(ssh.TunnelSection):
        host = HostField(label="Host", help_text="The name or IP address of the server.")
        port = PortField(default=3306, label="Port", help_text="Where the server listens.")
        database = TextField(
            required=False,
            max_length=64,
            label="Database",
            help_text="Where the tables are created. Left out, each source gets a database of its own.",
        )
        sslmode = SslModeField()
        ca_certificate = CertificateField()

    class Credentials(Section):
        username = TextField(max_length=128, label="User name", help_text="The account to sign in as.")
        password = SecretField(max_length=1000, label="Password", help_text="The password of the account.")

    def validate(self, config: Values, credentials: Values) -> Iterator[Problem]:
        yield from unused_certificate(config)
        yield from super().validate(config, credentials)

    def target(self, config: Values) -> str:
        where = place(config["host"], config["port"]) + self.through(config)
        return f"{config['database']} at {where}" if config.get("database") else where

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        async with self.tunnel(config, steps) as via:
            await mysql.check(mysql.Place.of(config, credentials, via), steps)
