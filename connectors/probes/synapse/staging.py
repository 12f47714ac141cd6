"""Use the storage of a pool as whoever loads it does: sign in with the key, and put a file there with the SAS URL."""

import asyncio
import base64
import binascii
import hmac
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import formatdate

from connectors.probes import blob, http
from connectors.probes.blob import answers
from connectors.probes.blob.with_sas import REFUSALS, STEPS, check
from connectors.probes.finishing import to_the_end
from connectors.probes.synapse.storage import Storage
from connectors.problems import CheckFailed
from connectors.steps import Steps

logger = logging.getLogger(__name__)

VERSION = "2021-12-02"
#: Seconds for removing a container. A check that is cancelled before that lasts so much longer.
REMOVE_LIMIT = 5.0
_NOT_THE_KEY = frozenset({"AccountIsDisabled", "KeyBasedAuthenticationNotPermitted"})


async def sign_in(storage: Storage) -> None:
    """Use the account's key for a request that changes nothing. Raises `CheckFailed`."""
    container = storage.at(storage.container)
    answer = await http.call("GET", f"{storage.endpoint}/?comp=list&maxresults=1", headers=_signed(storage))
    if answer.status in {401, 403} and answers.code(answer) not in _NOT_THE_KEY:
        message = f"{container.service} does not accept the storage account key, or not from this network."
        remedy = (
            f"Copy a present key of the account “{storage.account}”, under Access keys in the Azure portal, and see "
            "that its network settings let Landfall through."
        )
        raise CheckFailed("denied", message, remedy)
    if not answers.is_list(answer):
        raise answers.failure(answer, container, REFUSALS, answers.FIND)


def _signed(storage: Storage) -> dict[str, str]:
    try:
        key = base64.b64decode(storage.key, validate=True)
    except (binascii.Error, ValueError):
        remedy = "Copy it again, whole, under Access keys in the Azure portal."
        raise CheckFailed("config", "The storage account key is not in base64.", remedy) from None
    headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": VERSION}
    lines = ["GET", *[""] * 11, *(f"{name}:{value}" for name, value in headers.items())]
    lines += [f"/{storage.account}/", "comp:list", "maxresults:1"]
    signature = base64.b64encode(hmac.digest(key, "\n".join(lines).encode(), "sha256")).decode()
    return {**headers, "Authorization": f"SharedKey {storage.account}:{signature}"}


async def write_and_remove(storage: Storage) -> None:
    """Use the SAS URL as whoever stages files does. Raises `CheckFailed`."""
    if "sr" in storage.sas.said and not storage.container:
        message = "The SAS URL names no container, and its token is not one for the whole account."
        raise CheckFailed("config", message, "Copy the SAS URL again, whole, or issue one for the storage account.")
    async with _container(storage) as container:
        await check(container, storage.sas, Steps(STEPS))


@asynccontextmanager
async def _container(storage: Storage) -> AsyncIterator[blob.Container]:
    """That of the URL, or else one that is there as long as the block lasts."""
    if storage.container:
        yield storage.at(storage.container)
        return
    container = storage.at(f"landfall-check-{secrets.token_hex(8)}")
    storage.sas.refuse_the_useless(container)
    perhaps_made = True
    try:
        answer = await _send("PUT", container, storage)
        perhaps_made = not 300 <= answer.status < 500
        if answer.status != 201:
            raise answers.failure(answer, container, REFUSALS, answers.CREATE)
        yield container
    except BaseException:
        if perhaps_made:
            await to_the_end(_remove(container, storage))
        raise
    if failure := await to_the_end(_remove(container, storage)):
        raise failure


async def _remove(container: blob.Container, storage: Storage) -> CheckFailed | None:
    """Returns what went wrong instead of raising it, since the check may be gone when this ends."""
    try:
        async with asyncio.timeout(REMOVE_LIMIT):
            answer = await _send("DELETE", container, storage)
    except TimeoutError:
        message = f"{container.service} did not answer in time when asked to remove a container."
        return _left(container, CheckFailed("timeout", message))
    except CheckFailed as failure:
        return _left(container, failure)
    if answer.status == 202 or answers.code(answer) == "ContainerNotFound":
        return None
    return _left(container, answers.failure(answer, container, REFUSALS, answers.DELETE))


def _left(container: blob.Container, cause: CheckFailed) -> CheckFailed:
    logger.warning("container_left", extra={"container": container.name, "code": cause.code})
    message = f"{cause.message} The container “{container.name}” may still be there."
    return CheckFailed(cause.code, message, f"{cause.remedy} Remove it by hand.".strip())


async def _send(method: str, container: blob.Container, storage: Storage) -> http.Answer:
    return await http.call(method, container.url(query=f"restype=container&{storage.sas.query}"))
