"""A pytest plugin (`-p tests.servers`): real servers that the tests start, and end, as session fixtures."""

from tests.servers.aws import amazon
from tests.servers.azure import azurite, azurite_entra, azurite_tls
from tests.servers.certificates import authority, stranger
from tests.servers.data_world import data_world
from tests.servers.databricks import databricks
from tests.servers.entra import entra
from tests.servers.fhir import azure_fhir, healthlake
from tests.servers.google import gcs, google, google_key
from tests.servers.hookdeck import hookdeck_api
from tests.servers.http import http_server, https_server
from tests.servers.kafka import kafka
from tests.servers.mysql import mysql, mysql_template, mysql_without_tls
from tests.servers.otlp import collector
from tests.servers.postgres import postgres, postgres_template, postgres_without_tls
from tests.servers.rabbitmq import rabbitmq
from tests.servers.rest import system_trust
from tests.servers.s3 import s3
from tests.servers.snowflake import snowflake, snowflake_key
from tests.servers.ssh import ssh

__all__ = [
    "amazon",
    "authority",
    "azure_fhir",
    "azurite",
    "azurite_entra",
    "azurite_tls",
    "collector",
    "data_world",
    "databricks",
    "entra",
    "gcs",
    "google",
    "google_key",
    "healthlake",
    "hookdeck_api",
    "http_server",
    "https_server",
    "kafka",
    "mysql",
    "mysql_template",
    "mysql_without_tls",
    "postgres",
    "postgres_template",
    "postgres_without_tls",
    "rabbitmq",
    "s3",
    "snowflake",
    "snowflake_key",
    "ssh",
    "stranger",
    "system_trust",
]
