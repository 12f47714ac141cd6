"""Write a test blob and remove it, whatever happens in between."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from connectors.probes import http
from connectors.probes.blob import answers
from connectors.probes.blob.answers import FIND, WRITE, Refusals
from connectors.probes.blob.container import Container
from connectors.probes.object_names import named
from connectors.probes.undoing import REMOVE, Attempt
from connectors.problems import CheckFailed
from connectors.steps import Steps

STEPS = ("resolve", "connect", "tls", FIND, WRITE, REMOVE)
EFFECT = (
    "Writes a blob of a few bytes, named .landfall-check- and a random number, and removes it again; an account that "
    "keeps deleted blobs or versions keeps this one as long as any other."
)
BODY = b"A connection check wrote this blob. It may be removed.\n"


@dataclass(frozen=True, slots=True)
class Access:
    """What lets requests in: it goes into their `query` or their `headers`."""

    #: What it is, to begin a sentence with.
    what: str
    refusals: Refusals
    query: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


async def check(container: Container, access: Access, steps: Steps, *, reached: bool = False) -> None:
    """Raises `CheckFailed`. Needs no right that writing and removing blobs does not need.

    `reached` when `steps` tell of the connection already.
    """
    visit = _Visit(container, access, steps, reached)
    with steps(FIND):
        await visit.find()
    about = {"container": container.name, "blob": visit.blob}
    await visit.undo("test blob", visit.blob, container.service, "blob_left", about).after(visit.write, WRITE, steps)


class _Visit(Attempt):
    """One check, with a test blob of its own."""

    def __init__(self, container: Container, access: Access, steps: Steps, reached: bool) -> None:
        self.container, self.access, self.steps, self.reached = container, access, steps, reached
        self.blob = f"{container.prefix}{named(container.test_object)}"

    async def find(self) -> None:
        """A list, because a SAS token for one container cannot ask for the container's properties, whatever its rights;
        of the test blob's own name, because names of other blobs are none of our business."""
        query = f"restype=container&comp=list&maxresults=1&prefix={quote(self.blob, safe='')}"
        answer = await self._send("GET", query=query, first=not self.reached)
        if answers.may_not_list(answer):
            hindrance = f"{self.access.what} may not list the container; the next step shows whether it is there."
            self.steps.skip(FIND, hindrance)
        elif not answers.is_list(answer):
            raise self._failure(answer, FIND)

    async def write(self) -> None:
        headers = {"x-ms-blob-type": "BlockBlob", "Content-Type": "text/plain"}
        answer = await self.answer_to(self._send("PUT", self.blob, headers=headers, body=BODY))
        if answer.status != 201:
            raise self._failure(answer, WRITE)

    async def remove(self) -> None:
        answer = await self._send("DELETE", self.blob)
        if answer.status != 202 and answers.code(answer) != "BlobNotFound":
            raise self._failure(answer, REMOVE)

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
        url = self.container.url(blob, "&".join(filter(None, (query, self.access.query))))
        steps, sent = self.steps if first else None, {**self.access.headers, **(headers or {})}
        with self.container.hinted():
            return await http.call(method, url, steps, headers=sent, body=body, tls=self.container.tls)

    def _failure(self, answer: http.Answer, step: str) -> CheckFailed:
        return answers.failure(answer, self.container, self.access.refusals, step)
