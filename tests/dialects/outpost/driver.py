"""Drives one version of the real SDK, in a process of its own: reads calls, one JSON object in a line, and writes what
the SDK made of each answer: the value of its own models and their class, or its own exception."""

import asyncio
import inspect
import json
import sys
from typing import Any

from outpost_sdk import Outpost, models
from pydantic import BaseModel

clients: dict[Any, Any] = {}


def client(url: str, credential: str | None, kind: str) -> Any:
    """Up to 0.6 the two kinds of credential have a name each; later there is one place for both."""
    key = url, credential, kind
    if key not in clients:
        if credential is None:
            clients[key] = Outpost(server_url=url)
        elif "security" in inspect.signature(Outpost).parameters:
            clients[key] = Outpost(server_url=url, security=models.Security(**{kind: credential}))
        else:
            clients[key] = Outpost(server_url=url, api_key=credential)
    return clients[key]


def said(value: Any) -> Any:
    """A page of a list is in `result`, beside a method that asks for the next."""
    if isinstance(getattr(value, "result", None), BaseModel):
        return said(value.result)
    if isinstance(value, BaseModel):
        return {"class": type(value).__name__} | value.model_dump(mode="json", by_alias=True)
    return [said(one) for one in value] if isinstance(value, list) else value


def failure(error: Exception) -> dict[str, Any]:
    """The SDK's own errors know status and body; what else there is shows in the message."""
    names = ("status_code", "body")
    return {"error": type(error).__name__, "message": str(error)} | {name: getattr(error, name, None) for name in names}


async def close() -> dict[str, Any]:
    """For a line that calls nothing: end every connection."""
    while clients:
        configuration = clients.popitem()[1].sdk_configuration
        configuration.client.close()
        await configuration.async_client.aclose()
    return {"value": None}


async def answer(call: dict[str, Any]) -> dict[str, Any]:
    sub_sdk, _, name = call["call"].partition(".")
    try:
        method = getattr(getattr(client(*call["client"]), sub_sdk), name + ("_async" if call["async"] else ""))
        found = method(**call["arguments"])
        return {"value": said(await found if inspect.isawaitable(found) else found)}
    except Exception as error:
        return failure(error)


async def main() -> None:
    for line in sys.stdin:
        sys.stdout.write(json.dumps(await answer(call) if (call := json.loads(line)) else await close()) + "\n")
        sys.stdout.flush()


asyncio.run(main())
