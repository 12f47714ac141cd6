"""What can be wrong with a bucket or its keys, in words."""

from connectors.probes.aws.faults import BY_CODE, DENIED, REMOTE, SLOW_DOWN
from connectors.probes.s3.bucket import Bucket
from connectors.problems import CheckFailed, Fault

__all__ = ["BY_CODE", "DENIED", "REMOTE", "SLOW_DOWN", "failure"]


def failure(fault: Fault, bucket: Bucket) -> CheckFailed:
    """A fault may name {service}, {bucket}, {region} and {objects}."""
    words = {"service": bucket.service, "bucket": bucket.name, "region": bucket.region, "objects": bucket.objects}
    failed = fault.told(words)
    if fault in _PERHAPS_ADDRESSED_WRONGLY:
        failed.remedy = f"{failed.remedy} {bucket.hint}".strip()
    return failed


NO_BUCKET = Fault(
    "not_found",
    "There is no bucket “{bucket}” at {service}.",
    "Check the bucket's name, or create the bucket.",
)
ELSEWHERE = Fault(
    "config",
    "The bucket “{bucket}” is not served by {service} under the region “{region}”.",
    "Set the region, and the endpoint if there is one, to those the bucket was created with.",
)
NAME_IGNORED = Fault(
    "config",
    "{service} does not read the bucket's name out of the host name.",
    "Switch use_path_style on, so that the bucket's name is put into the path.",
)
BAD_NAME = Fault(
    "config",
    "{service} does not accept “{bucket}” as the name of a bucket.",
    "Correct the bucket's name.",
)
STORAGE_CLASS = Fault(
    "config",
    "{service} does not offer this storage class for the bucket “{bucket}”.",
    "Choose another storage class, or leave it out.",
)
UNSUPPORTED = Fault(
    "config",
    "{service} does not support a part of what is asked for, such as the encryption or the storage class.",
    "Leave out the server-side encryption and the storage class.",
)
ENCRYPTION_KEY = Fault(
    "config",
    "The KMS key that encrypts the bucket “{bucket}” cannot be used.",
    "Enable the KMS key, or choose another one for the bucket.",
)
FULL = Fault(
    "quota",
    "The bucket “{bucket}” or its account is full.",
    "Make room, or raise the quota.",
)
NOT_S3 = Fault(
    "protocol",
    "{service} does not answer as an S3 service does.",
    "Check the host, the port and the path of the endpoint.",
)
MAY_NOT_WRITE = Fault(
    "forbidden",
    "These keys may not write to the bucket “{bucket}”.",
    "Allow the action s3:PutObject on {objects} to the user of the keys, and see that no bucket policy denies it. "
    "If a KMS key encrypts the bucket, allow kms:GenerateDataKey on that key too.",
)
MAY_NOT_REMOVE = Fault(
    "forbidden",
    "These keys may not remove objects from the bucket “{bucket}”.",
    "Allow the action s3:DeleteObject on {objects} to the user of the keys, and see that no bucket policy denies it.",
)
_PERHAPS_ADDRESSED_WRONGLY = frozenset({NO_BUCKET, NOT_S3})
