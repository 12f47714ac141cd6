"""What the answers of an S3 service mean. Their text is never repeated, but for a region in the plain form of one."""

import re

from connectors.probes.http import Answer
from connectors.probes.s3 import faults
from connectors.probes.s3.bucket import Bucket
from connectors.probes.undoing import REMOVE
from connectors.problems import CheckFailed, Fault

FIND, WRITE = "find bucket", "write a test object"

# Searched as bytes, not parsed as XML: there is nothing to expand, and the HTTP probe caps the length.
_CODE = re.compile(rb"<Code>([A-Za-z0-9.]{1,64})</Code>")
_REGION = re.compile(rb"<Region>([A-Za-z0-9-]{1,40})</Region>")


def failure(answer: Answer, bucket: Bucket, step: str) -> CheckFailed:
    """Why `answer` is not what `step` asked for."""
    fault = _named(answer, bucket) or _by_status(answer.status, step)
    if step in bucket.allow and fault is _FORBIDDEN.get(step):
        fault = fault._replace(remedy=bucket.allow[step])
    return faults.failure(fault, bucket)


def is_list(answer: Answer) -> bool:
    return answer.status == 200 and b"<ListBucketResult" in answer.body


def may_not_list(answer: Answer, bucket: Bucket) -> bool:
    """Whether nothing else is wrong than that these keys may not list, which writing does not need."""
    return answer.status == 403 and _named(answer, bucket) is None


def _named(answer: Answer, bucket: Bucket) -> Fault | None:
    """The fault that the answer itself tells."""
    if b"<ListAllMyBucketsResult" in answer.body:
        return faults.NAME_IGNORED
    fault = _FAULTS.get(_first(_CODE, answer.body))
    if fault in {None, faults.ELSEWHERE} and (region := other_region(answer, bucket)):
        return faults.ELSEWHERE._replace(remedy=f"Set the region to “{region}”.")
    return fault


def other_region(answer: Answer, bucket: Bucket) -> str:
    """Where the service says the bucket is, when that is not where it was looked for."""
    region = answer.headers.get("x-amz-bucket-region") or _first(_REGION, answer.body)
    plain = answer.status >= 300 and re.fullmatch(r"[A-Za-z0-9-]{1,40}", region)
    return region if plain and region != bucket.region else ""


def _by_status(status: int, step: str) -> Fault:
    if status in _OF_THE_STATUS:
        return _OF_THE_STATUS[status]
    if status == 403:
        return _FORBIDDEN[step]
    if status >= 500:
        return faults.REMOTE
    return faults.ELSEWHERE if 300 <= status < 400 else faults.NOT_S3


def _first(pattern: re.Pattern[bytes], body: bytes) -> str:
    found = pattern.search(body)
    return found[1].decode() if found else ""


_FAULTS = {
    **faults.BY_CODE,
    "NoSuchBucket": faults.NO_BUCKET,
    "InvalidBucketName": faults.BAD_NAME,
    "AuthorizationHeaderMalformed": faults.ELSEWHERE,
    "IllegalLocationConstraintException": faults.ELSEWHERE,
    "PermanentRedirect": faults.ELSEWHERE,
    "InvalidStorageClass": faults.STORAGE_CLASS,
    "InvalidEncryptionAlgorithmError": faults.UNSUPPORTED,
    "NotImplemented": faults.UNSUPPORTED,
    "KMS.DisabledException": faults.ENCRYPTION_KEY,
    "KMS.KMSInvalidStateException": faults.ENCRYPTION_KEY,
    "KMS.NotFoundException": faults.ENCRYPTION_KEY,
    "QuotaExceeded": faults.FULL,
    "XMinioStorageFull": faults.FULL,
    "XMinioAdminBucketQuotaExceeded": faults.FULL,
}
_OF_THE_STATUS = {401: faults.DENIED, 429: faults.SLOW_DOWN, 507: faults.FULL}
_FORBIDDEN = {WRITE: faults.MAY_NOT_WRITE, REMOVE: faults.MAY_NOT_REMOVE}
