"""Ask a FHIR service to do what it must refuse to everyone, but first to those who may not write."""

import json
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from connectors.probes import fhir, http
from connectors.probes.health_data import faults
from connectors.probes.health_data.service import FhirService
from connectors.probes.undoing import REMOVE, Attempt
from connectors.problems import CheckFailed, Fault
from connectors.steps import Steps

SIGN_IN, ASK = "sign in", "ask to write a resource"
STEPS = ("resolve", "connect", "tls", fhir.READ, SIGN_IN, ASK, REMOVE)
TEXT = "A connection check wrote this resource. It may be removed."
# How a FHIR server refuses to change a version of what is not there; which one it is differs between versions of FHIR.
REFUSALS = frozenset({404, 409, 412})


async def check(service: FhirService, sign_in: Callable[[], Awaitable[str]], steps: Steps) -> None:
    """`sign_in` gives the token, once the service is known to be one. Raises `CheckFailed`."""
    with steps(fhir.READ):
        url = f"{service.url}/metadata"  # which is public
        answer = await http.call("GET", url, steps, headers={"Accept": fhir.JSON}, limit=fhir.LIMIT)
        if fault := _of_metadata(answer):
            raise fault.failure(service)
    with steps(SIGN_IN):
        test = _TestResource(service, await sign_in(), steps)
    about = {"service": service.host, "resource": test.name}
    await test.undo("test resource", test.name, service.host, "fhir_resource_left", about).after(test.ask, ASK, steps)


@dataclass
class _TestResource(Attempt):
    """A change of a resource that is not there."""

    service: FhirService
    token: str = field(repr=False)
    steps: Steps
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def name(self) -> str:
        return f"Basic/{self.id}"

    async def ask(self) -> None:
        resource = {"resourceType": "Basic", "id": self.id, "code": {"text": TEXT}}
        headers = {"Content-Type": fhir.JSON, "If-Match": 'W/"1"'}
        answer = await self.answer_to(self._send("PUT", json.dumps(resource).encode(), headers))
        if not (200 <= answer.status < 300 or (answer.status in REFUSALS and fhir.is_outcome(answer))):
            raise self._failure(answer, faults.MAY_NOT_WRITE)

    async def remove(self) -> None:
        if not self.unsure:
            self.steps.skip(REMOVE, "Nothing was stored.")
            return
        answer = await self._send("DELETE")
        if not (200 <= answer.status < 300 or answer.status in {404, 410}):
            raise self._failure(answer, faults.MAY_NOT_DELETE)

    async def _send(self, method: str, body: bytes = b"", headers: dict[str, str] | None = None) -> http.Answer:
        sent = {"Accept": fhir.JSON, "Authorization": f"Bearer {self.token}", **(headers or {})}
        return await http.call(method, f"{self.service.url}/{self.name}", headers=sent, body=body)

    def _failure(self, answer: http.Answer, forbidden: Fault) -> CheckFailed:
        known = {401: faults.DENIED, 403: forbidden, **dict.fromkeys((400, 405, 422), faults.REFUSED)}
        return (_of_status(answer) or known.get(answer.status, fhir.NOT_FHIR)).failure(self.service)


def _of_metadata(answer: http.Answer) -> Fault | None:
    if answer.status == 200:
        return fhir.fault(answer)
    return _of_status(answer) or {403: faults.NETWORK, 404: faults.MISSING}.get(answer.status, fhir.NOT_FHIR)


def _of_status(answer: http.Answer) -> Fault | None:
    return faults.BUSY if answer.status == 429 else faults.REMOTE if answer.status >= 500 else None
