"""Buckets of Amazon S3 and of every service that speaks its protocol."""

from connectors.probes.aws import AccessKeys, EndpointField, Keys, service
from connectors.probes.s3.answers import WRITE
from connectors.probes.s3.bucket import Bucket
from connectors.probes.s3.checking import EFFECT, STEPS, check
from connectors.probes.s3.fields import BucketField, PrefixField
from connectors.probes.undoing import REMOVE

__all__ = [
    "EFFECT",
    "REMOVE",
    "STEPS",
    "WRITE",
    "AccessKeys",
    "Bucket",
    "BucketField",
    "EndpointField",
    "Keys",
    "PrefixField",
    "check",
    "service",
]
