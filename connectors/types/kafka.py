"""A topic of Apache Kafka."""

from collections.abc import Iterator

from connectors.base import Connector, Section, Steps, Values
from connectors.fields import SecretField, TextField
from connectors.probes import kafka
from connectors.problems import Problem
from connectors.tls import CertificateField, TlsField


class Kafka(Connector):
    """A topic of Apache Kafka, or of a service that speaks its protocol."""

    type = "kafka"
    label = "Apache Kafka"
    family = "message brokers"
    steps = kafka.STEPS
    effect = kafka.EFFECT
    rights = (
        "The operation `Write` on the topic, which includes `Describe`: `kafka-acls.sh --add --allow-principal "
        "User:NAME --operation Write --topic TOPIC`."
    )
    tested = (
        "Against a real Tansu broker, which has no TLS, no users and no rights of its own: a stand-in before it that "
        "speaks TLS and SASL and answers for the rights plays those."
    )
    session = True

    class Config(Section):
        bootstrap_servers = kafka.ServersField(
            label="Bootstrap servers",
            help_text="Where the cluster is found, as host:port with commas between, 20 at most. One that answers is "
            "enough.",
        )
        topic = kafka.TopicField(label="Topic", help_text="Where messages are published. It must be there already.")
        partition_key_template = TextField(
            required=False,
            max_length=2000,
            label="Partition key template",
            help_text="How whatever writes here makes the key of a message. A check does not use it.",
        )
        tls = TlsField(help_text="Encrypt the connections and verify the brokers.")
        ca_certificate = CertificateField(
            help_text="PEM text of the CA that issued the brokers' certificates, if no public CA did."
        )
        sasl_mechanism = kafka.MechanismField()

    class Credentials(Section):
        username = TextField(
            required=False,
            max_length=255,
            label="User name",
            help_text="The user to sign in as; needed unless the mechanism is none.",
        )
        password = SecretField(
            required=False,
            max_length=4096,
            label="Password",
            help_text="The password of the user; needed unless the mechanism is none.",
        )

    def validate(self, config: Values, credentials: Values) -> Iterator[Problem]:
        return kafka.across(config, credentials)

    def target(self, config: Values) -> str:
        return f"{config['topic']} at {kafka.servers(config['bootstrap_servers'])[0]}"

    def host(self, config: Values) -> str:
        return kafka.servers(config["bootstrap_servers"])[0].host

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        await kafka.check(kafka.Cluster.of(config, credentials), steps)
