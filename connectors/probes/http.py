"""One HTTP request at a time, over connections that `egress` vets and pins."""

import asyncio
import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit
from weakref import WeakSet

import aiohttp
from aiohttp import hdrs
from aiohttp.client_proto import ResponseHandler
from yarl import URL

from connectors import egress, names, tls
from connectors.perloop import PerLoop
from connectors.problems import CheckFailed
from connectors.steps import Sign, Steps

BODY_LIMIT = 64 * 1024  # bytes of an answer that are read, unless a caller asks for more
ANSWER_LIMIT = 60.0  # seconds for a whole call; a check's own limit is shorter


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` by lower-case name, several of one name joined by commas; `body` is cut off at its limit."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any] | None:
        """The JSON object in the body, None when that is anything else."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None


async def call(
    method: str,
    url: str,
    steps: Steps | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    tls: ssl.SSLContext | None = None,
    via: egress.Way | None = None,
    sign: Sign | None = None,
    limit: int = BODY_LIMIT,
) -> Answer:
    """Send one request and read the answer, whatever its status. `url` is sent as it is written.

    Follows no redirect, uses no proxy, keeps no cookie, unpacks nothing. With `steps`, making the connection is
    recorded as "resolve", "connect" and "tls" (skipped for http); call it inside the step of the request itself, which
    then begins where those end. `tls` says which certificates to trust; left out, the system's. `via` leads there if
    not straight. `sign` signs the request as it is sent. `limit` is how many bytes of an answer of success are read.
    Raises `CheckFailed` (dns, blocked, refused, timeout, tls, protocol).
    """
    place = _Place.of(url, tls, steps, via)
    sent = headers or {}
    token = _place.set(place)
    try:
        with _explained(place):
            signed = sign(method, str(place.url), sent, body) if sign else sent
            return await _exchange(place, method, signed, body, limit)
    finally:
        _place.reset(token)


@dataclass(frozen=True, slots=True)
class _Place:
    url: URL
    host: str
    port: int
    context: ssl.SSLContext | None
    steps: Steps | None
    via: egress.Way | None

    @classmethod
    def of(
        cls, url: str, context: ssl.SSLContext | None, steps: Steps | None, via: egress.Way | None = None
    ) -> "_Place":
        try:
            parts = urlsplit(url)
            port = parts.port or {"http": 80, "https": 443}[parts.scheme]
            if not parts.hostname or "@" in parts.netloc:
                raise ValueError
        except (ValueError, KeyError):
            raise CheckFailed("config", "This is not an http or https URL.", "Correct the URL.") from None
        host = _server_name(parts.hostname, steps)
        authority = f"[{host}]" if ":" in host else host
        shown = URL.build(
            scheme=parts.scheme,
            authority=f"{authority}:{parts.port}" if parts.port else authority,
            path=quote(parts.path or "/", safe=_SAFE),
            query_string=quote(parts.query, safe=_SAFE + "?"),
            encoded=True,
        )
        secure = parts.scheme == "https"
        return cls(shown, host, port, (context or tls.tls_context()) if secure else None, steps, via)


def _server_name(host: str, steps: Steps | None) -> str:
    try:
        return egress.server_name(host)
    except CheckFailed:
        with egress.step(steps, "resolve"):  # where it would fail if the URL could be built without it
            raise


# Everything a URL may hold unescaped, and "%" itself: what is escaped already stays as it is, signatures cover it.
_SAFE = "/%:@!$&'()*+,;=~"


async def _exchange(place: _Place, method: str, headers: Mapping[str, str], body: bytes, limit: int) -> Answer:
    async with _sessions.get().request(
        method, place.url, headers=headers, data=body or None, allow_redirects=False
    ) as response:
        success = 200 <= response.status < 300
        content = await _read(response.content, limit if success else min(limit, BODY_LIMIT))
        found = {name.lower(): ", ".join(response.headers.getall(name)) for name in response.headers}
        response.close()  # what is left of a large answer stays unread
        return Answer(response.status, found, content)


async def _read(stream: aiohttp.StreamReader, limit: int) -> bytes:
    content = bytearray()
    while len(content) < limit and (chunk := await stream.read(limit - len(content))):
        content += chunk
    return bytes(content)


_place: ContextVar[_Place] = ContextVar("place")


class _Connector(aiohttp.BaseConnector):
    """Opens connections through `egress` and knows no other way; each is used for one request."""

    def __init__(self) -> None:
        super().__init__(force_close=True, limit=0)
        self._handlers: WeakSet[ResponseHandler] = WeakSet()

    async def ended(self) -> None:
        """Wait for connections that are being closed: with TLS both sides say goodbye."""
        closing = [handler.closed for handler in self._handlers if handler.closed]
        if closing:
            await asyncio.wait(closing, timeout=2 * egress.GOODBYE)

    async def _create_connection(
        self, req: aiohttp.ClientRequest, traces: Any, timeout: aiohttp.ClientTimeout
    ) -> ResponseHandler:
        place = _place.get()
        _, handler = await egress.open_connection(
            self._factory, place.host, place.port, place.steps, tls=place.context, via=place.via
        )
        self._handlers.add(handler)
        if place.context is None and place.steps is not None:
            place.steps.skip("tls", "The URL begins with http://, so the connection is not encrypted.")
        return handler


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """aiohttp sends some methods again when the connection breaks; a check must do what it says it does."""
    with _explained(_place.get()):
        return await handler(request)


def _open_session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=_Connector(),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=ANSWER_LIMIT),
        auto_decompress=False,
        trust_env=False,
        headers={hdrs.ACCEPT_ENCODING: "identity"},
        skip_auto_headers=[hdrs.CONTENT_TYPE, hdrs.USER_AGENT],
        middlewares=[_once],
    )


async def _close_session(session: aiohttp.ClientSession) -> None:
    connector = session.connector
    await session.close()
    if isinstance(connector, _Connector):
        await connector.ended()


_sessions = PerLoop(_open_session, _close_session)


@contextmanager
def _explained(place: _Place) -> Iterator[None]:
    try:
        yield
    except (aiohttp.ClientError, OSError) as error:
        raise _failure(error, place) from None


def _failure(error: Exception, place: _Place) -> CheckFailed:
    at = names.place(place.host, place.port)
    if isinstance(error, TimeoutError):
        return CheckFailed("timeout", f"{at} did not answer the request in time.", egress.REMEDY_SILENT)
    for cause in (error, error.__cause__, error.__context__):
        if isinstance(cause, ssl.SSLError):
            return tls.failure(cause, at)
    if isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientPayloadError | OSError):
        return CheckFailed("protocol", f"{at} closed the connection without a complete answer.", _remedy(place))
    return CheckFailed("protocol", f"{at} did not answer in valid HTTP.", _remedy(place))


def _remedy(place: _Place) -> str:
    other = "speaks HTTPS: if so, write https://" if place.context is None else "speaks HTTP"
    return f"Check that the port is that of a web server, and whether it {other}."
