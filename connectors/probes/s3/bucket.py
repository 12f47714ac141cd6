"""Where a bucket is and how requests to it are signed."""

import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from yarl import URL

from connectors.egress import server_name

# The signer's debug records spell out the headers that it signs, the session token among them.
logging.getLogger("botocore.auth").setLevel(logging.INFO)


@dataclass(frozen=True, slots=True)
class Keys:
    """The names are those of the attributes that botocore's signer reads."""

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    token: str = field(repr=False, default="")


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
    #: Headers of every write, such as the storage class.
    headers: Mapping[str, str] = field(default_factory=dict)
    #: What else to look at when the host or the bucket is not found, a sentence.
    hint: str = ""
    tls: ssl.SSLContext | None = None

    @property
    def service(self) -> str:
        return service(self.endpoint)

    @property
    def objects(self) -> str:
        """What an access policy calls the objects that are written."""
        partitions = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
        partition = next((name for start, name in partitions.items() if self.region.startswith(start)), "aws")
        return f"arn:{partition}:s3:::{self.name}/{self.prefix}*"

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
        from botocore.auth import S3SigV4Auth
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(method=method, url=url, headers=dict(headers), data=body)
        S3SigV4Auth(keys, "s3", self.region).add_auth(request)
        return dict(request.headers.items())


def service(endpoint: str) -> str:
    """The host of an endpoint, with its port when that is not the usual one."""
    return URL(endpoint).host_port_subcomponent or ""
