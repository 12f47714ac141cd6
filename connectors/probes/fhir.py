"""What servers that speak FHIR have in common. The texts of their answers are never repeated."""

import re
from typing import Any

from connectors.probes import http
from connectors.problems import Fault

READ = "read capability statement"
JSON = "application/fhir+json"
#: Bytes of a capability statement that are read; it describes every resource that a server knows.
LIMIT = 4 * 1024 * 1024
#: Values in it, at most: some times those of any real one, and few enough to be read in passing. While one is read,
#: all other checks of the process wait.
VALUES = 300_000


def fault(answer: http.Answer) -> Fault | None:
    """What is wrong with an answer of success that should be the capability statement of a server, in any version of
    FHIR: sentences with {service}."""
    if len(answer.body) >= LIMIT or sum(map(answer.body.count, (b"[", b"{", b","))) > VALUES:
        return _TOO_LARGE
    said = answer.json or {}
    sound = said.get("resourceType") in _STATEMENTS and _VERSION.match(f"{said.get('fhirVersion')}")
    return None if sound and _serves(said.get("rest")) else NOT_FHIR


def is_outcome(answer: http.Answer) -> bool:
    """Whether a FHIR server itself answered, and not something that stands before it."""
    return (answer.json or {}).get("resourceType") == "OperationOutcome"


def _serves(rest: Any) -> bool:
    listed = rest if isinstance(rest, list) else []
    return any(isinstance(one, dict) and one.get("mode") == "server" for one in listed)


_STATEMENTS = ("CapabilityStatement", "Conformance")  # the second is what version 1 (DSTU2) calls it
_VERSION = re.compile(r"\d+\.\d+\.\d+")

NOT_FHIR = Fault(
    "protocol",
    "{service} does not answer as a FHIR server does.",
    "Check the address of the FHIR server, and whether a proxy answers in its place.",
)
_TOO_LARGE = Fault(
    "protocol",
    "The capability statement of {service} is too large to be read.",
    "Check the address of the FHIR server, and whether a proxy answers in its place.",
)
