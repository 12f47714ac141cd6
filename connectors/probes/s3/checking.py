"""Write a test object and remove it, whatever happens in between."""

import base64
import hashlib
from urllib.parse import quote

from connectors.probes.aws import Keys
from connectors.probes.object_names import named
from connectors.probes.s3 import answers
from connectors.probes.s3.answers import FIND, WRITE
from connectors.probes.s3.bucket import Bucket
from connectors.probes.s3.visiting import Visit
from connectors.probes.undoing import REMOVE, Attempt
from connectors.steps import Steps

STEPS = ("resolve", "connect", "tls", FIND, WRITE, REMOVE)
EFFECT = "Writes an object of a few bytes, named .landfall-check- and a random number, and removes it again."
BODY = b"A connection check wrote this object. It may be removed.\n"


async def check(bucket: Bucket, keys: Keys, steps: Steps) -> None:
    """Raises `CheckFailed`. Needs no right that writing and removing objects does not need."""
    visit = _Trial(bucket, keys, steps)
    with steps(FIND):
        await visit.find()
    about = {"bucket": bucket.name, "object": visit.key}
    undo = visit.undo("test object", visit.key, bucket.service, "s3_object_left", about)
    await undo.after(visit.write, WRITE, steps)


class _Trial(Visit, Attempt):
    """One check, with a test object of its own."""

    def __init__(self, bucket: Bucket, keys: Keys, steps: Steps) -> None:
        super().__init__(bucket, keys, steps, f"{bucket.prefix}{named(bucket.test_object)}")
        #: The version that was made, empty in a bucket that keeps no versions.
        self.version = ""

    async def write(self) -> None:
        digest = base64.b64encode(hashlib.md5(BODY, usedforsecurity=False).digest()).decode()
        # Buckets with object lock take no object without a checksum.
        headers = {"Content-MD5": digest, "Content-Type": "text/plain", **self.bucket.headers}
        answer = await self.answer_to(self.send("PUT", self.key, headers=headers, body=BODY))
        if answer.status != 200 or "etag" not in answer.headers:
            raise answers.failure(answer, self.bucket, WRITE)
        self.version = answer.headers.get("x-amz-version-id", "")

    async def remove(self) -> None:
        query = f"versionId={quote(self.version, safe='')}" if self.version else ""
        answer = await self.send("DELETE", self.key, query)
        if self.version and answer.status == 403:
            # Few may remove a version for good; then hide the object, as other programs do.
            answer = await self.send("DELETE", self.key)
        if answer.status not in {200, 204, 404}:
            raise answers.failure(answer, self.bucket, REMOVE)
