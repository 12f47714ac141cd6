"""Write a test blob and remove it, whatever happens in between."""

import asyncio
import logging
import secrets
from collections.abc import Mapping
from urllib.parse import quote

from connectors.probes import http
from connectors.probes.blob import answers
from connectors.probes.blob.answers import FIND, REMOVE, TOKEN, WRITE
from connectors.probes.blob.container import Container
from connectors.probes.blob.sas import Sas
from connectors.probes.finishing import to_the_end
from connectors.problems import CheckFailed
from connectors.steps import Steps

logger = logging.getLogger(__name__)

STEPS = (TOKEN, "resolve", "connect", "tls", FIND, WRITE, REMOVE)
EFFECT = (
    "Writes a blob of a few bytes, named .landfall-check- and a random number, and removes it again; an account that "
    "keeps deleted blobs or versions keeps this one as long as any other."
)
#: Seconds for removing the test blob. A check that is cancelled before that lasts so much longer.
REMOVE_LIMIT = 5.0
BODY = b"A connection check wrote this blob. It may be removed.\n"


async def check(container: Container, sas: Sas, steps: Steps) -> None:
    """Raises `CheckFailed`. Needs no right that writing and removing blobs does not need."""
    await _Visit(container, sas, steps).run()


class _Visit:
    """One check, with a test blob of its own."""

    def __init__(self, container: Container, sas: Sas, steps: Steps) -> None:
        self.container, self.sas, self.steps = container, sas, steps
        self.blob = f".landfall-check-{secrets.token_hex(8)}"
        #: Whether the blob may be there although the write did not succeed.
        self.unsure = False

    async def run(self) -> None:
        with self.steps(TOKEN):
            self.sas.refuse_the_useless(self.container)
        with self.steps(FIND):
            await self._find()
        try:
            with self.steps(WRITE):
                await self._write()
        except BaseException:
            if self.unsure:
                await self._tidy()
            raise
        with self.steps(REMOVE):
            if failure := await to_the_end(self._remove()):
                raise failure

    async def _find(self) -> None:
        """A list, because a token for one container cannot ask for the container's properties, whatever its rights;
        of the test blob's own name, because names of other blobs are none of our business."""
        query = f"restype=container&comp=list&maxresults=1&prefix={quote(self.blob, safe='')}"
        answer = await self._send("GET", query=query, first=True)
        if answers.may_not_list(answer):
            self.steps.skip(FIND, "The SAS token may not list the container; the next step shows whether it is there.")
        elif not answers.is_list(answer):
            raise answers.failure(answer, self.container, FIND)

    async def _write(self) -> None:
        headers = {"x-ms-blob-type": "BlockBlob", "Content-Type": "text/plain"}
        self.unsure = True
        answer = await self._send("PUT", self.blob, headers=headers, body=BODY)
        self.unsure = not 300 <= answer.status < 500
        if answer.status != 201:
            raise answers.failure(answer, self.container, WRITE)

    async def _tidy(self) -> None:
        failure = await to_the_end(self._remove())
        done = "It is not known whether the blob arrived; it was removed to be safe."
        self.steps.skip(REMOVE, failure.message if failure else done)

    async def _remove(self) -> CheckFailed | None:
        """Returns what went wrong instead of raising it, since the check may be gone when this ends."""
        try:
            async with asyncio.timeout(REMOVE_LIMIT):
                answer = await self._send("DELETE", self.blob)
        except TimeoutError:
            message = f"{self.container.service} did not answer in time when asked to remove the test blob."
            return self._left(CheckFailed("timeout", message))
        except CheckFailed as failure:
            return self._left(failure)
        if answer.status == 202 or answers.code(answer) == "BlobNotFound":
            return None
        return self._left(answers.failure(answer, self.container, REMOVE))

    def _left(self, cause: CheckFailed) -> CheckFailed:
        logger.warning("blob_left", extra={"container": self.container.name, "blob": self.blob, "code": cause.code})
        message = f"{cause.message} The test blob “{self.blob}” may still be there."
        return CheckFailed(cause.code, message, f"{cause.remedy} Remove the test blob by hand.".strip())

    async def _send(
        self,
        method: str,
        blob: str = "",
        *,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        first: bool = False,
    ) -> http.Answer:
        url = self.container.url(blob, f"{query}&{self.sas.query}" if query else self.sas.query)
        steps = self.steps if first else None
        try:
            return await http.call(method, url, steps, headers=headers, body=body, tls=self.container.tls)
        except CheckFailed as failure:
            if failure.code == "dns":
                failure.remedy = f"{failure.remedy} {self.container.hint}".strip()
            raise
