"""Write a test object and remove it, whatever happens in between."""

import asyncio
import base64
import hashlib
import logging
import secrets
from collections.abc import Mapping
from urllib.parse import quote

from connectors.probes import http
from connectors.probes.aws import Keys
from connectors.probes.finishing import to_the_end
from connectors.probes.s3 import answers
from connectors.probes.s3.answers import FIND, REMOVE, WRITE
from connectors.probes.s3.bucket import Bucket
from connectors.problems import CheckFailed
from connectors.steps import Steps

logger = logging.getLogger(__name__)

STEPS = ("resolve", "connect", "tls", FIND, WRITE, REMOVE)
EFFECT = "Writes an object of a few bytes, named .landfall-check- and a random number, and removes it again."
#: Seconds for removing the test object. A check that is cancelled before that lasts so much longer.
REMOVE_LIMIT = 5.0
BODY = b"A connection check wrote this object. It may be removed.\n"


async def check(bucket: Bucket, keys: Keys, steps: Steps) -> None:
    """Raises `CheckFailed`. Needs no right that writing and removing objects does not need."""
    await _Visit(bucket, keys, steps).run()


class _Visit:
    """One check, with a test object of its own."""

    def __init__(self, bucket: Bucket, keys: Keys, steps: Steps) -> None:
        self.bucket, self.keys, self.steps = bucket, keys, steps
        self.key = f"{bucket.prefix}.landfall-check-{secrets.token_hex(8)}"
        #: Whether the object may be there although the write did not succeed.
        self.unsure = False

    async def run(self) -> None:
        with self.steps(FIND):
            await self._find()
        try:
            with self.steps(WRITE):
                version = await self._write()
        except BaseException:
            if self.unsure:
                await self._tidy()
            raise
        with self.steps(REMOVE):
            if failure := await to_the_end(self._remove(version)):
                raise failure

    async def _find(self) -> None:
        """Look before writing: some servers make a bucket for whoever writes to one that is not there.

        A list, because a refused HEAD does not say why; of the test object's own name, because policies may allow
        one prefix only, and because names of other objects are none of our business.
        """
        answer = await self._send("GET", query=f"list-type=2&max-keys=1&prefix={quote(self.key, safe='')}", first=True)
        if answers.may_not_list(answer, self.bucket):
            self.steps.skip(FIND, "The key may not list the bucket; the next step shows whether it is there.")
        elif not answers.is_list(answer):
            raise answers.failure(answer, self.bucket, FIND)

    async def _write(self) -> str:
        """Return the version that was made, empty in a bucket that keeps no versions."""
        digest = base64.b64encode(hashlib.md5(BODY, usedforsecurity=False).digest()).decode()
        # Buckets with object lock take no object without a checksum.
        headers = {"Content-MD5": digest, "Content-Type": "text/plain", **self.bucket.headers}
        self.unsure = True
        answer = await self._send("PUT", self.key, headers=headers, body=BODY)
        self.unsure = not 300 <= answer.status < 500
        if answer.status == 200 and "etag" in answer.headers:
            return answer.headers.get("x-amz-version-id", "")
        raise answers.failure(answer, self.bucket, WRITE)

    async def _tidy(self) -> None:
        failure = await to_the_end(self._remove())
        done = "It is not known whether the object arrived; it was removed to be safe."
        self.steps.skip(REMOVE, failure.message if failure else done)

    async def _remove(self, version: str = "") -> CheckFailed | None:
        """Returns what went wrong instead of raising it, since the check may be gone when this ends."""
        try:
            async with asyncio.timeout(REMOVE_LIMIT):
                answer = await self._send("DELETE", self.key, f"versionId={quote(version, safe='')}" if version else "")
                if version and answer.status == 403:
                    # Few may remove a version for good; then hide the object, as other programs do.
                    answer = await self._send("DELETE", self.key)
        except TimeoutError:
            message = f"{self.bucket.service} did not answer in time when asked to remove the test object."
            return self._left(CheckFailed("timeout", message))
        except CheckFailed as failure:
            return self._left(failure)
        if answer.status in {200, 204, 404}:
            return None
        return self._left(answers.failure(answer, self.bucket, REMOVE))

    def _left(self, cause: CheckFailed) -> CheckFailed:
        logger.warning("s3_object_left", extra={"bucket": self.bucket.name, "object": self.key, "code": cause.code})
        message = f"{cause.message} The test object “{self.key}” may still be there."
        return CheckFailed(cause.code, message, f"{cause.remedy} Remove the test object by hand.".strip())

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
