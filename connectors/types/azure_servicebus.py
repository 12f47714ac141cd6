"""A queue or topic of Azure Service Bus."""

from collections.abc import Iterator

from connectors.base import Connector, Section, Steps, Values
from connectors.fields import BaseUrlField, PatternField
from connectors.probes import servicebus
from connectors.problems import Problem
from connectors.tls import CertificateField, tls_context


class AzureServiceBus(Connector):
    """A queue or topic of Azure Service Bus."""

    type = "azure_servicebus"
    label = "Azure Service Bus"
    family = "message brokers"
    steps = servicebus.STEPS
    effect = servicebus.EFFECT
    rights = (
        "A shared access policy, of the namespace or of the queue or topic itself, with the claim `Send`. Port 5671 "
        "must be open to Landfall, as to everything that sends over AMQP."
    )
    tested = (
        "Against a broker of the tests' own that speaks AMQP 1.0 and verifies each token, with and without TLS: there "
        "is no Azure Service Bus to run in a test."
    )
    session = True

    class Config(Section):
        name = PatternField(
            r"[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9])?",
            "This may hold letters, digits, dots, hyphens and underscores, and begins and ends with a letter or digit.",
            max_length=260,
            label="Queue or topic",
            help_text="The name of the queue or topic that messages are sent to.",
        )
        namespace = PatternField(
            r"[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?",
            "This must be the namespace alone, without .servicebus.windows.net.",
            required=False,
            max_length=63,
            label="Namespace",
            help_text="Shown with the name, so that people know which namespace the secret connection string is for.",
        )
        endpoint = BaseUrlField(
            schemes=("amqps", "amqp"),
            required=False,
            label="Endpoint",
            help_text="Only to connect elsewhere than the connection string says, such as amqps://bus.example.com. "
            "With amqp:// the connection is not encrypted.",
        )
        ca_certificate = CertificateField(
            max_length=65536,
            help_text="PEM text of the CA that issued the certificate of the endpoint, if no public CA did.",
        )

    class Credentials(Section):
        connection_string = servicebus.ConnectionStringField(
            reveal=4,
            max_length=4096,
            label="Connection string",
            help_text="Of a shared access policy: Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…",
        )

    def validate(self, config: Values, credentials: Values) -> Iterator[Problem]:
        string = servicebus.ConnectionString.of(credentials["connection_string"])
        if string.entity and string.entity.lower() != config["name"].lower():
            yield Problem("config.name", "invalid", "The connection string is for another queue or topic.")
        if config.get("namespace", string.namespace).lower() != string.namespace:
            yield Problem("config.namespace", "invalid", "The connection string is for another namespace.")

    def target(self, config: Values) -> str:
        return f"{config['namespace']}/{config['name']}" if "namespace" in config else str(config["name"])

    def host(self, config: Values) -> str:
        if url := config.get("endpoint"):
            return servicebus.endpoint(url)[0]
        return str(config.get("namespace") or config["name"])

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        string = servicebus.ConnectionString.of(credentials["connection_string"])
        scheme = "amqp" if string.emulator else "amqps"
        port = f":{string.port}" if string.port else ""
        host, number, secure = servicebus.endpoint(config.get("endpoint") or f"{scheme}://{string.host}{port}")
        entity = servicebus.Entity(
            name=config["name"],
            namespace=string.host,
            host=host,
            port=number,
            key_name=string.key_name,
            key=string.key,
            tls=tls_context(config.get("ca_certificate", "")) if secure else None,
        )
        await servicebus.check(entity, steps)
