"""Buckets of Amazon S3 and of every service that speaks its protocol."""

from connectors.probes.s3.bucket import Bucket, Keys, service
from connectors.probes.s3.checking import EFFECT, STEPS, check
from connectors.probes.s3.fields import AccessKeys, EndpointField, HeaderSecretField, PrefixField

__all__ = [
    "EFFECT",
    "STEPS",
    "AccessKeys",
    "Bucket",
    "EndpointField",
    "HeaderSecretField",
    "Keys",
    "PrefixField",
    "check",
    "service",
]
