"""A real S3 service, SeaweedFS, on http and https, with people of different rights; and a client of the tests' own."""

import datetime
import hashlib
import hmac
import http.client
import json
import re
import signal
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.servers.certificates import Authority
from tests.servers.process import free_port, require, running, scratch

DOMAIN = "s3.localhost"  # names under localhost stand for this machine, the resolver knows without asking
REGION = "us-east-1"
TIMED = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Person:
    access_key_id: str
    secret_access_key: str
    rights: tuple[str, ...] = ()

    @property
    def credentials(self) -> dict[str, str]:
        return {"access_key_id": self.access_key_id, "secret_access_key": self.secret_access_key}


ADMIN = Person("AKIALANDFALLADMIN000", "the-admin's/secret+key=", ("Admin",))
WRITER = Person("AKIALANDFALLWRITER00", "the writer's secret key", ("Write",))
READER = Person("AKIALANDFALLREADER00", "the-reader's-secret-key", ("Read", "List"))
NOBODY = Person("AKIALANDFALLNOBODY00", "the-nobody's-secret-key")
PEOPLE = {"admin": ADMIN, "writer": WRITER, "reader": READER, "nobody": NOBODY}


@dataclass(frozen=True)
class S3:
    """A running service. Under the host `s3.localhost`, and only there, it takes a label before it for a bucket."""

    port: int
    tls_port: int

    def endpoint(self, host: str = "localhost") -> str:
        return f"http://{host}:{self.port}"

    def tls_endpoint(self, host: str = "localhost") -> str:
        return f"https://{host}:{self.tls_port}"

    def create(self, bucket: str, *, versions: bool = False, deny: str = "") -> str:
        """Make a bucket whose policy denies the action `deny` to everyone, and return its name."""
        self.request("PUT", f"/{bucket}")
        if versions:
            status = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
            self.request("PUT", f"/{bucket}?versioning=", status)
        if deny:
            statement = {"Effect": "Deny", "Principal": "*", "Action": deny, "Resource": f"arn:aws:s3:::{bucket}/*"}
            policy = {"Version": "2012-10-17", "Statement": [statement]}
            self.request("PUT", f"/{bucket}?policy=", json.dumps(policy).encode())
        return bucket

    def buckets(self) -> list[str]:
        return re.findall(r"<Bucket><Name>([^<]*)</Name>", self.request("GET", "/"))

    def objects(self, bucket: str) -> list[str]:
        return re.findall(r"<Key>([^<]*)</Key>", self.request("GET", f"/{bucket}?list-type=2"))

    def versions(self, bucket: str) -> list[str]:
        """The names of all versions and of the marks that deletions leave."""
        return re.findall(r"<Key>([^<]*)</Key>", self.request("GET", f"/{bucket}?versions="))

    def headers(self, path: str) -> dict[str, str]:
        """Those of an object, by lower-case name."""
        return self.answer("HEAD", path)[2]

    def request(self, method: str, path: str, body: bytes = b"") -> str:
        """As the administrator; anything but success fails the test."""
        status, text, _ = self.answer(method, path, body)
        assert status < 300, text
        return text

    def answer(self, method: str, path: str, body: bytes = b"") -> tuple[int, str, dict[str, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with closing(connection):
            connection.request(method, path, body, signed(method, f"{self.endpoint()}{path}", ADMIN, body=body))
            answer = connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, answer.read().decode(), headers

    def ready(self) -> bool:
        """Whether objects can be stored: its parts find each other some time after the first answers."""
        steps = (("PUT", "/first"), ("PUT", "/first/object"), ("DELETE", "/first/object"), ("DELETE", "/first"))
        return all(self.answer(*step)[0] < 300 for step in steps)


def signed(
    method: str,
    url: str,
    person: Person,
    *,
    body: bytes = b"",
    region: str = REGION,
    headers: Mapping[str, str] | None = None,
    at: datetime.datetime | None = None,
) -> dict[str, str]:
    """Signature version 4 for S3, written from its description: what the product's signer is compared with."""
    parts = urlsplit(url)
    moment = (at or datetime.datetime.now(datetime.UTC)).strftime(TIMED)
    own = {"host": parts.netloc, "x-amz-date": moment, "x-amz-content-sha256": hashlib.sha256(body).hexdigest()}
    covered = {name.lower(): value for name, value in (headers or {}).items()} | own
    names = sorted(covered)
    asked = "&".join(sorted(parts.query.split("&")))
    lines = [method, parts.path or "/", asked, *(f"{name}:{covered[name]}" for name in names)]
    request = "\n".join([*lines, "", ";".join(names), own["x-amz-content-sha256"]])
    scope = f"{moment[:8]}/{region}/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = b"AWS4" + person.secret_access_key.encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    claim = f"Credential={person.access_key_id}/{scope}, SignedHeaders={';'.join(names)}, Signature={signature}"
    return {**covered, "authorization": f"AWS4-HMAC-SHA256 {claim}"}


@pytest.fixture(scope="session")
def s3(authority: Authority) -> Iterator[S3]:
    """An S3 service; its certificate is for localhost, s3.localhost and one label before that."""
    weed = require("weed")
    with scratch("s3") as folder, _grpc_ports() as grpc:
        certificate, key = authority.write(folder, "localhost", DOMAIN, f"*.{DOMAIN}")
        (folder / "people.json").write_text(json.dumps({"identities": [_identity(*one) for one in PEOPLE.items()]}))
        server = S3(free_port(), free_port())
        options = {
            "dir": folder,
            "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1",
            "master.port": free_port(),
            "master.telemetry": "false",
            "master.volumeSizeLimitMB": 100,
            "volume.port": free_port(),
            "volume.max": 500,
            "filer": "true",
            "filer.port": free_port(),
            "filer.localSocket": folder / "filer.sock",
            "s3": "true",
            "s3.port": server.port,
            "s3.port.https": server.tls_port,
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            "s3.localSocket": folder / "s3.sock",
            "s3.config": folder / "people.json",
            "s3.cert.file": certificate,
            "s3.key.file": key,
            "s3.domainName": DOMAIN,
            **{f"{part}.port.grpc": port for part, port in grpc.items()},
        }
        command = [weed, "-logtostderr", "server", *(f"-{name}={value}" for name, value in options.items())]
        # Every bucket takes this many of the volumes; without a key of its own, server-side encryption is refused.
        env = {"WEED_MASTER_VOLUME_GROWTH_COPY_1": "1", "WEED_S3_SSE_KEK": hashlib.sha256(b"landfall").hexdigest()}
        # It takes its time to obey TERM, and nothing of it is kept.
        with running(command, server.ready, folder=folder, env=env, stop=signal.SIGKILL):
            yield server


@contextmanager
def _grpc_ports() -> Iterator[dict[str, int]]:
    """The parts' ports among themselves. Beside each it opens a socket at a fixed place, and leaves it when killed."""
    ports = {part: free_port() for part in ("master", "volume", "filer", "s3")}
    try:
        yield ports
    finally:
        for part, port in ports.items():
            Path(f"/tmp/seaweedfs-{part}-grpc-{port}.sock").unlink(missing_ok=True)  # noqa: S108


def _identity(name: str, person: Person) -> dict[str, object]:
    key = {"accessKey": person.access_key_id, "secretKey": person.secret_access_key}
    return {"name": name, "credentials": [key], "actions": list(person.rights)}
