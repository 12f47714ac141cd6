"""Services that are asked in JSON, and what their answers are called. Their text is never repeated."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from yarl import URL

from connectors import VERSION
from connectors.egress import server_name
from connectors.probes import http
from connectors.probes.aws import regions
from connectors.probes.aws.signing import Keys, service
from connectors.problems import CheckFailed
from connectors.steps import Steps


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    #: What the service calls the fault; empty when it did what it was asked, or does not say.
    error: str = ""
    #: Whether it is in the form that these services answer in.
    valid: bool = True
    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Api:
    """One service in one region."""

    #: As in host names and signatures.
    name: str
    #: What the names of its actions begin with.
    prefix: str
    #: The version of the JSON protocol.
    protocol: str
    region: str
    #: Where it is, when not at Amazon's public address.
    endpoint: str = ""

    @property
    def base(self) -> str:
        return self.endpoint or f"https://{self.name}.{self.region}.{regions.domain(self.region)}"

    @property
    def service(self) -> str:
        return service(self.base)

    @property
    def url(self) -> str:
        return self.at("")

    def at(self, path: str) -> str:
        """The address of a path in the spelling that is sent: the signature covers it. `path` is encoded already."""
        base = URL(self.base)
        with suppress(CheckFailed):  # which is told when the name is resolved
            base = base.with_host(server_name(base.raw_host or ""))
        return str(base.with_path(f"{base.raw_path.rstrip('/')}/{path}", encoded=True))

    async def call(self, keys: Keys, action: str, request: Mapping[str, Any], steps: Steps | None = None) -> Reply:
        body = json.dumps(request).encode()
        headers = {
            "Content-Type": f"application/x-amz-json-{self.protocol}",
            "X-Amz-Target": f"{self.prefix}.{action}",
        }
        return read(await self.send(keys, "POST", "", headers, body, steps=steps))

    async def send(
        self,
        keys: Keys,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        *,
        steps: Steps | None = None,
        limit: int = http.BODY_LIMIT,
    ) -> http.Answer:
        """One signed request. Raises `CheckFailed` as `http.call` does."""
        own = {"User-Agent": f"Landfall/{VERSION} (connection check)", **headers}
        signed = keys.signed(method, self.at(path), own, body, name=self.name, region=self.region)
        return await http.call(method, self.at(path), steps, headers=signed, body=body, limit=limit)


def objects(value: Any) -> list[Mapping[str, Any]] | None:
    """A list of objects in an answer, or None when it is none."""
    return value if isinstance(value, list) and all(isinstance(one, dict) for one in value) else None


def read(answer: http.Answer) -> Reply:
    """What an answer says, in one of the forms that Amazon's services have for that."""
    result = answer.json
    if result is None:
        # Some tell in XML what is wrong with a key. Searched as bytes, there is nothing to expand.
        found = _IN_XML.search(answer.body)
        error = _plain(found[1].decode()) if found and answer.status >= 400 else ""
        return Reply(answer.status, error, valid=bool(error))
    if answer.status == 200:
        return Reply(200, result=result)
    told = answer.headers.get("x-amzn-query-error") or answer.headers.get("x-amzn-errortype") or result.get("__type")
    error = _plain(told if isinstance(told, str) else "")
    if error in _OF_SIGNATURES:
        error = _of_the_signature(error, str(result.get("message") or result.get("Message") or ""))
    return Reply(answer.status, error, valid=bool(error))


def _plain(error: str) -> str:
    """A name without the name space before it and remarks after it."""
    return re.split(r"[:;,]", error.rpartition("#")[2], maxsplit=1)[0].removeprefix("AWS.SimpleQueueService.")


def _of_the_signature(error: str, message: str) -> str:
    """Only the text tells when something else is wrong than the secret."""
    if "ignature expired" in message or "ignature not yet current" in message:
        return "RequestTimeTooSkewed"
    return "WrongRegion" if "scoped to a valid region" in message else error


_IN_XML = re.compile(rb"<Code>([A-Za-z0-9.]{1,64})</Code>")
_OF_SIGNATURES = frozenset({"SignatureDoesNotMatch", "InvalidSignatureException"})
