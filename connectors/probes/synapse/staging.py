"""Use the storage of a pool as whoever loads it does: sign in with the key, and put a file there with the SAS URL."""

import base64
import binascii
import hmac
import secrets
from email.utils import formatdate

from connectors.probes import blob, http
from connectors.probes.blob import answers
from connectors.probes.blob.with_sas import REFUSALS, STEPS, check
from connectors.probes.synapse.storage import Storage
from connectors.probes.undoing import REMOVE, Attempt
from connectors.problems import CheckFailed
from connectors.steps import Steps

USE = "use a container"
VERSION = "2021-12-02"
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
    if storage.container:
        await check(storage.at(storage.container), storage.sas, Steps(STEPS))
    else:
        await _in_a_container_of_its_own(storage)


async def _in_a_container_of_its_own(storage: Storage) -> None:
    container = storage.at(f"landfall-check-{secrets.token_hex(8)}")
    storage.sas.refuse_the_useless(container)
    made = _Made(container, storage)
    about = {"container": container.name}
    undo = made.undo("container", container.name, container.service, "container_left", about)
    await undo.after(made.make_and_use, USE, Steps((USE, REMOVE)))


class _Made(Attempt):
    """A container that is there as long as it is used."""

    def __init__(self, container: blob.Container, storage: Storage) -> None:
        self.container, self.storage = container, storage

    async def make_and_use(self) -> None:
        answer = await self.answer_to(self._send("PUT"))
        if answer.status != 201:
            raise self._failure(answer, answers.CREATE)
        await check(self.container, self.storage.sas, Steps(STEPS))

    async def remove(self) -> None:
        answer = await self._send("DELETE")
        if answer.status != 202 and answers.code(answer) != "ContainerNotFound":
            raise self._failure(answer, answers.DELETE)

    async def _send(self, method: str) -> http.Answer:
        return await http.call(method, self.container.url(query=f"restype=container&{self.storage.sas.query}"))

    def _failure(self, answer: http.Answer, step: str) -> CheckFailed:
        return answers.failure(answer, self.container, REFUSALS, step)
