"""Every destination type, one file each, in the order in which people are shown them."""

from connectors.base import Connector
from connectors.types.aws_s3 import AwsS3
from connectors.types.postgres import Postgres
from connectors.types.rabbitmq import RabbitMQ
from connectors.types.redshift import Redshift
from connectors.types.s3_compatible import S3Compatible
from connectors.types.webhook import Webhook

ALL: tuple[type[Connector], ...] = (Webhook, RabbitMQ, AwsS3, S3Compatible, Postgres, Redshift)
