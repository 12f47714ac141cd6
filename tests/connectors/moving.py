"""Every type at a place, and how to bring it to another one: for the tests that hold its secrets where they are."""

from collections.abc import Iterator
from typing import Any

import trustme

from connectors import registry
from connectors.base import Connector
from connectors.fields import MASK
from connectors.identity import Identity
from connectors.probes.ssh.declaration import TunnelSection
from tests.connectors.examples import EXAMPLES

HOST_KEY, OTHER_HOST_KEY = (Identity.generate().public for _ in range(2))
TUNNEL = {"ssh_host": "bastion.example.com", "ssh_port": 2222, "ssh_user": "tunneller", "ssh_host_key": HOST_KEY}
OTHER_CA = trustme.CA().cert_pem.bytes().decode()

# What to change so that the field of the name tells another place. Others besides it are what must go with it.
ELSEWHERE: dict[str, dict[str, Any]] = {
    "url": {"url": "https://elsewhere.example.net/in"},
    "fhir_server_url": {"fhir_server_url": "https://elsewhere.example.net"},
    "host": {"host": "elsewhere.example.net"},
    "port": {"port": 4444},
    "endpoint": {"endpoint": "https://elsewhere.example.net"},
    "queue_url": {"queue_url": "https://elsewhere.example.net/123456789012/events.fifo"},
    "bootstrap_servers": {"bootstrap_servers": "kafka-1.example.com:9093,elsewhere.example.net:9093"},
    "region": {"region": "us-west-1"},
    "namespace": {"namespace": "elsewhere"},
    "account": {"account": "elsewhere"},
    "storage_endpoint_suffix": {"storage_endpoint_suffix": "core.chinacloudapi.cn"},
    "tls": {"tls": False, "ca_certificate": None},
    "sslmode": {"sslmode": "require", "ca_certificate": None},
    "ca_certificate": {"ca_certificate": OTHER_CA},
    "sasl_mechanism": {"sasl_mechanism": "plain"},
    "ssh_host": {"ssh_host": "elsewhere.example.net"},
    "ssh_port": {"ssh_port": 2223},
    "ssh_host_key": {"ssh_host_key": OTHER_HOST_KEY},
}
OWN: dict[tuple[str, str], dict[str, Any]] = {
    ("azure_servicebus", "endpoint"): {"endpoint": "amqps://elsewhere.example.net"},
    ("oracle_cloud_storage", "region"): {"region": "eu-frankfurt-1"},
}
# Google's endpoints are asked for with a token only if they are Google's.
OWN |= {
    (type_, "endpoint"): {"endpoint": "https://elsewhere.googleapis.com"}
    for type_ in ("bigquery", "gcp_healthcare", "gcp_pubsub", "google_cloud_storage")
}
MOVES = [(type_, place) for type_ in registry.names() for place in registry.get(type_).places]


def move(type_: str, place: str) -> dict[str, Any]:
    return OWN.get((type_, place), ELSEWHERE[place])


def config_of(connector: Connector) -> dict[str, Any]:
    """The example, through a tunnel where there can be one."""
    tunnel = TUNNEL if isinstance(connector.config, TunnelSection) else {}
    return EXAMPLES[connector.type].config | tunnel


def secrets_of(connector: Connector) -> Iterator[str]:
    """The paths of the secrets of the example that are sent."""
    credentials = EXAMPLES[connector.type].credentials
    for name in connector.sent:
        if isinstance(held := credentials.get(name), dict):
            yield from (f"credentials.{name}.{header}" for header in held)
        elif held is not None:
            yield f"credentials.{name}"


def without(connector: Connector, path: str) -> dict[str, Any]:
    """The secrets of the example entered anew, but the one at the path, whose mask is sent back."""
    credentials = EXAMPLES[connector.type].credentials
    _, name, *header = path.split(".", 2)
    if header:
        return {**credentials, name: {**credentials[name], header[0]: MASK}}
    return {**credentials, name: connector.mask(credentials)[name]}
