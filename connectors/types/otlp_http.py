"""A collector of traces, logs or metrics that takes OTLP over HTTP."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from connectors.base import Connector, Section, Steps, Values
from connectors.fields import ChoiceField, HeadersField, UrlField
from connectors.probes import endpoint, otlp
from connectors.problems import Problem
from connectors.tls import CertificateField, tls_context


class OtlpHttp(Connector):
    """A collector of traces, logs or metrics that takes OTLP over HTTP, as JSON."""

    type = "otlp_http"
    label = "OpenTelemetry (OTLP/HTTP)"
    family = "telemetry"
    steps = ("resolve", "connect", "tls", otlp.SEND)
    effect = (
        f"Sends one span, log record or data point of the service “{otlp.SERVICE}”, named {otlp.NAME}. "
        "The collector keeps it or passes it on like any other; it cannot be taken back."
    )
    rights = "To send the chosen signal, which collectors usually ask for in a header such as `Authorization`."
    tested = (
        "Against rotel, a real OpenTelemetry receiver, over HTTP; headers, TLS and refusals against real HTTP and "
        "HTTPS servers with certificates of the tests' own."
    )

    signs = True

    class Config(Section):
        url = UrlField(
            label="URL",
            help_text="The whole URL that takes the signal, such as https://otel.example.com/v1/traces.",
        )
        signal = ChoiceField(choices=tuple(otlp.SIGNALS), label="Signal", help_text="What is sent there.")
        ca_certificate = CertificateField(
            max_length=65536,
            help_text="PEM text of the CA that issued the collector's certificate, if no public CA did.",
        )

    class Credentials(Section):
        headers = HeadersField(
            secret=True,
            required=False,
            label="Secret headers",
            help_text="Sent with every request and never shown, such as Authorization.",
        )

    def validate(self, config: Values, credentials: Values) -> Iterator[Problem]:
        return endpoint.twice([("credentials", credentials)])

    def target(self, config: Values) -> str:
        return str(config["url"])

    def host(self, config: Values) -> str:
        return urlsplit(config["url"]).netloc.lower()

    async def check(self, config: Values, credentials: Values, steps: Steps) -> None:
        trusted = tls_context(config.get("ca_certificate", ""))
        with steps(otlp.SEND):
            await otlp.send(config["url"], config["signal"], credentials.get("headers", {}), steps, trusted)
