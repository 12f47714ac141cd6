"""Azure's blob service as Azurite, Microsoft's own emulator, on http and https; and SAS tokens made by hand."""

import base64
import hashlib
import hmac
import http.client
import re
import ssl
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.servers.certificates import Authority
from tests.servers.process import free_port, listening, require, running, scratch

ACCOUNT = "landfall"
ACCOUNT_HOST = f"{ACCOUNT}.blob.localhost"
KEY = base64.b64encode(b"the account's key, as long as those of Azure are, which is 64 by.").decode()
VERSION = "2021-12-02"


def moment(**from_now: float) -> str:
    """A time that many days, hours ... from now, as tokens have it."""
    return (datetime.now(UTC) + timedelta(**from_now)).strftime("%Y-%m-%dT%H:%M:%SZ")


def signed(parameters: dict[str, str], lines: list[str], key: str) -> str:
    signature = hmac.digest(base64.b64decode(key), "\n".join(lines).encode(), "sha256")
    return urlencode({**parameters, "sig": base64.b64encode(signature).decode()})


def container_sas(container: str, rights: str = "racwdl", *, key: str = KEY, policy: str = "", **more: str) -> str:
    """A token for one container. `more` are further parameters by their short names, "" to leave one out."""
    parameters = {"sv": VERSION, "sr": "c", "sp": rights, "se": moment(hours=1), "si": policy, **more}
    parameters = {name: value for name, value in parameters.items() if value}
    given = parameters.get
    lines = [given("sp", ""), given("st", ""), given("se", ""), f"/blob/{ACCOUNT}/{container}", given("si", "")]
    lines += [given("sip", ""), given("spr", ""), given("sv", ""), given("sr", "")]
    lines += [""] * 7  # the time of a snapshot, the scope of the encryption, and headers of answers
    return signed(parameters, lines, key)


def account_sas(rights: str = "rwdl", *, services: str = "b", kinds: str = "co", key: str = KEY) -> str:
    """A token for the whole account."""
    parameters = {"sv": VERSION, "ss": services, "srt": kinds, "sp": rights, "se": moment(hours=1)}
    lines = [ACCOUNT, rights, services, kinds, "", parameters["se"], "", "", VERSION, "", ""]
    return signed(parameters, lines, key)


@dataclass(frozen=True)
class Azurite:
    """A running service. `context` is what its certificate is verified with, if it speaks TLS."""

    port: int
    context: ssl.SSLContext | None = None

    def endpoint(self, host: str = "localhost") -> str:
        return f"{'https' if self.context else 'http'}://{host}:{self.port}/{ACCOUNT}"

    def create(self, container: str) -> str:
        """Make a container and return its name."""
        self.request("PUT", f"/{ACCOUNT}/{container}", restype="container")
        return container

    def put(self, container: str, blob: str) -> None:
        """Write an empty blob."""
        self.request("PUT", f"/{ACCOUNT}/{container}/{blob}", kind="BlockBlob")

    def allow(self, container: str, policy: str, rights: str) -> None:
        """Give a container a stored access policy that tokens may refer to."""
        body = (
            f"<SignedIdentifiers><SignedIdentifier><Id>{policy}</Id><AccessPolicy><Start>{moment(hours=-1)}</Start>"
            f"<Expiry>{moment(hours=1)}</Expiry><Permission>{rights}</Permission></AccessPolicy></SignedIdentifier>"
            "</SignedIdentifiers>"
        )
        self.request("PUT", f"/{ACCOUNT}/{container}", body.encode(), restype="container", comp="acl")

    def blobs(self, container: str) -> list[str]:
        answer = self.request("GET", f"/{ACCOUNT}/{container}", restype="container", comp="list")
        return re.findall("<Name>([^<]*)</Name>", answer)

    def containers(self) -> list[str]:
        return re.findall("<Name>([^<]*)</Name>", self.request("GET", f"/{ACCOUNT}/", comp="list"))

    def request(self, method: str, path: str, body: bytes = b"", *, kind: str = "", **query: str) -> str:
        """With the account's key; anything but success fails the test. `kind` is that of a blob."""
        headers = {"x-ms-blob-type": kind} if kind else {}
        headers |= {"x-ms-date": datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT"), "x-ms-version": VERSION}
        # An emulator has the account as the first part of the path, so it stands in the signed resource twice.
        resource = "\n".join([f"/{ACCOUNT}{path}", *(f"{name}:{query[name]}" for name in sorted(query))])
        length = str(len(body)) if body else ""
        lines = [method, "", "", length, *[""] * 8, *(f"{name}:{headers[name]}" for name in headers), resource]
        signature = hmac.new(base64.b64decode(KEY), "\n".join(lines).encode(), hashlib.sha256).digest()
        headers["Authorization"] = f"SharedKey {ACCOUNT}:{base64.b64encode(signature).decode()}"
        with closing(self._connection()) as connection:
            connection.request(method, f"{path}?{urlencode(query)}", body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        assert answer.status < 300, text
        return text

    def _connection(self) -> http.client.HTTPConnection:
        if self.context:
            return http.client.HTTPSConnection("localhost", self.port, timeout=10, context=self.context)
        return http.client.HTTPConnection("localhost", self.port, timeout=10)


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    server = Azurite(free_port())
    with scratch("azurite") as folder, _serving(server, folder):
        yield server


@pytest.fixture(scope="session")
def azurite_tls(authority: Authority) -> Iterator[Azurite]:
    """With a certificate of the test CA for localhost, and for the account as a host of its own."""
    server = Azurite(free_port(), ssl.create_default_context(cadata=authority.pem))
    with scratch("azurite-tls") as folder:
        chain, key = authority.write(folder, "localhost", ACCOUNT_HOST)
        with _serving(server, folder, "--cert", chain, "--key", key):
            yield server


@pytest.fixture(scope="session")
def azurite_entra(authority: Authority) -> Iterator[Azurite]:
    """With TLS, and taking tokens of Entra's, of which it verifies all but the signature."""
    server = Azurite(free_port(), ssl.create_default_context(cadata=authority.pem))
    with scratch("azurite-entra") as folder:
        chain, key = authority.write(folder, "localhost")
        with _serving(server, folder, "--cert", chain, "--key", key, "--oauth", "basic"):
            yield server


def _serving(server: Azurite, folder: Path, *more: str | Path) -> AbstractContextManager[object]:
    where = ["--blobHost", "127.0.0.1", "--blobPort", str(server.port)]
    options = ["--skipApiVersionCheck", "--inMemoryPersistence", "--disableTelemetry", "--silent"]
    command = [require("azurite-blob"), *where, *options, *more]
    env = {"AZURITE_ACCOUNTS": f"{ACCOUNT}:{KEY}"}
    return running(command, lambda: listening(server.port), folder=folder, env=env)
