"""Sign in to a namespace and open a queue or topic for sending, which sends nothing."""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

from connectors.probes.servicebus.entity import Entity
from connectors.probes.servicebus.talk import Refused, Stranger, Talk
from connectors.probes.streams import open_streams
from connectors.problems import Fault
from connectors.steps import Steps

SIGN_IN, OPEN = "sign in", "open the queue or topic for sending"
STEPS = ("resolve", "connect", "tls", SIGN_IN, OPEN)
EFFECT = "Opens the queue or topic for sending and closes it again; no message is sent."
LIMIT = 8.0  # seconds for each of these two steps
ACCEPTED, MISSING = {200, 202}, 404

T = TypeVar("T")


async def check(entity: Entity, steps: Steps) -> None:
    """Raises `CheckFailed`. Needs no right but the one to send."""
    reader, writer = await open_streams(entity.host, entity.port, steps, tls=entity.tls)
    if entity.tls is None:
        steps.skip("tls", "The endpoint speaks AMQP without TLS.")
    try:
        async with Talk(reader, writer, entity.namespace) as talk:
            with steps(SIGN_IN):
                status = await _explained(_sign_in(talk, entity), entity, _OF_THE_SIGN_IN)
            with steps(OPEN):
                if status == MISSING:
                    raise _NOT_FOUND.failure(entity)
                await _explained(talk.attach_sender(entity.name), entity, _OF_THE_LINK)
    finally:
        writer.transport.abort()


async def _sign_in(talk: Talk, entity: Entity) -> int:
    """Give the broker a token for this entity, and return what it says of it: one of `ACCEPTED`, or `MISSING`."""
    await talk.begin()
    what = {"operation": "put-token", "type": "servicebus.windows.net:sastoken", "name": entity.address}
    status = (await talk.ask("$cbs", what, entity.token())).get("status-code")
    if status in ACCEPTED or status == MISSING:
        return int(status)
    if status in {401, 403}:
        raise _DENIED.failure(entity)
    if status in {429, 503}:
        raise _BUSY.failure(entity)
    raise (_REMOTE if isinstance(status, int) and status >= 500 else _NOT_SERVICE_BUS).failure(entity)


async def _explained(work: Coroutine[Any, Any, T], entity: Entity, faults: Mapping[str, Fault]) -> T:
    try:
        async with asyncio.timeout(LIMIT):
            return await work
    except Refused as refused:
        raise faults.get(refused.condition, _REMOTE).failure(entity) from None
    except TimeoutError:
        raise _SILENT.failure(entity) from None
    except Stranger:
        raise _NOT_SERVICE_BUS.failure(entity) from None
    except (EOFError, OSError):
        raise _HUNG_UP.failure(entity) from None


_DENIED = Fault(
    "denied",
    "{where} does not accept the shared access key “{key}”.",
    "Copy the connection string again, whole, and check that its policy is there and its key was not regenerated. See "
    "that the namespace allows shared access keys (local authentication).",
)
_FORBIDDEN = Fault(
    "forbidden",
    "The shared access policy “{key}” may not send to “{entity}”.",
    "Give the policy the claim Send, or use the connection string of one that has it.",
)
_NOT_FOUND = Fault(
    "not_found",
    "There is no queue or topic “{entity}” at {where}.",
    "Check the name, or create the queue or topic.",
)
_DISABLED = Fault(
    "forbidden",
    "The queue or topic “{entity}” is disabled, or disabled for sending.",
    "Set its status to active.",
)
_NOT_FOR_SENDING = Fault(
    "config",
    "{where} does not take messages at “{entity}”.",
    "Use the name of a queue or a topic, not that of a subscription.",
)
_FULL = Fault(
    "quota",
    "The queue or topic “{entity}” or its namespace has reached a limit.",
    "Make room or raise the quota; a namespace also limits how many connections it takes at once.",
)
_BUSY = Fault(
    "quota",
    "{where} asks for fewer requests.",
    "Wait a while and check again; if it lasts, raise the tier of the namespace.",
)
_REMOTE = Fault(
    "remote",
    "{where} ended the connection for a reason of its own.",
    "Check again later; if it lasts, look at the state of the namespace and of Azure's services.",
)
_SILENT = Fault(
    "timeout",
    "{where} accepted the connection but did not answer in time.",
    "Check that this is the address of a Service Bus namespace, and try again.",
)
_HUNG_UP = Fault(
    "protocol",
    "{where} closed the connection without a complete answer.",
    "Check that this is the address of a Service Bus namespace, and that the port speaks TLS only if the endpoint "
    "begins with amqps://.",
)
_NOT_SERVICE_BUS = Fault(
    "protocol",
    "{where} does not answer as Azure Service Bus does.",
    "Check that this is the address of a Service Bus namespace, and that the port speaks TLS only if the endpoint "
    "begins with amqps://.",
)
_ALWAYS = {
    "amqp:not-found": _NOT_FOUND,
    "amqp:not-allowed": _NOT_FOR_SENDING,
    "amqp:invalid-field": _NOT_FOR_SENDING,
    "amqp:resource-limit-exceeded": _FULL,
    "com.microsoft:entity-disabled": _DISABLED,
    "com.microsoft:argument-error": _NOT_FOR_SENDING,
    "com.microsoft:server-busy": _BUSY,
    "com.microsoft:timeout": _SILENT,
    "com.microsoft:auth-failed": _DENIED,
}
_OF_THE_SIGN_IN = {**_ALWAYS, "amqp:unauthorized-access": _DENIED}
_OF_THE_LINK = {**_ALWAYS, "amqp:unauthorized-access": _FORBIDDEN}
