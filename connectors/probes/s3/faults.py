"""What can be wrong with a bucket or its keys, in words."""

from typing import NamedTuple

from connectors.probes.s3.bucket import Bucket
from connectors.problems import CheckCode, CheckFailed


class Fault(NamedTuple):
    """`message` and `remedy` may name {service}, {bucket}, {region} and {objects}."""

    code: CheckCode
    message: str
    remedy: str

    def failure(self, bucket: Bucket) -> CheckFailed:
        words = {"service": bucket.service, "bucket": bucket.name, "region": bucket.region, "objects": bucket.objects}
        remedy = self.remedy.format(**words)
        if self in _PERHAPS_ADDRESSED_WRONGLY:
            remedy = f"{remedy} {bucket.hint}".strip()
        return CheckFailed(self.code, self.message.format(**words), remedy)


DENIED = Fault(
    "denied",
    "{service} does not accept these access keys.",
    "Check both halves of the key, and that it is active.",
)
UNKNOWN_KEY = Fault(
    "denied",
    "{service} does not know this access key ID.",
    "Check the access key ID, and that the key is active. A temporary key needs its session token as well.",
)
WRONG_SECRET = Fault(
    "denied",
    "The secret access key does not belong to this access key ID.",
    "Enter the secret access key again, whole and without blanks around it. If it is right, check the region.",
)
WRONG_TOKEN = Fault(
    "denied",
    "The session token is not valid or has expired.",
    "Enter new keys with their session token, or the keys of a user, which need no session token.",
)
WRONG_CLOCK = Fault(
    "config",
    "The clocks of Landfall and of {service} are too far apart.",
    "Set the clock of the machine that runs Landfall's workers, for example by NTP, then check again.",
)
ACCOUNT = Fault(
    "forbidden",
    "{service} has closed the account of this key, or never opened it for storage.",
    "Ask the owner of the account to settle it with the service.",
)
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
SLOW_DOWN = Fault(
    "quota",
    "{service} asks for fewer requests.",
    "Wait a while and check again; if it lasts, raise the limit of requests or check less often.",
)
REMOTE = Fault(
    "remote",
    "{service} reports a failure of its own.",
    "Check again later; if it lasts, tell those who run the service.",
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
