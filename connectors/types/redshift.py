"""A schema of an Amazon Redshift database."""

from connectors.fields import HostField, PortField, TextField
from connectors.probes import ssh
from connectors.sslmode import SslModeField
from connectors.tls import CertificateField
from connectors.types.postgres import Postgres


class Redshift(Postgres):
    """A schema of an Amazon Redshift database, which speaks PostgreSQL's protocol."""

    type = "redshift"
    label = "Amazon Redshift"
    tested = "Against PostgreSQL, whose protocol it speaks: there is no Redshift to run outside of Amazon's cloud."

    class Config(ssh.TunnelSection):
        host = HostField(label="Host", help_text="The endpoint of the cluster or workgroup, without port.")
        port = PortField(default=5439, label="Port", help_text="Where the cluster or workgroup listens.")
        database = TextField(max_length=127, label="Database", help_text="The name of the database, such as dev.")
        schema = TextField(default="public", max_length=127, label="Schema", help_text="Where the tables are created.")
        sslmode = SslModeField()
        ca_certificate = CertificateField(
            help_text="PEM text of the CA to trust, where the system does not trust Amazon's or a proxy has its own."
        )
