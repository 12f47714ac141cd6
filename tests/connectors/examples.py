"""One valid destination of every type, for the tests that hold all types to the same promises."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import trustme
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.servers.google import make_key, service_account

CERTIFICATE = trustme.CA().cert_pem.bytes().decode()
PRIVATE_KEY = (
    generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
)
SERVICE_ACCOUNT = service_account(make_key(), "https://oauth2.googleapis.com/token")


@dataclass(frozen=True)
class Example:
    """`config` and `credentials` give every required field, every secret, and what else a type has to offer.

    `at(host, port)` is what to change in `config` to point the destination at a server there. No TLS, if it can be
    left out: what listens there speaks nothing.
    """

    config: dict[str, Any]
    credentials: dict[str, Any]
    at: Callable[[str, int], dict[str, Any]]
    #: For services with one address for everybody: the name of the constant that holds it.
    address: str = ""

    def moved(self, host: str, port: int, *, encrypted: bool = False) -> AbstractContextManager[object]:
        """Within it the constant says that the service is at `host` and `port`."""
        scheme = "https" if encrypted else "http"
        return patch(self.address, f"{scheme}://{host}:{port}") if self.address else nullcontext()


def secured(changes: dict[str, Any]) -> dict[str, Any]:
    """What points an example at a server, with the encryption that this leaves out put back."""
    kept = {name: value for name, value in changes.items() if name not in {"sslmode", "tls", "ca_certificate"}}
    return {
        name: re.sub("^(http|amqp)://", r"\1s://", value) if isinstance(value, str) else value
        for name, value in kept.items()
    }


def _host_and_port(**others: Any) -> Callable[[str, int], dict[str, Any]]:
    return lambda host, port: {"host": host, "port": port, **others}


EXAMPLES = {
    "webhook": Example(
        config={
            "url": "https://hooks.example.com/landfall?team=data",
            "method": "PUT",
            "verification": "GET",
            "headers": {"X-Team": "data"},
            "ca_certificate": CERTIFICATE,
        },
        credentials={
            "secret": "whsec_dGhlIHNpZ25pbmcgc2VjcmV0IG9mIHRoZSBleGFtcGxl",
            "previous_secret": "whsec_dGhlIHByZXZpb3VzIHNlY3JldCBvZiB0aGUgZXhhbXBsZQ==",
            "previous_valid_until": "2099-12-31T12:00:00Z",
            "verification_token": "the-verification-token-of-the-example",
            "headers": {"Authorization": "Bearer the-token-of-the-example"},
        },
        at=lambda host, port: {"url": f"http://{host}:{port}/"},
    ),
    "otlp_http": Example(
        config={
            "url": "https://otel.example.com/v1/logs",
            "signal": "logs",
            "ca_certificate": CERTIFICATE,
        },
        credentials={"headers": {"Authorization": "Bearer the-token-of-the-example", "X-Api-Key": "its-other-secret"}},
        at=lambda host, port: {"url": f"http://{host}:{port}/v1/logs"},
    ),
    "postgres": Example(
        config={"host": "db.example.com", "port": 5433, "database": "lake", "schema": "raw", "sslmode": "verify-full"},
        credentials={"username": "loader", "password": "the password's \\ of the example"},
        at=_host_and_port(sslmode="disable"),
    ),
    "redshift": Example(
        config={"host": "cluster.example.com", "database": "dev", "schema": "raw", "ca_certificate": CERTIFICATE},
        credentials={"username": "loader", "password": "the password's \\ of the example"},
        at=_host_and_port(sslmode="disable", ca_certificate=None),
    ),
    "hookdeck": Example(
        config={"source_name": "orders", "source_id": "src_abc"},
        credentials={"token": "c3JjX2FiYzp0aGUtdG9rZW4tb2YtdGhlLWV4YW1wbGU="},
        at=lambda host, port: {},
        address="connectors.types.hookdeck.API",
    ),
    "panoply": Example(
        config={"host": "db.example.com", "database": "warehouse", "schema": "raw", "ca_certificate": CERTIFICATE},
        credentials={"username": "loader", "password": "the password's \\ of the example"},
        at=_host_and_port(sslmode="disable", ca_certificate=None),
    ),
    "mysql": Example(
        config={"host": "db.example.com", "port": 3307, "database": "lake", "sslmode": "verify-full"},
        credentials={"username": "loader", "password": "the password's \\ of the example"},
        at=_host_and_port(sslmode="disable"),
    ),
    "mssql": Example(
        config={
            "host": "db.example.com",
            "port": 1434,
            "database": "lake",
            "schema": "raw",
            "ca_certificate": CERTIFICATE,
        },
        credentials={"username": "loader", "password": "the password's \\ of the example"},
        at=_host_and_port(sslmode="disable", ca_certificate=None),
    ),
    "azure_sqldw": Example(
        config={"host": "example.sql.azuresynapse.net", "database": "pool", "schema": "raw", "sslmode": "verify-full"},
        credentials={
            "username": "loader",
            "password": "the password's \\ of the example",
            "storage_account_key": "dGhlIGtleSBvZiB0aGUgZXhhbXBsZQ==",
            "storage_sas_url": "https://landfall.blob.core.windows.net/?sv=2024-11-04&ss=b&srt=sco&sp=rwdlac&"
            "se=2999-12-31T00:00Z&sig=dGhlIHNpZ25hdHVyZQ%3D%3D",
        },
        at=_host_and_port(sslmode="disable"),
    ),
    "rabbitmq": Example(
        config={"host": "mq.example.com", "virtual_host": "prod", "exchange": "events", "tls": True},
        credentials={"username": "publisher", "password": " the password of the example "},
        at=_host_and_port(tls=False),
    ),
    "kafka": Example(
        config={
            "bootstrap_servers": "kafka-1.example.com:9093,[2001:db8::9]:9093",
            "topic": "the.events",
            "partition_key_template": "data.customer",
            "tls": True,
            "ca_certificate": CERTIFICATE,
            "sasl_mechanism": "scram-sha-512",
        },
        credentials={"username": "publisher", "password": " the password of the example "},
        at=lambda host, port: {"bootstrap_servers": f"{host}:{port}", "tls": False, "ca_certificate": None},
    ),
    "cloudflare_queues": Example(
        config={"account_id": "0123456789abcdef0123456789abcdef", "queue_id": "fedcba9876543210fedcba9876543210"},
        credentials={"api_token": "the-api-token-of-the-example"},
        at=lambda host, port: {},
        address="connectors.probes.cloudflare.API",
    ),
    "aws_sqs": Example(
        config={
            "queue_url": "https://sqs.eu-west-1.amazonaws.com/123456789012/events.fifo",
            "region": "eu-west-1",
        },
        credentials={
            "access_key_id": "AKIAEXAMPLEEXAMPLE00",
            "secret_access_key": "the/secret+access=key-of-the-example",
            "session_token": "the-session-token-of-the-example",
        },
        at=lambda host, port: {"endpoint": f"http://{host}:{port}"},
    ),
    "aws_kinesis": Example(
        config={"stream_name": "events", "region": "eu-west-1", "partition_key_template": "data.id"},
        credentials={
            "access_key_id": "AKIAEXAMPLEEXAMPLE00",
            "secret_access_key": "the/secret+access=key-of-the-example",
            "session_token": "the-session-token-of-the-example",
        },
        at=lambda host, port: {"endpoint": f"http://{host}:{port}"},
    ),
    "aws_healthlake": Example(
        config={"datastore_id": "0123456789abcdef0123456789abcdef", "region": "eu-west-1"},
        credentials={
            "access_key_id": "AKIAEXAMPLEEXAMPLE00",
            "secret_access_key": "the/secret+access=key-of-the-example",
            "session_token": "the-session-token-of-the-example",
        },
        at=lambda host, port: {"endpoint": f"http://{host}:{port}"},
    ),
    "aws_eventbridge": Example(
        config={"region": "eu-west-1", "event_bus_name": "events"},
        credentials={
            "access_key_id": "AKIAEXAMPLEEXAMPLE00",
            "secret_access_key": "the/secret+access=key-of-the-example",
            "session_token": "the-session-token-of-the-example",
        },
        at=lambda host, port: {"endpoint": f"http://{host}:{port}"},
    ),
    "aws_s3": Example(
        config={
            "bucket": "the-bucket",
            "region": "us-east-1",
            "prefix": "landing/",
            "storage_class": "STANDARD_IA",
            "server_side_encryption": "AES256",
        },
        credentials={
            "access_key_id": "AKIAEXAMPLEEXAMPLE00",
            "secret_access_key": "the/secret+access=key-of-the-example",
            "session_token": "the-session-token-of-the-example",
        },
        at=lambda host, port: {"endpoint": f"http://{host}:{port}"},
    ),
    "aws_s3_policy": Example(
        config={"bucket": "the-bucket", "challenge_file": "landfall-challenge-file-of-the-example"},
        credentials={},
        at=lambda host, port: {},
        address="django.conf.settings.AWS_ENDPOINT",
    ),
    "oracle_cloud_storage": Example(
        config={"bucket": "The_Bucket", "region": "us-ashburn-1", "namespace": "axexample0000", "prefix": "landing/"},
        credentials={
            "access_key_id": "8f3aexampleexampleexampleexampleexample0",
            "secret_access_key": "the/secret+access=key-of-the-example",
        },
        at=lambda host, port: {"endpoint": f"http://{host}:{port}"},
    ),
    "bigquery": Example(
        config={"project_id": "the-project", "dataset": "lake", "location": "EU"},
        credentials={"service_account_json": SERVICE_ACCOUNT},
        at=lambda host, port: {"endpoint": f"http://{host}:{port}"},
    ),
    "gcp_pubsub": Example(
        config={"project_id": "the-project", "topic": "events"},
        credentials={"service_account_json": SERVICE_ACCOUNT},
        at=lambda host, port: {"endpoint": f"http://{host}:{port}"},
    ),
    "gcp_healthcare": Example(
        config={
            "project_id": "the-project",
            "location": "europe-west3",
            "dataset": "clinic",
            "fhir_store": "the.fhir-store",
        },
        credentials={"service_account_json": SERVICE_ACCOUNT},
        at=lambda host, port: {"endpoint": f"http://{host}:{port}"},
    ),
    "google_cloud_storage": Example(
        config={"bucket": "the-bucket", "prefix": "landing/"},
        credentials={"service_account_json": SERVICE_ACCOUNT},
        at=lambda host, port: {"endpoint": f"http://{host}:{port}"},
    ),
    "s3_compatible": Example(
        config={
            "endpoint": "https://s3.example.com",
            "region": "eu-1",
            "bucket": "the-bucket",
            "prefix": "landing/",
            "test_object": "check.txt",
            "use_path_style": True,
            "ca_certificate": CERTIFICATE,
        },
        credentials={
            "access_key_id": "AKIAEXAMPLEEXAMPLE00",
            "secret_access_key": "the/secret+access=key-of-the-example",
        },
        at=lambda host, port: {"endpoint": f"http://{host}:{port}"},
    ),
    "azure_blob_storage": Example(
        config={
            "account": "landfall",
            "container": "the-container",
            "storage_endpoint_suffix": "core.usgovcloudapi.net",
        },
        credentials={"sas_token": "?sv=2024-11-04&sr=c&sp=rwdl&se=2999-12-31T00:00Z&sig=dGhlIHNpZ25hdHVyZQ%3D%3D"},
        at=lambda host, port: {"endpoint": f"http://{host}:{port}"},
    ),
    "azure_databricks": Example(
        config={
            "account": "landfall",
            "container": "the-container",
            "prefix": "landing/",
            "storage_endpoint_suffix": "core.usgovcloudapi.net",
        },
        credentials={
            "tenant_id": "01234567-89ab-cdef-0123-456789abcdef",
            "client_id": "fedcba98-7654-3210-fedc-ba9876543210",
            "client_secret": "a~Q8.the-client-secret_of-the-example",
        },
        at=lambda host, port: {},
        address="connectors.probes.blob.container.SERVICE",
    ),
    "azure_fabric": Example(
        config={"workspace": "The Workspace", "lakehouse": "The_Lakehouse", "prefix": "landing/"},
        credentials={
            "tenant_id": "01234567-89ab-cdef-0123-456789abcdef",
            "client_id": "fedcba98-7654-3210-fedc-ba9876543210",
            "client_secret": "a~Q8.the-client-secret_of-the-example",
        },
        at=lambda host, port: {},
        address="connectors.probes.onelake.lakehouse.SERVICE",
    ),
    "azure_health_data_services": Example(
        config={"fhir_server_url": "https://clinic-records.fhir.azurehealthcareapis.com"},
        credentials={
            "tenant_id": "01234567-89ab-cdef-0123-456789abcdef",
            "client_id": "fedcba98-7654-3210-fedc-ba9876543210",
            "client_secret": "a~Q8.the-client-secret_of-the-example",
        },
        at=lambda host, port: {"fhir_server_url": f"https://{host}:{port}"},
    ),
    "snowflake": Example(
        config={
            "host": "org-account.snowflakecomputing.com",
            "database": "LAKE",
            "schema": "RAW",
            "warehouse": "LOADING",
            "role": "LOADER",
        },
        credentials={
            "username": "loader",
            "password": "the password's \\ of the example",
            "private_key": PRIVATE_KEY,
        },
        at=_host_and_port(),
    ),
    "databricks_delta": Example(
        config={
            "host": "dbc-a1b2c3d4-e5f6.cloud.databricks.com",
            "http_path": "/sql/1.0/warehouses/1234567890abcdef",
            "catalog": "lake",
            "schema": "raw",
            "staging_bucket": "the-bucket",
        },
        credentials={"token": "dapi0123456789abcdef-of-the-example"},
        at=_host_and_port(),
    ),
    "azure_servicebus": Example(
        config={"name": "orders", "namespace": "contoso"},
        credentials={
            "connection_string": "Endpoint=sb://contoso.servicebus.windows.net/;SharedAccessKeyName=sender;"
            "SharedAccessKey=dGhlIGtleSBvZiB0aGUgZXhhbXBsZQ==;EntityPath=orders"
        },
        at=lambda host, port: {"endpoint": f"amqp://{host}:{port}"},
    ),
    "data_world": Example(
        config={"owner": "the-company", "dataset": "sales", "output_file_format": "jsonl"},
        credentials={"access_token": "eyJhbGciOi.the-token.of-the-example"},
        at=_host_and_port(),
    ),
}
