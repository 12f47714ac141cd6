"""Strategies: a request that is right, and one thing in it that is not."""

import gzip
import json
import random
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

DEEP = 10_000


class Raw(str):
    """Text that stands in JSON as it is."""


# What JSON can hold and what only looks like it, wherever a value may stand.
VALUES: list[Any] = [
    None, True, False, 0, -1, 2**31, 2**63, 2**64, -(2**63), 1.5, -0.0, 1e308, 5e-324,
    "", " ", "\t", "x" * 70_000, "é" * 300, "\u202e\u0085\u2028", "\U0001f4a5" * 100, "a\r\nb: c", "../../etc/passwd",
    "%00", "%", "{{7*7}}", "{% load %}", "'; --", "<script>", "null", "true", "NaN", "*", "********", "<REDACTED>",
    "<PASSWORD>", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59.999999999Z",
    "2024-02-30T00:00:00Z", "2024-01-01T00:00:00+99:99", "10000-01-01T00:00:00Z", "http://[::1", "http://[", "//",
    "http://\u2100.example.com", "http://a\u3002b/", "http://x:99999999/", "http://x:\u0661/", "http://%00/",
    "https://user:pass@h/", "http://\u0130.example/", "http://xn--/", "xn--a.example.com:1", "a." * 200, "." * 70,
    "gAAAAABkAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==", "whsec_", "whsec_" + "A" * 5, "join('",
    "\ufeff", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "{\"a\":" * 2000, "[" * 3000, "1" * 5000,
    "{\"type\":\"service_account\",\"private_key\":5}", "eyJ9.e30.", "Endpoint=;;=;", "sb://", "jdbc:spark://",
    "²", "٣", [], {}, [[]], [None], [1, "a", {}], {"": ""}, {"a": None}, {"\u0130": "x"}, {"x" * 300: 1},
    {"a.b": {"c.d": 1}}, {"__proto__": {}}, ["*", "*"], ["x"] * 2000, {str(number): number for number in range(2000)},
    Raw("1e400"), Raw("-1e400"), Raw("1E+99999999999"), Raw("1" + "0" * 5000), Raw("NaN"), Raw("Infinity"),
    Raw("-Infinity"), Raw("01"), Raw("0x1"), Raw("1."), Raw('"\\ud800"'), Raw('"\\udc00x"'), Raw('"\\u0000"'),
    Raw('"a\\u0000b"'), Raw('{"\\u0000": 1}'), Raw('{"\\ud800": 1}'), Raw('{"a": 1, "a": 2}'), Raw('"\\x"'), Raw("'a'"),
    Raw('"\t"'), Raw("[" * 31 + "]" * 31), Raw("[" * 500 + "]" * 500), Raw("[" * DEEP + "]" * DEEP),
    Raw('{"a":' * 500 + "1" + "}" * 500), Raw('{"a":' * DEEP + "1" + "}" * DEEP), Raw("undefined"), Raw("1,"),
    Raw("12345678901234567890.5"), Raw("0.1e-99999"), Raw("-0"), Raw("1" * 18), Raw("-" + "9" * 18),
]  # fmt: skip

# Bodies that are wrong as a whole. Bytes that stand for a document are made of it, see `spoilt`.
BODIES = [
    b"", b" ", b"null", b"true", b"0", b'""', b"[]", b"{}", b"[{}]", b"{", b"}", b"]", b'{"a"', b'{"a":}', b'"', b"\0",
    b"\xff", b'{"a": "\xff"}', b'{"a": "\xed\xa0\x80"}', b'{"a": "\xc0\x80"}', b'{"a": "\xf5\x80\x80\x80"}',
    b"\xef\xbb\xbf{}", b"{}\0", b"{} {}", b"/* */ {}", b"a=b&c=d", b"--x\r\n", b"<a/>", b"[" * DEEP,
    b'{"a":' * DEEP, b"[" * 1_000_000, b"1" * 100_000, b'"' + b"x" * (10 * 2**20) + b'"', b" " * (2**20 + 1),
    b"%" * 1000, b"grant_type=%00&client_assertion=%ff", b"&" * 20_000, b"a=1&" * 5000,
]  # fmt: skip

TYPES = [
    "application/json", "application/json; charset=utf-8", "application/json; charset=utf-16",
    "application/json; charset=utf-32", "application/json; charset=latin-1", "application/json; charset=base64",
    "application/json; charset=undefined", "application/json; charset=idna", "application/json; charset=",
    "application/json; charset=nonsense", "application/json; charset=\"utf-8\"; charset=hex", "application/json;;;=",
    "application/json; a*=base64''x", "application/json; a*=utf-8''%ff", "application/json; charset*=x''hex",
    "application/json; charset=" + "x" * 7000, "application/json; charset=utf\x00",
    "application/merge-patch+json", "application/xml", "text/plain", "text/html", "image/png", "", "/", "x", ";", "é",
    "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-16",
    "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=x",
    "multipart/form-data; boundary=" + "x" * 300, "multipart/form-data; boundary=\xff", "multipart/mixed; boundary=x",
    "application/json\x85", "a" * 4000,
]  # fmt: skip

QUERIES = [
    "a=1&a=2", "=", "&&&", "%", "%00", "a=%00", "%00=a", "a=%FF", "a=%ED%A0%80", "%FF=1", "a=%u0041", "a" * 10_000,
    "&".join(f"a{number}=1" for number in range(2000)), "a[]=1&a[0]=2&a[1]=3", "a[%00]=1", "a[99999999999]=1", "\x7f",
    "é", "a=" + "9" * 5000, "+", "a;b", "?a=b", "#",
]  # fmt: skip
NAMES = [
    "limit", "cursor", "sort", "wait", "check", "force", "tenant", "type", "name", "created_after", "created_before",
    "environment", "enabled", "archived", "health", "topic", "strategy", "revoked", "status", "trigger", "page",
    "perPage", "order", "orderBy", "next", "prev", "dir", "id", "topics", "theme", "token", "is_owner", "can_write",
    "is_default", "sort_by", "_page", "_count", "source_id", "destination_id", "ephemeral_token", "destination", "q",
    "code", "uid", "label", "time[gte]", "created_at", "format", "id[0]", "type[]", "o", "p", "all", "e", "_popup",
]  # fmt: skip
TEXTS = [
    "", "0", "-1", "1", "1.0", "1e3", "٣", "²", "9" * 9, "9" * 18, "9" * 19, "9" * 400, "9" * 5000, "%00", "a%00b",
    "%FF", "%ED%A0%80", "%F0%9F%92%A5", "true", "TRUE", "null", "NaN", "*", ",", ",,,", "a,b", "-", "--created",
    "-created", "created%20DESC", "created%20DESC%20x", "created,created,created", "0001-01-01T00:00:00%2B14:00",
    "9999-12-31T23:59:59-14:00", "2024-02-30", "2024-01-01T00:00:00", "0000-00-00T00:00:00Z", "%2B", "%0d%0aX:%20y",
    "W10:x", "W10.x", "eyJ9.e30.x", "x" * 10_000, "%E2%80%AE", "00000000-0000-0000-0000-000000000000", "%25",
    "2024-01-01T00:00:00.9999999999Z", "webhook", "webhook,nothing", "%27", "%22", "a%5Cb", "%2e%2e%2f", "on",
]  # fmt: skip
SEGMENTS = [
    "", " ", "%", ".", "..", "...", "a b", "\0", "a\0b", "\n", "a\r\nX: y", "\t", "\xff", "\xed\xa0\x80", "\xc3\xa9",
    "\xf0\x9f\x92\xa5", "a/b", "a//b", "?", "#", "a?b=c", "x" * 10_000, "0", "-1", "1", "9" * 9, "9" * 18, "9" * 19,
    "9" * 32, "9" * 400, "null", "None", "*", "{tenant_id}", "{}", "%(x)s", "default", "pl:destinations/default",
    "pl:destinations/x", "0" * 22, "z" * 22, "z" * 21, "strategies", "validate", "spec", "token", "portal", "healthz",
    "00000000-0000-0000-0000-000000000000", "0" * 32, "{00000000-0000-0000-0000-000000000000}", "urn:uuid:" + "0" * 32,
    "\xd9\xa3", "\xc2\xb2", "_2F", "_00", "_5Fx", "\xe2\x80\xae", "'", '"', "\\", ";", "a;b", "+", "~", "events",
]  # fmt: skip


def _token(header: bytes, payload: bytes) -> str:
    return ".".join(urlsafe_b64encode(part).decode().rstrip("=") for part in (header, payload, b"signature"))


HEAD = b'{"alg":"HS256","typ":"JWT"}'
SECRETS = [
    "", " ", "x", "\xe9", "\xff" * 50, "a b c", "lfk_" + "x" * 43, "lfk_" + "x" * 7000, "a.b.c", "..", ".", "=" * 40,
    _token(b"[" * 5000, b"{}"), _token(HEAD, b"[" * 5000), _token(b'{"alg":' * 1500, b"{}"),
    _token(HEAD, b'{"iss":' * 900), _token(b'{"alg":["HS256"]}', b"{}"), _token(b'{"alg":{}}', b"{}"),
    _token(b'{"alg":"none"}', b'{"sub":"acme"}'), _token(b'{"alg":null}', b"{}"), _token(b"[]", b"{}"),
    _token(b'"x"', b"{}"), _token(b"1" * 5000, b"{}"), _token(HEAD, b"[]"), _token(HEAD, b'{"iss":"\\ud800"}'),
    _token(b'{"alg":"HS256","crit":["b64"],"b64":false}', b"{}"), _token(b'{"alg":"HS256","kid":{}}', b"{}"),
    _token(b'{"alg":"\\ud800"}', b"{}"), _token(b"\xff", b"\xff"), _token(HEAD, b'{"iss":1e400,"exp":1e400}'),
    _token(HEAD, b'{"iss":["a"]}'), "e30.e30.e30", "w6k6eA==", "OmE=", "Og==", "/w==",
]  # fmt: skip
AUTHORIZATIONS = [
    "", " ", "Bearer", "Bearer ", "bearer  ", "Basic", "Basic =", "Basic /w==", "Basic OjEy", "api-key", "api-key ",
    "Digest username=x", "Negotiate", "\xe9\xe9", "Bearer\ta", ",", "Bearer a, Bearer b", "Token x", "x" * 8000,
    *(f"{scheme} {secret}" for scheme in ("Bearer", "Basic", "api-key") for secret in SECRETS),
]  # fmt: skip
HEADERS: list[tuple[str, str]] = [
    *(("Authorization", value) for value in AUTHORIZATIONS),
    *(("If-Match", value) for value in ("", "*", "x", '"1"', 'W/"1"', '"' * 500, "\xff", ",,,", '"1", "2"')),
    *(("X-Request-ID", value) for value in ("", "\xff" * 20, "a" * 5000, "a b", "a\tb", "%00", "<x>")),
    *(("Host", value) for value in ("", "x", "localhost:", "localhost:99999999", "[", "[::1", "a b", "..", "@")),
    *(("Accept", value) for value in ("", "x", "text/html", "*/*;q=z", "application/xml", ";", "\xff", "a/b;" * 900)),
    *(("Content-Encoding", value) for value in ("gzip", "br", "deflate", "identity", "", "x", "gzip, gzip", "\xff")),
    *(("X-Forwarded-Proto", value) for value in ("https", "x", "")), ("X-Forwarded-Host", "elsewhere.example.com"),
    *(("User-Agent", value) for value in ("", "\xff", "outpost-go/9.9", "outpost-python/x.y", "x/" + "9" * 500)),
    *(("Cookie", value) for value in ("landfall_session=\xff", "landfall_csrf=x; a", "=", ";;", "a=" + "x" * 4000)),
    *(("X-Auth-Email", value) for value in ("\xff", "a@b")), *(("X-Auth-Key", value) for value in ("\xff", "x")),
    ("X-HTTP-Method-Override", "DELETE"), ("Range", "bytes=9-1,x"), ("If-Modified-Since", "x"), ("Origin", "null"),
    ("Accept-Language", "\xff;q=x"), ("Accept-Encoding", "\xff"), ("Transfer-Encoding", "x"), ("Expect", "x"),
    ("Accept-Charset", "x"), ("X-CSRFToken", "\xff"), ("Referer", "http://["), ("Content-Length", "x"),
    ("Content-Length", "-1"), ("Content-Length", "9" * 400), ("Content-Length", ""), ("Content-Length", "\xb2"),
]  # fmt: skip
METHODS = [
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "PROPFIND",
    "QUERY",
    "X",
]


def written(value: Any) -> bytes:
    """JSON, with `Raw` texts in it as they are."""
    raw: list[str] = []

    def marked(value: Any) -> Any:
        if isinstance(value, Raw):
            raw.append(value)
            return f"@{len(raw) - 1}@"
        if isinstance(value, dict):
            return {key: marked(inner) for key, inner in value.items()}
        return [marked(inner) for inner in value] if isinstance(value, list) else value

    text = json.dumps(marked(value))
    for number, piece in enumerate(raw):
        text = text.replace(f'"@{number}@"', piece)
    return text.encode()


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something stands in a document, itself first."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, child in inner for place in places(child, (*path, key)))]


def changed(value: Any, path: Sequence[Any], new: Any) -> Any:
    """A copy with something else at a place; `...` leaves it out."""
    if not path:
        return None if new is ... else new
    copy = dict(value) if isinstance(value, dict) else list(value)
    if len(path) == 1 and new is ...:
        del copy[path[0]]
    else:
        copy[path[0]] = changed(copy[path[0]], path[1:], new)
    return copy


@st.composite
def documents(draw: st.DrawFn, value: Any) -> bytes:
    """An example with one to three places of it changed, or with a key too many."""
    for _ in range(draw(st.integers(1, 3))):
        new = draw(st.sampled_from([..., *VALUES]) | st.text(max_size=20) | st.integers() | st.floats())
        if isinstance(value, dict) and new is not ... and draw(st.integers(0, 9)) == 0:
            value = {**value, draw(st.sampled_from([*NAMES, "", "config", "credentials", "\ud800"])): new}
        else:
            value = changed(value, draw(st.sampled_from(places(value))), new)
    return written(value)


@st.composite
def spoilt(draw: st.DrawFn, example: Any) -> bytes:
    """An example whose bytes are not what they should be."""
    whole = written(example)
    text = whole.decode()
    made = [text.encode(name) for name in ("utf-16", "utf-16-be", "utf-32", "utf-8-sig", "utf-7", "cp037")]
    cut = random.Random(draw(st.integers(0, 2**16))).randrange(len(whole) + 1)
    made += [whole[:cut], whole[:cut] + b"\xff" + whole[cut:], whole[:cut] + b"\0" + whole[cut:], gzip.compress(whole)]
    return draw(st.sampled_from([*made, *BODIES]) | st.binary(max_size=200))


def queries() -> st.SearchStrategy[str]:
    pairs = st.tuples(st.sampled_from(NAMES), st.sampled_from(TEXTS)).map("=".join)
    found = st.sampled_from(QUERIES) | st.lists(pairs, min_size=1, max_size=3).map("&".join)
    return found.map(lambda text: text.encode().decode("latin-1"))
