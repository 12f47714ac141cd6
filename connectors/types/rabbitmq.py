"""An exchange of a RabbitMQ broker."""

from collections.abc import Iterator

from connectors.base import Connector, Section, Steps, Values
from connectors.fields import HostField, PortField, SecretField
from connectors.probes import amqp
from connectors.problems import Problem
from connectors.tls import CertificateField, TlsField


class RabbitMQ(Connector):
    """An exchange of a RabbitMQ broker."""

    type = "rabbitmq"
    label = "RabbitMQ"
    family = "message brokers"
    steps = amqp.STEPS
    effect = amqp.EFFECT
    rights = (
        "Access to the virtual host, and the write permission for the exchange (`amq.default` for the default one): "
        "`rabbitmqctl set_permissions -p VHOST USER '' '^EXCHANGE$' ''`."
    )
    tested = "Against a real RabbitMQ broker, with and without TLS."
    session = True

    class Config(Section):
        host = HostField(label="Host", help_text="The name or IP address of the broker.")
        port = PortField(required=False, label="Port", help_text="Left out, it is 5671 with TLS and 5672 without.")
        virtual_host = amqp.NameField(default="/", label="Virtual host", help_text="The virtual host of the exchange.")
        exchange = amqp.NameField(
            default="",
            allow_blank=True,
            label="Exchange",
            help_text="Where messages are published. Left out, it is the default exchange, which leads to the queue "
            "that a message's key names.",
        )
        tls = TlsField(help_text="Encrypt the connection and verify the broker.")
        ca_certificate = CertificateField(
            help_text="PEM text of the CA that issued the broker's certificate, if no public CA did."
        )

    class Credentials(Section):
        username = amqp.NameField(label="User name", help_text="The user to sign in as.")
        password = SecretField(max_length=1000, label="Password", help_text="The password of the user.")

    def validate(self, config: Values, credentials: Values) -> Iterator[Problem]:
        return amqp.unused_certificate(config)

    def implied(self, config: Values) -> Values:
        return {"port": amqp.port(config)}

    def target(self, config: Values) -> str:
        return f"{config['exchange'] or 'the default exchange'} at {amqp.where(config)}"

    def host(self, config: Values) -> str:
        return str(config["host"])

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        await amqp.check(amqp.Broker.of(config, credentials), steps)
