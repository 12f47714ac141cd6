"""A FHIR server, and those of two clouds around it: they verify who asks, and judge rights before anything else."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest

from tests.servers import sigv4
from tests.servers.certificates import Authority
from tests.servers.entra import KEY, LEAK, TENANT, Entra
from tests.servers.http import Request
from tests.servers.rest import Reply, serving

REGION = "eu-west-1"
STORE = "0123456789abcdef0123456789abcdef"
NAMES = [f"Resource{number}" for number in range(600)]


def statement(version: str = "4.0.1", kind: str = "CapabilityStatement") -> dict[str, Any]:
    """As large as those of real servers, of which 64 KiB are not even half."""
    resources = [
        {"type": name, "interaction": [{"code": "read"}, {"code": "update"}], "documentation": "x" * 300}
        for name in NAMES
    ]
    rest = [{"mode": "server", "resource": resources}]
    return {"resourceType": kind, "status": "active", "kind": "instance", "rest": rest, "fhirVersion": version}


def outcome(code: str) -> dict[str, Any]:
    issue = {"severity": "error", "code": code, "diagnostics": LEAK}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


@dataclass
class FhirServer:
    """Keeps resources by type and ID, as the versions that each has had; it stores what it is sent if it is sound."""

    kept: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    statement: dict[str, Any] = field(default_factory=statement)
    #: Instead of the true answers, by method.
    replies: dict[str, Reply] = field(default_factory=dict)
    #: Whether it minds which version a change is of.
    careful: bool = True

    def answer(self, request: Request, path: str) -> Reply:
        """`path` is what follows the base, without a slash before it."""
        if request.method in self.replies:
            return self.replies[request.method]
        if (request.method, path) == ("GET", "metadata"):
            return 200, self.statement
        act = {"PUT": self._update, "POST": self._create, "DELETE": self._delete}.get(request.method)
        return act(request, path) if act else (404, outcome("not-found"))

    def _update(self, request: Request, path: str) -> Reply:
        resource, versions = json.loads(request.body), self.kept.get(path, [])
        if f"{resource.get('resourceType')}/{resource.get('id')}" != path or "code" not in resource:
            return 400, outcome("invalid")
        if self.careful and (match := request.headers.get("if-match")) is not None:
            if not versions:
                return 404, outcome("not-found")
            if match != f'W/"{len(versions)}"':
                return 412, outcome("conflict")
        self.kept[path] = [*versions, resource]
        return (200 if versions else 201), resource

    def _create(self, request: Request, path: str) -> Reply:
        resource = json.loads(request.body)
        if resource.get("resourceType") != path:
            return 400, outcome("invalid")
        self.kept[f"{path}/{len(self.kept) + 1}"] = [resource]
        return 201, resource

    def _delete(self, request: Request, path: str) -> Reply:
        self.kept.pop(path, None)
        return 204, b""


@dataclass
class Azure:
    """A FHIR service of Azure Health Data Services: everybody may read what it can do, all else takes a token."""

    server: FhirServer = field(default_factory=FhirServer)
    url: str = ""
    #: What the service principal may do, by method.
    rights: set[str] = field(default_factory=lambda: {"PUT", "DELETE"})
    requests: list[Request] = field(default_factory=list)

    @property
    def methods(self) -> list[str]:
        return [request.method for request in self.requests]

    def answer(self, request: Request) -> Reply:
        self.requests.append(request)
        base, path = urlsplit(self.url).path, urlsplit(request.target).path
        if not path.startswith(f"{base}/"):
            return 404, b""
        if (request.method, path) != ("GET", f"{base}/metadata"):
            if not self._knows(request):
                return 401, outcome("login")
            if request.method not in self.rights:
                return 403, outcome("forbidden")
        return self.server.answer(request, path.removeprefix(f"{base}/"))

    def _knows(self, request: Request) -> bool:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            claims = jwt.decode(token, KEY, ["HS256"], audience=self.url)
        except jwt.InvalidTokenError:
            return False
        return bool(claims["iss"] == f"https://sts.windows.net/{TENANT}/")


@dataclass
class Amazon:
    """AWS HealthLake with one data store."""

    server: FhirServer = field(default_factory=FhirServer)
    properties: Any = field(default_factory=lambda: {"DatastoreId": STORE, "DatastoreStatus": "ACTIVE"})
    #: What each key may do; all have the same secret.
    rights: dict[str, set[str]] = field(
        default_factory=lambda: {
            "AKIAOWNER": {"DescribeFHIRDatastore", "GetCapabilities", "CreateResource"},
            "AKIAWRITER": {"CreateResource"},
            "AKIAREADER": {"DescribeFHIRDatastore", "GetCapabilities"},
        }
    )
    #: Instead of the true answers, by what is asked for.
    replies: dict[str, Reply] = field(default_factory=dict)
    url: str = ""
    asked: list[str] = field(default_factory=list)
    secret: str = "the/secret+of every=key"

    def keys(self, name: str) -> dict[str, str]:
        return {"access_key_id": f"AKIA{name.upper()}", "secret_access_key": self.secret}

    def answer(self, request: Request) -> Reply:
        key = request.headers.get("authorization", "").partition("Credential=")[2].partition("/")[0]
        if key not in self.rights:
            return _amazon(403, "UnrecognizedClientException")
        if not sigv4.proves(request, key, self.secret, region=REGION, service="healthlake"):
            return _amazon(403, "InvalidSignatureException")
        action, store, path = self._route(request)
        self.asked.append(action)
        if action in self.replies:
            return self.replies[action]
        if action not in self.rights[key]:
            return _amazon(403, "AccessDeniedException")
        if store != STORE:
            return _amazon(400 if request.target == "/" else 404, "ResourceNotFoundException")
        return self.server.answer(request, path) if path else (200, {"DatastoreProperties": self.properties})

    def _route(self, request: Request) -> tuple[str, str, str]:
        """What is asked for, of which data store, and the path of FHIR if it is asked for there."""
        if request.target == "/":
            assert request.headers["content-type"] == "application/x-amz-json-1.0"
            action = request.headers["x-amz-target"].removeprefix("HealthLake.")
            return action, json.loads(request.body)["DatastoreId"], ""
        kind, store, version, path = request.target.removeprefix("/").split("/", 3)
        assert (kind, version) == ("datastore", "r4")
        return {"GET": "GetCapabilities", "POST": "CreateResource"}[request.method], store, path


def _amazon(status: int, error: str) -> Reply:
    return status, {"message": LEAK}, {"x-amzn-ErrorType": f"{error}:http://internal.amazon.com/coral/"}


@pytest.fixture
def azure_fhir(authority: Authority, entra: Entra) -> Iterator[Azure]:
    """A FHIR service, for which Entra gives tokens."""
    cloud = Azure()
    with serving(cloud.answer, authority) as server:
        cloud.url = entra.resource = server.url("/fhir", "localhost")
        yield cloud


@pytest.fixture
def healthlake(authority: Authority) -> Iterator[Amazon]:
    cloud = Amazon()
    with serving(cloud.answer, authority) as server:
        cloud.url = server.url("", "localhost")
        yield cloud
