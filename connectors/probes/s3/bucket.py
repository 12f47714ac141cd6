"""Where a bucket is and how requests to it are signed."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from yarl import URL

from connectors.egress import server_name
from connectors.probes.aws import Keys, partition, service


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket, and how to speak to the service that has it."""

    name: str
    region: str
    #: The service without the bucket, for example https://s3.eu-west-1.amazonaws.com.
    endpoint: str
    #: Whether the bucket stands in the path of a URL; otherwise it is a part of the host name.
    path_style: bool
    prefix: str = ""
    #: The name of what a check writes, after the prefix; without one it has a random number.
    test_object: str = ""
    #: Headers of every write, such as the storage class.
    headers: Mapping[str, str] = field(default_factory=dict)
    #: What else to look at when the host or the bucket is not found, a sentence.
    hint: str = ""
    #: What to allow where a step is forbidden, in the terms of a service that has others than Amazon's.
    allow: Mapping[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None

    @property
    def service(self) -> str:
        return service(self.endpoint)

    @property
    def objects(self) -> str:
        """What an access policy calls the objects that are written."""
        return f"arn:{partition(self.region)}:s3:::{self.name}/{self.prefix}*"

    def url(self, key: str = "", query: str = "") -> str:
        """The address of an object, or of the bucket itself. `query` is percent-encoded already."""
        base = URL(self.endpoint)
        # In the spelling that is sent: the signature covers it.
        host, path = server_name(base.raw_host or ""), base.raw_path.rstrip("/")
        if self.path_style:
            path += f"/{self.name}"
        else:
            host = f"{self.name}.{host}"
        path += "/" + quote(key, safe="/~")
        return str(base.with_host(host).with_path(path, encoded=True)) + (f"?{query}" if query else "")

    def signed(self, keys: Keys, method: str, url: str, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
        """The headers, with those that prove who sends them added."""
        return keys.signed(method, url, headers, body, name="s3", region=self.region)
