"""Storage to deliver to: a real S3 service, Azurite, and an emulator of Cloud Storage behind a sign-in that verifies.

Three of Planet's types name no address, since there is one Amazon, one Oracle and one Google; the `storages` fixture
says where they are instead, and nothing else of a check is changed.
"""

import base64
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import pytest

from connectors.probes.blob import container
from connectors.probes.google import storage
from connectors.types import aws_s3, oracle_cloud_storage
from tests.servers.azure import ACCOUNT, Azurite, container_sas
from tests.servers.google import Google, Storage
from tests.servers.s3 import ADMIN, S3, Person

TYPES = ("amazon_s3", "azure_blob_storage", "google_cloud_storage", "oracle_cloud_storage", "s3_compatible")
_numbers = count(1)

Body = dict[str, Any]


def fresh(name: str = "planet") -> str:
    """The name of a bucket that nobody has yet."""
    return f"{name}-{next(_numbers)}"


@dataclass
class Storages:
    s3: S3
    azurite: Azurite
    gcs: Storage
    google: Google

    def body(self, type_: str, name: str | None = None, **others: Any) -> Body:
        """A create request for storage that is made for it; `others` are parameters."""
        named = {} if name is None else {"name": name}
        return {"type": type_, **named, "parameters": {**getattr(self, f"_{type_}")(), **others}}

    def secrets(self, body: Body) -> list[str]:
        known = ("key", "token", "credentials")
        return [value for key, value in body["parameters"].items() if any(word in key for word in known)]

    def left(self, body: Body) -> list[str]:
        """What is in the bucket or container of a request."""
        parameters = body["parameters"]
        if "container" in parameters:
            return self.azurite.blobs(parameters["container"])
        service = self.gcs if "credentials" in parameters else self.s3
        return service.objects(parameters["bucket"])

    def _amazon_s3(self, person: Person = ADMIN) -> Body:
        return {
            "bucket": self.s3.create(fresh()),
            "aws_region": "us-west-2",
            "aws_access_key_id": person.access_key_id,
            "aws_secret_access_key": person.secret_access_key,
        }

    def _azure_blob_storage(self) -> Body:
        container = self.azurite.create(fresh())
        return {"account": ACCOUNT, "container": container, "sas_token": f"?{container_sas(container)}"}

    def _google_cloud_storage(self) -> Body:
        credentials = base64.b64encode(self.google.credentials["service_account_json"].encode()).decode()
        return {"bucket": self.gcs.create(fresh()), "credentials": credentials}

    def _oracle_cloud_storage(self) -> Body:
        return {
            "bucket": self.s3.create(fresh()),
            "region": "us-ashburn-1",
            "namespace": "axexample0000",
            "customer_access_key_id": ADMIN.access_key_id,
            "customer_secret_key": ADMIN.secret_access_key,
        }

    def _s3_compatible(self) -> Body:
        return {
            "bucket": self.s3.create(fresh()),
            "endpoint": self.s3.endpoint(),
            "region": "us-east-1",
            "use_path_style": True,
            **ADMIN.credentials,
        }


def redirect(monkeypatch: pytest.MonkeyPatch, s3: str, azure: str, google: str) -> None:
    """Let Amazon, Oracle, Azure and Google be found at these addresses."""
    bucket = aws_s3._bucket
    monkeypatch.setattr(aws_s3, "_bucket", lambda config: replace(bucket(config), endpoint=s3, path_style=True))
    monkeypatch.setattr(oracle_cloud_storage, "_endpoint", lambda config: s3)
    monkeypatch.setattr(container, "SERVICE", azure)
    monkeypatch.setattr(storage, "SERVICE", replace(storage.SERVICE, url=google))
