"""Write a test object and remove it, whatever happens in between."""

import base64
import hashlib
from collections.abc import Mapping
from urllib.parse import quote

from connectors.probes import http
from connectors.probes.aws import Keys
from connectors.probes.object_names import named
from connectors.probes.s3 import answers
from connectors.probes.s3.answers import FIND, WRITE
from connectors.probes.s3.bucket import Bucket
from connectors.probes.undoing import REMOVE, Undo
from connectors.problems import CheckFailed
from connectors.steps import Steps

STEPS = ("resolve", "connect", "tls", FIND, WRITE, REMOVE)
EFFECT = "Writes an object of a few bytes, named .landfall-check- and a random number, and removes it again."
#: Seconds for removing the test object. A check that is cancelled before that lasts so much longer.
REMOVE_LIMIT = 5.0
BODY = b"A connection check wrote this object. It may be removed.\n"


async def check(bucket: Bucket, keys: Keys, steps: Steps) -> None:
    """Raises `CheckFailed`. Needs no right that writing and removing objects does not need."""
    visit = _Visit(bucket, keys, steps)
    with steps(FIND):
        await visit.find()
    await Undo(
        visit.remove,
        REMOVE_LIMIT,
        lambda _: visit.unsure,
        what=f"test object “{visit.key}”",
        unknown="the object arrived",
        late=f"{bucket.service} did not answer in time when asked to remove the test object.",
        by_hand="Remove the test object by hand.",
        event="s3_object_left",
        about={"bucket": bucket.name, "object": visit.key},
    ).after(visit.write, WRITE, steps)


class _Visit:
    """One check, with a test object of its own."""

    def __init__(self, bucket: Bucket, keys: Keys, steps: Steps) -> None:
        self.bucket, self.keys, self.steps = bucket, keys, steps
        self.key = f"{bucket.prefix}{named(bucket.test_object)}"
        #: Whether the object may be there although the write did not succeed.
        self.unsure = False
        #: The version that was made, empty in a bucket that keeps no versions.
        self.version = ""

    async def find(self) -> None:
        """Look before writing: some servers make a bucket for whoever writes to one that is not there.

        A list, because a refused HEAD does not say why; of the test object's own name, because policies may allow
        one prefix only, and because names of other objects are none of our business.
        """
        answer = await self._send("GET", query=f"list-type=2&max-keys=1&prefix={quote(self.key, safe='')}", first=True)
        if answers.may_not_list(answer, self.bucket):
            self.steps.skip(FIND, "The key may not list the bucket; the next step shows whether it is there.")
        elif not answers.is_list(answer):
            raise answers.failure(answer, self.bucket, FIND)

    async def write(self) -> None:
        digest = base64.b64encode(hashlib.md5(BODY, usedforsecurity=False).digest()).decode()
        # Buckets with object lock take no object without a checksum.
        headers = {"Content-MD5": digest, "Content-Type": "text/plain", **self.bucket.headers}
        self.unsure = True
        answer = await self._send("PUT", self.key, headers=headers, body=BODY)
        self.unsure = not 300 <= answer.status < 500
        if answer.status != 200 or "etag" not in answer.headers:
            raise answers.failure(answer, self.bucket, WRITE)
        self.version = answer.headers.get("x-amz-version-id", "")

    async def remove(self) -> None:
        query = f"versionId={quote(self.version, safe='')}" if self.version else ""
        answer = await self._send("DELETE", self.key, query)
        if self.version and answer.status == 403:
            # Few may remove a version for good; then hide the object, as other programs do.
            answer = await self._send("DELETE", self.key)
        if answer.status not in {200, 204, 404}:
            raise answers.failure(answer, self.bucket, REMOVE)

    async def _send(
        self,
        method: str,
        key: str = "",
        query: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        first: bool = False,
    ) -> http.Answer:
        url = self.bucket.url(key, query)
        signed = self.bucket.signed(self.keys, method, url, headers or {}, body)
        try:
            return await http.call(
                method, url, self.steps if first else None, headers=signed, body=body, tls=self.bucket.tls
            )
        except CheckFailed as failure:
            if failure.code in {"dns", "tls"}:
                failure.remedy = f"{failure.remedy} {self.bucket.hint}".strip()
            raise
