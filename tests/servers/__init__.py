"""A pytest plugin (`-p tests.servers`): real servers that the tests start, and end, as session fixtures."""

from tests.servers.certificates import authority, stranger
from tests.servers.http import http_server, https_server
from tests.servers.postgres import postgres, postgres_template, postgres_without_tls
from tests.servers.rabbitmq import rabbitmq
from tests.servers.s3 import s3

__all__ = [
    "authority",
    "http_server",
    "https_server",
    "postgres",
    "postgres_template",
    "postgres_without_tls",
    "rabbitmq",
    "s3",
    "stranger",
]
