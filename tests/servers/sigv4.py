"""A judge of AWS signature version 4, from Amazon's description: it shares no code with the product's signer."""

import hashlib
import hmac
import re
from urllib.parse import quote, unquote_plus, urlsplit

from tests.servers.http import Request

CLAIM = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<scope>\d{8}/[^/]+/[^/]+/aws4_request), "
    r"SignedHeaders=(?P<names>[a-z0-9;-]+), Signature=(?P<signature>[0-9a-f]{64})"
)
NEEDED = {"host", "x-amz-date"}


def proves(request: Request, access_key: str, secret: str, *, region: str, service: str) -> bool:
    """Whether the request is signed by this key, for this service in this region; any header may be left unsigned but
    those that must not, and those of Amazon's own."""
    claim = CLAIM.fullmatch(request.headers.get("authorization", ""))
    if claim is None or claim["key"] != access_key:
        return False
    names, moment = claim["names"].split(";"), request.headers["x-amz-date"]
    own = {name for name in request.headers if name.startswith("x-amz-")}
    if names != sorted(names) or not (NEEDED | own) <= set(names):
        return False
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(_canonical(request, names).encode()).hexdigest()}"
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    return (claim["scope"], claim["signature"]) == (scope, signature)


def _canonical(request: Request, names: list[str]) -> str:
    parts = urlsplit(request.target)
    pairs = [pair.partition("=") for pair in parts.query.split("&") if pair]
    query = sorted((_strict(name), _strict(value)) for name, _, value in pairs)
    lines = [
        request.method,
        quote(parts.path or "/", safe="/~"),  # escaped once more than it is sent, by every service but S3
        "&".join(f"{name}={value}" for name, value in query),
        *(f"{name}:{' '.join(request.headers[name].split())}" for name in names),
        "",
        ";".join(names),
        hashlib.sha256(request.body).hexdigest(),
    ]
    return "\n".join(lines)


def _strict(text: str) -> str:
    return quote(unquote_plus(text), safe="~")
