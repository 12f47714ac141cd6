"""Signed requests of one check to a bucket, and the first of them: a look at what is there."""

from collections.abc import Mapping
from urllib.parse import quote

from connectors.probes import http
from connectors.probes.aws import Keys
from connectors.probes.s3 import answers
from connectors.probes.s3.answers import FIND
from connectors.probes.s3.bucket import Bucket
from connectors.problems import CheckFailed
from connectors.steps import Steps


class Visit:
    """`key` is the name of the one object that the check is about."""

    def __init__(self, bucket: Bucket, keys: Keys, steps: Steps, key: str) -> None:
        self.bucket, self.keys, self.steps, self.key = bucket, keys, steps, key

    async def find(self) -> None:
        """Look before writing: some servers make a bucket for whoever writes to one that is not there."""
        self.judge(await self.list(first=True))

    async def list(self, *, first: bool = False) -> http.Answer:
        """A list, because a refused HEAD does not say why; of the object's own name, because policies may allow one
        prefix only, and because names of other objects are none of our business."""
        return await self.send("GET", query=f"list-type=2&max-keys=1&prefix={quote(self.key, safe='')}", first=first)

    def judge(self, answer: http.Answer) -> None:
        if answers.may_not_list(answer, self.bucket):
            self.steps.skip(FIND, "The key may not list the bucket; the next step shows whether it is there.")
        elif not answers.is_list(answer):
            raise answers.failure(answer, self.bucket, FIND)

    async def send(
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
