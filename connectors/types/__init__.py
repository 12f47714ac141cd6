"""Every destination type, one file each, in the order in which people are shown them."""

from connectors.base import Connector
from connectors.types.aws_eventbridge import AwsEventBridge
from connectors.types.aws_healthlake import AwsHealthLake
from connectors.types.aws_kinesis import AwsKinesis
from connectors.types.aws_s3 import AwsS3
from connectors.types.aws_s3_policy import AwsS3Policy
from connectors.types.aws_sqs import AwsSqs
from connectors.types.azure_blob_storage import AzureBlobStorage
from connectors.types.azure_databricks import AzureDatabricks
from connectors.types.azure_fabric import AzureFabric
from connectors.types.azure_health_data_services import AzureHealthDataServices
from connectors.types.azure_servicebus import AzureServiceBus
from connectors.types.azure_sqldw import AzureSqlDw
from connectors.types.bigquery import BigQuery
from connectors.types.cloudflare_queues import CloudflareQueues
from connectors.types.data_world import DataWorld
from connectors.types.databricks_delta import DatabricksDelta
from connectors.types.gcp_healthcare import GcpHealthcare
from connectors.types.gcp_pubsub import GcpPubsub
from connectors.types.google_cloud_storage import GoogleCloudStorage
from connectors.types.hookdeck import Hookdeck
from connectors.types.kafka import Kafka
from connectors.types.mssql import MsSQL
from connectors.types.mysql import MySQL
from connectors.types.oracle_cloud_storage import OracleCloudStorage
from connectors.types.otlp_http import OtlpHttp
from connectors.types.panoply import Panoply
from connectors.types.postgres import Postgres
from connectors.types.rabbitmq import RabbitMQ
from connectors.types.redshift import Redshift
from connectors.types.s3_compatible import S3Compatible
from connectors.types.snowflake import Snowflake
from connectors.types.webhook import Webhook

ALL: tuple[type[Connector], ...] = (
    Webhook,
    OtlpHttp,
    Hookdeck,
    RabbitMQ,
    Kafka,
    AwsSqs,
    AwsKinesis,
    AwsEventBridge,
    GcpPubsub,
    AzureServiceBus,
    CloudflareQueues,
    AwsS3,
    AwsS3Policy,
    GoogleCloudStorage,
    AzureBlobStorage,
    AzureDatabricks,
    AzureFabric,
    OracleCloudStorage,
    S3Compatible,
    Postgres,
    Redshift,
    Panoply,
    MySQL,
    MsSQL,
    AzureSqlDw,
    Snowflake,
    BigQuery,
    DatabricksDelta,
    DataWorld,
    AwsHealthLake,
    GcpHealthcare,
    AzureHealthDataServices,
)
