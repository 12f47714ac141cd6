"""Look for a resource, then ask for what the service must refuse to everyone: who may not ask is refused for that.

Services look at the rights of a key before they look at what it asks for, so the refusal tells whether the key may.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.probes.aws import faults
from connectors.probes.aws.api import Api, Reply
from connectors.probes.aws.signing import Keys
from connectors.problems import CheckFailed, Fault
from connectors.steps import Steps

logger = logging.getLogger(__name__)

Result = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Look:
    """How to look for the resource. `unfit` finds what is wrong with it in the answer."""

    step: str
    action: str
    request: Result
    unfit: Callable[[Result], Fault | None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Ask:
    """How to ask for what must be refused."""

    step: str
    action: str
    request: Result
    #: What an answer of success says of the only thing that was sent: what the service calls its refusal, nothing when
    #: it was taken, None when the answer is not one of such a service.
    told: Callable[[Result], str | None]
    #: What the service calls the refusal of the request as a whole, if that comes after its look at the rights.
    refusals: frozenset[str] = frozenset()
    #: The same, if it may come before that, and so tells nothing.
    early: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Resource:
    """What a check is about: its kind, such as "queue", its name, what policies call it, and the right it takes."""

    kind: str
    name: str
    arn: str
    right: str
    look: Look


async def check(api: Api, keys: Keys, resource: Resource, ask: Ask, steps: Steps) -> None:
    """Raises `CheckFailed`. Needs no other right than that of the resource."""
    await find(api, keys, resource, steps)
    with steps(ask.step):
        reply = await api.call(keys, ask.action, ask.request)
        if reply.error in ask.early:
            steps.skip(ask.step, f"{api.service} refused the test, perhaps before it looked at what the key may do.")
        elif reply.error not in ask.refusals and (fault := fault_of(reply) or _fault_told(reply, ask)):
            raise failure(fault, api, resource)


async def find(api: Api, keys: Keys, resource: Resource, steps: Steps) -> None:
    """Raises `CheckFailed`, but not for want of the right to look."""
    look = resource.look
    with steps(look.step):
        reply = await api.call(keys, look.action, look.request, steps)
        if reply.error in faults.FORBIDDEN:
            steps.skip(look.step, f"The key may not look at the {resource.kind}; the next step shows what it may.")
        elif fault := fault_of(reply) or look.unfit(reply.result):
            raise failure(fault, api, resource)


def failure(fault: Fault, api: Api, resource: Resource) -> CheckFailed:
    words = {"kind": resource.kind, "name": resource.name, "arn": resource.arn, "right": resource.right}
    return fault.told({**words, "service": api.service, "region": api.region})


def _fault_told(reply: Reply, ask: Ask) -> Fault | None:
    refusal = ask.told(reply.result)
    if refusal is None:
        return faults.NOT_AMAZON
    if not refusal:
        logger.warning("aws_test_taken", extra={"action": ask.action})
    return faults.named(refusal)


def fault_of(reply: Reply) -> Fault | None:
    """What is wrong by an answer, None for one of success."""
    if reply.status == 200 and reply.valid:
        return None
    if fault := faults.named(reply.error):
        return fault
    if reply.status in {401, 403}:
        return faults.DENIED
    if reply.status == 429:
        return faults.SLOW_DOWN
    if reply.status >= 500:
        return faults.REMOTE
    return faults.REFUSED if reply.valid else faults.NOT_AMAZON
