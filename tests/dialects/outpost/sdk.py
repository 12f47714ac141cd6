"""The real `outpost-sdk`, unmodified, in several versions: each in a folder and a process of its own."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.paths import BASE_DIR
from tests.servers.process import missing

VERSIONS = ("0.4.0", "0.5.0", "1.0.0", "1.7.0")
#: Kept from one run of the tests to the next, so that only the first one needs the package index.
CACHE = Path(sys.prefix) / "outpost-sdk"
#: The environment of the tests is made without a pip of its own.
BARE = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
DRIVER = Path(__file__).with_name("driver.py")
#: What the parameter with the body is called.
BODY = {"0.4.0": {"create": "destination_create", "update": "destination_update"}}
BODY["0.5.0"] = dict.fromkeys(("create", "update", "upsert"), "params")
BODY["1.0.0"] = BODY["1.7.0"] = dict.fromkeys(("create", "update", "upsert"), "body")


class SdkError(Exception):
    """What the SDK raised: `kind` is the name of its class, and `said` what the server answered."""

    def __init__(self, failure: dict[str, Any]) -> None:
        super().__init__(f"{failure['error']}: {failure['message']}")
        self.kind: str = failure["error"]
        self.status: int | None = failure["status_code"]
        self.body: str | None = failure["body"]

    @property
    def said(self) -> Any:
        return json.loads(self.body or "null")


@dataclass
class Sdk:
    """A version of the SDK with a server and a credential; `asynchronous` takes the other half of its methods."""

    version: str
    process: "subprocess.Popen[str]"
    url: str = ""
    credential: str | None = None
    kind: str = "admin_api_key"
    asynchronous: bool = False

    def using(self, credential: str | None, kind: str = "admin_api_key") -> "Sdk":
        return Sdk(self.version, self.process, self.url, credential, kind, self.asynchronous)

    def token(self, tenant: str) -> "Sdk":
        """The same SDK with the token of a tenant, issued to this one."""
        return self.using(self.call("tenants.get_token", tenant_id=tenant)["token"], "tenant_jwt")

    def call(self, name: str, body: Any = None, **arguments: Any) -> Any:
        """What the method returns, models as objects with their `class`. Raises `SdkError`."""
        if body is not None:
            arguments[BODY[self.version][name.partition(".")[2]]] = body
        client = (self.url, self.credential, self.kind)
        return self._ask({"call": name, "client": client, "async": self.asynchronous, "arguments": arguments})

    def close(self) -> None:
        """End every connection: each holds a thread of the server, and that one to the database."""
        self._ask({})

    def _ask(self, call: dict[str, Any]) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(call) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise SdkError(answer)
        return answer["value"]

    @property
    def is_modern(self) -> bool:
        """From 1.0 on, schemas are no tenant's, and attempts have methods."""
        return int(self.version.partition(".")[0]) >= 1


@contextmanager
def running(version: str) -> Iterator[Sdk]:
    environment = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(installed(version))}
    with subprocess.Popen(
        [sys.executable, "-P", DRIVER], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Sdk(version, process)
        finally:
            process.kill()


def installed(version: str) -> Path:
    """The folder that holds nothing but this version, installed now if it never was."""
    listed = BASE_DIR / "requirements" / f"outpost-sdk-{version}.txt"
    folder = CACHE / f"{version}-{hashlib.sha256(listed.read_bytes()).hexdigest()[:16]}"
    if not folder.exists():
        CACHE.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
            fresh = Path(scratch) / "sdk"
            _install(version, listed, fresh)
            with suppress(OSError):  # another worker was faster
                fresh.rename(folder)
    return folder


def _install(version: str, listed: Path, folder: Path) -> None:
    options = ("--quiet", "--disable-pip-version-check", "--no-input", "--no-deps", "--require-hashes")
    command = [BARE, "-m", "pip", "install", *options, "--retries", "1", "--target", folder, "-r", listed]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    if done.returncode:
        reason = next((line for line in done.stderr.splitlines() if line.startswith("ERROR")), "no reason given")
        assert "DO NOT MATCH" not in reason, done.stderr  # what came is not what was pinned
        missing(f"outpost-sdk {version} cannot be installed: {reason.removeprefix('ERROR: ')}")
