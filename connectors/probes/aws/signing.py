"""Who sends a request, and how it is proved."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from yarl import URL

# The signer's debug records spell out the headers that it signs, the session token among them.
logging.getLogger("botocore.auth").setLevel(logging.INFO)


@dataclass(frozen=True, slots=True)
class Keys:
    """The names are those of the attributes that botocore's signer reads."""

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    token: str = field(repr=False, default="")

    @classmethod
    def of(cls, credentials: Mapping[str, str]) -> "Keys":
        """The keys in the fields of `AccessKeys` or `SessionKeys`."""
        return cls(credentials["access_key_id"], credentials["secret_access_key"], credentials.get("session_token", ""))

    def signed(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, *, name: str, region: str
    ) -> dict[str, str]:
        """The headers, with those that prove to the service `name` who sends them added."""
        from botocore.auth import S3SigV4Auth, SigV4Auth
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(method=method, url=_as_read(url), headers=dict(headers), data=body)
        (S3SigV4Auth if name == "s3" else SigV4Auth)(self, name, region).add_auth(request)
        return dict(request.headers.items())


def _as_read(url: str) -> str:
    """With the query as services spell it when they judge a signature, however it is sent."""
    parts = urlsplit(url)
    read = parse_qsl(parts.query, keep_blank_values=True)
    return parts._replace(query=urlencode(read, quote_via=quote, safe="~")).geturl()


def service(endpoint: str) -> str:
    """The host of an endpoint, with its port when that is not the usual one."""
    return URL(endpoint).host_port_subcomponent or ""
