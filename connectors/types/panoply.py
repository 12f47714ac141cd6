"""A schema of a Panoply warehouse."""

from connectors.base import Section
from connectors.fields import HostField, PortField, TextField
from connectors.probes import postgres
from connectors.sslmode import SslModeField
from connectors.tls import CertificateField
from connectors.types.postgres import Postgres


class Panoply(Postgres):
    """A schema of a Panoply warehouse, which speaks PostgreSQL's protocol as Redshift does."""

    type = "panoply"
    label = "Panoply"
    steps = postgres.STEPS
    tested = "Against PostgreSQL, whose protocol it speaks: there is no Panoply to run outside of its maker's cloud."

    class Config(Section):
        host = HostField(label="Host", help_text="The host of the warehouse, as its connection settings show it.")
        port = PortField(default=5439, label="Port", help_text="Where the warehouse listens.")
        database = TextField(max_length=127, label="Database", help_text="The name of the database.")
        schema = TextField(default="public", max_length=127, label="Schema", help_text="Where the tables are created.")
        sslmode = SslModeField()
        ca_certificate = CertificateField(
            help_text="PEM text of the CA to trust, where the system does not trust that of the warehouse."
        )
