"""Write a test file into a lakehouse, read it back, and remove it, whatever happens in between."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from connectors import egress
from connectors.probes import http
from connectors.probes.blob import as_principal
from connectors.probes.onelake import faults, lakehouse
from connectors.probes.onelake.lakehouse import Lakehouse
from connectors.probes.undoing import REMOVE, Attempt
from connectors.steps import Steps

SIGN_IN, FIND_WORKSPACE, FIND, TRY = "sign in", "find workspace", "find lakehouse", "write and read a test file"
STEPS = ("resolve", "connect", "tls", SIGN_IN, FIND_WORKSPACE, FIND, TRY, REMOVE)
BODY = b"A connection check wrote this file. It may be removed.\n"


async def check(lake: Lakehouse, sign_in: Callable[[], Awaitable[str]], steps: Steps) -> None:
    """`sign_in` gives a token for storage. Raises `CheckFailed`."""
    at = urlsplit(lakehouse.SERVICE)
    await egress.reach(at.hostname or "", at.port or 443, steps, tls=egress.tls_context())
    with steps(SIGN_IN):
        visit = _Visit(lake, await sign_in(), steps)
    await visit.look(FIND_WORKSPACE, f"{lake.workspace_url}?restype=container")
    await visit.look(FIND, lake.files_url)
    about = {"workspace": lake.workspace, "lakehouse": lake.name, "file": lake.file}
    await visit.undo("test file", lake.file, lake.service, "file_left", about).after(visit.write_and_read, TRY, steps)


@dataclass
class _Visit(Attempt):
    lake: Lakehouse
    token: str = field(repr=False)
    steps: Steps

    async def look(self, step: str, url: str) -> None:
        """Whether it is there. Not to be allowed to look proves nothing; writing does not need it."""
        with self.steps(step):
            answer = await self._send("HEAD", url)
            if answer.status == 403 and not faults.named(answer):
                self.steps.skip(step, "The service principal may not look there; writing shows whether it is there.")
            elif answer.status != 200:
                raise faults.failure(answer, self.lake, faults.MISSING[step])

    async def write_and_read(self) -> None:
        headers = {"x-ms-blob-type": "BlockBlob", "Content-Type": "text/plain"}
        answer = await self.answer_to(self._send("PUT", self.lake.file_url, headers, BODY))
        if answer.status != 201:
            raise faults.failure(answer, self.lake, faults.MISSING[FIND], faults.MAY_NOT_WRITE)
        answer = await self._send("GET", self.lake.file_url)
        if answer.status != 200:
            raise faults.failure(answer, self.lake, faults.GONE, faults.MAY_NOT_READ)
        if answer.body != BODY:
            raise faults.GONE.failure(self.lake)

    async def remove(self) -> None:
        answer = await self._send("DELETE", self.lake.file_url)
        if answer.status not in {202, 404}:
            raise faults.failure(answer, self.lake, faults.MISSING[FIND], faults.MAY_NOT_REMOVE)

    async def _send(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> http.Answer:
        own = {"Authorization": f"Bearer {self.token}", "x-ms-version": as_principal.VERSION}
        return await http.call(method, url, headers={**own, **(headers or {})}, body=body)
