"""The products of cloud providers, as tables of keys over native types."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Values = Mapping[str, Any]
WEBHOOK = "webhook"
# What has no place in settings, for they are shown.
SECRET = re.compile(r"secret|password|token|private_?key|access_?key", re.IGNORECASE)
SNOWFLAKE = ".snowflakecomputing.com"


def _same(value: str) -> str:
    return value


def _host(account: str) -> str:
    """Of an account of Snowflake's; whoever is in another of its clouds names the whole host."""
    return account if "snowflakecomputing." in account else account + SNOWFLAKE


@dataclass(frozen=True, slots=True)
class Setting:
    """A key of Redox's; without `native` name it is only kept."""

    key: str
    native: str = ""
    required: bool = True
    read: Callable[[str], str] = _same
    show: Callable[[str], str] = _same


@dataclass(frozen=True, slots=True)
class Product:
    type_id: str
    product_id: str
    native: str
    settings: tuple[Setting, ...]

    @property
    def pair(self) -> tuple[str, str]:
        return self.type_id, self.product_id


PREFIX = Setting("fileNamePrefix", "prefix", required=False)
CONTAINER = (Setting("storageAccountName", "account"), Setting("containerName", "container"), PREFIX)
REGION = Setting("region", "region")
BUCKET = Setting("bucketName", "bucket")
PROJECT = Setting("projectId", "project_id")
ACCOUNT = Setting("accountIdentifier", "host", read=_host, show=lambda host: host.removesuffix(SNOWFLAKE))
# Of those that share a native type, the first is what a destination is shown as that was made elsewhere.
PRODUCTS = (
    Product("azure", "databricks", "azure_databricks", CONTAINER),
    Product("azure", "blob-storage", "azure_databricks", CONTAINER),
    Product(
        "azure",
        "fabric",
        "azure_fabric",
        (Setting("workspaceName", "workspace"), Setting("lakehouseName", "lakehouse"), PREFIX),
    ),
    Product(
        "azure", "health-data-services", "azure_health_data_services", (Setting("fhirServerUrl", "fhir_server_url"),)
    ),
    Product("aws", "s3", "aws_s3", (BUCKET, REGION, PREFIX)),
    Product("aws", "databricks", "aws_s3", (BUCKET, REGION, PREFIX)),
    Product("aws", "kinesis", "aws_kinesis", (Setting("streamName", "stream_name"), REGION)),
    Product("aws", "healthlake", "aws_healthlake", (Setting("datastoreId", "datastore_id"), REGION)),
    Product("gcp", "cloud-storage", "google_cloud_storage", (BUCKET, PREFIX)),
    Product("gcp", "databricks", "google_cloud_storage", (BUCKET, PREFIX)),
    Product("gcp", "bigquery", "bigquery", (PROJECT, Setting("datasetId", "dataset"), Setting("tableId", "table"))),
    Product("gcp", "pubsub", "gcp_pubsub", (PROJECT, Setting("topicId", "topic"))),
    Product(
        "gcp",
        "healthcare-api",
        "gcp_healthcare",
        (
            PROJECT,
            Setting("location", "location"),
            Setting("datasetId", "dataset"),
            Setting("fhirStoreId", "fhir_store"),
        ),
    ),
    Product(
        "snowflake",
        "snowflake",
        "snowflake",
        (
            ACCOUNT,
            Setting("databaseName", "database"),
            Setting("schemaName", "schema"),
            Setting("stageName", required=False),
            Setting("warehouseName", "warehouse", required=False),
        ),
    ),
)


def find(type_id: str, product_id: str) -> Product | None:
    return next((product for product in PRODUCTS if product.pair == (type_id, product_id)), None)


def product_of(native: str, product_id: str | None = None) -> Product | None:
    """The product that a destination of this type is; None for one that is none."""
    fitting = [product for product in PRODUCTS if product.native == native]
    return next((product for product in fitting if product.product_id == product_id), fitting[0] if fitting else None)


def spelled() -> tuple[str, ...]:
    """The native types that Redox has words for; the empty one is not decided yet."""
    return ("", WEBHOOK, *dict.fromkeys(product.native for product in PRODUCTS))


def secret_keys(value: Any) -> Iterator[str]:
    """The keys, at any depth, that seem to name secrets."""
    for key, inner in value.items() if isinstance(value, Mapping) else ():
        if SECRET.search(key):
            yield key
        yield from secret_keys(inner)
    for inner in value if isinstance(value, list) else ():
        yield from secret_keys(inner)
