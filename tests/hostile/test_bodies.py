"""What is said of a body before it is read: how long it is, how it is packed, and in which letters."""

import gzip
import json
from dataclasses import replace

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.hostile.asking import Request
from tests.hostile.shapes import judge
from tests.hostile.test_surfaces import complaint

FORM = "application/x-www-form-urlencoded"
#: Where bodies are read: of each face one address at least, and of every way to read one.
ADDRESSES = {
    "native": "/api/v1/destinations",
    "cloudflare": "/cloudflare/client/v4/accounts/4711/workers/observability/destinations",
    "outpost": "/outpost/api/v1/tenants/4711/destinations",
    "planet": "/planet/destinations/v1",
    "planet's tokens": "/planet/oauth/token",
    "redox": "/redox/platform/v1/environments/{environment}/destinations",
    "redox's tokens": "/redox/v2/auth/token",
    "stitch": "/stitch/v4/destinations",
    "stitch's accounts": "/stitch/v3/accounts",
}
JSON = [name for name in ADDRESSES if "tokens" not in name]


@pytest.fixture(params=ADDRESSES)
def name(request) -> str:
    return str(request.param)


@pytest.fixture
def ask(world, name):
    """Sends a body to the address; the status of an answer in the shape of its face."""
    path = ADDRESSES[name].format(environment=world.environment.pk)
    face = f"/{path.split('/')[1]}/"
    headers = {"Authorization": world.authorization(face)}

    def ask(body: bytes, type_: str = FORM if "tokens" in name else "application/json", **others: str) -> int:
        request = Request("POST", path, body=body, type=type_, headers=headers | others)
        answer = request.send()
        judge(face, request, answer)
        return answer.status

    return ask


def refusal(name: str, status: int) -> int:
    """Stitch has no 415."""
    return 400 if status == 415 and "stitch" in name else status


def test_a_body_has_a_most(ask, settings):
    for limit in (2**20, 5000):
        settings.MAX_BODY = limit
        assert ask(b" " * (limit + 1)) == 413
        assert ask(b" " * limit) in (400, 422)
        assert ask(b" " * 10 * 2**20) == 413


def test_a_length_that_is_none_is_refused(ask):
    for length, status in {"9" * 400: 413, "-1": 400, "x": 400, "\xb2": 400, "1e3": 400}.items():
        assert ask(b"{}", **{"Content-Length": length}) == status, length


def test_what_is_packed_is_not_opened(ask, name):
    for coding in ("gzip", "GZIP ", "br", "gzip, identity", "nonsense", "\xff"):
        assert ask(gzip.compress(b"{}"), **{"Content-Encoding": coding}) == refusal(name, 415), coding


def test_other_letters_are_not_read(ask, name):
    for charset in ("utf-16", "utf-32", "iso-8859-1", "utf-7", "nonsense", "base64", "idna", "undefined"):
        assert ask(b"{}", f"application/json; charset={charset}") == refusal(name, 415), charset
        assert ask(b"{}", f"application/json; charset*={charset}''x") == refusal(name, 415), charset


def test_what_is_utf8_may_say_so(ask):
    expected = ask(b"{}", "application/json")
    for charset in ("utf-8", '"UTF-8"', "US-ASCII"):
        assert ask(b"{}", f"application/json; charset={charset}") == expected, charset


@pytest.mark.parametrize("name", JSON, indirect=True)
def test_json_in_other_letters_is_malformed(ask):
    for letters in ("utf-16", "utf-16-be", "utf-32", "utf-8-sig", "iso-8859-1", "cp037"):
        assert ask('{"name": "é"}'.encode(letters)) in (400, 422), letters


@pytest.mark.parametrize("name", ["native"], indirect=True)
@pytest.mark.parametrize("most", [8, 32, 128])
def test_depth_is_a_setting(ask, name, settings, most):
    def nested(levels: int) -> bytes:
        inner = b'{"a":' * (levels - 1) + b"1" + b"}" * (levels - 1)
        return (
            b'{"type": "webhook", "tenant": "4711", "config": {"url": "https://a.example"}, "metadata": ' + inner + b"}"
        )

    settings.MAX_DEPTH = most
    assert ask(nested(most)) == 201
    assert ask(nested(most + 1)) == 400


@pytest.mark.parametrize("name", JSON, indirect=True)
def test_what_is_too_deep_is_refused_by_all(ask):
    for levels in (33, 1000, 100_000):
        assert ask(b'{"a":' * levels + b"1" + b"}" * levels) in (400, 422)
        assert ask(b"[" * levels + b"]" * levels) in (400, 422)


def test_a_body_in_chunks_is_one(world):
    """Though the server does not say how long it is."""
    body = json.dumps({"type": "webhook", "name": "In chunks", "config": {"url": "https://a.example"}}).encode()
    request = Request("POST", "/api/v1/destinations", body=body, chunked=True)
    request = replace(request, headers={"Authorization": f"Bearer {world.secret}"})
    assert request.send().status == 201
    assert replace(request, body=b" " * (2**20 + 1)).send().status == 413
    assert replace(request, body=b" " * 10 * 2**20).send().status == 413


class TestAdmin:
    @pytest.fixture
    def post(self, world):
        """A form that a signed-in person sends; the answer."""
        client = Client()
        client.force_login(User.objects.get(username="pat"))
        cookies = f"landfall_session={client.cookies['landfall_session'].value}; landfall_csrf={'a' * 32}"

        def post(body: bytes, type_: str = FORM, **headers: str) -> tuple[int, str]:
            body = f"csrfmiddlewaretoken={'a' * 32}&".encode() + body
            request = Request("POST", "/admin/destinations/destination/add/", "type=webhook", body, type_)
            answer = replace(request, headers={"Cookie": cookies, **headers}).send()
            assert answer.type == "text/html; charset=utf-8"
            return answer.status, answer.content.decode()

        return post

    def test_a_form_has_a_most(self, post, settings):
        settings.MAX_BODY = settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 5000
        assert post(b"description=" + b"x" * 4000)[0] == 200
        status, page = post(b"description=" + b"x" * 5000)
        assert (status, "at most 5000 bytes" in page) == (413, True)

    def test_a_form_has_a_most_of_fields(self, post):
        status, page = post(b"&".join(b"a%d=1" % number for number in range(1001)))
        assert (status, "This cannot be read" in page) == (400, True)

    @pytest.mark.parametrize(
        ("type_", "headers", "status"),
        [
            (f"{FORM}; charset=utf-16", {}, 415),
            (f"{FORM}; charset=base64", {}, 415),
            (FORM, {"Content-Encoding": "gzip"}, 415),
            (FORM, {"Content-Length": "x"}, 400),
            ("multipart/form-data", {}, 400),
            ("multipart/form-data; boundary=\xe9", {}, 400),
            ("application/json", {}, 403),
        ],
    )
    def test_a_form_that_cannot_be_read_is_refused_on_a_page(self, post, type_, headers, status):
        assert post(b"name=x", type_, **headers)[0] == status


FIELD = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n'
FILE = b"--x\r\nContent-Disposition: form-data; name=a; filename=f\r\nContent-Transfer-Encoding: base64\r\n\r\n!"
#: Requests that were once answered with 500, or with a page.
MENDED = [
    # The charset of a body that is not there, by which Django would have decoded the address.
    Request("GET", "/api/v1/destinations", "limit=1", type="application/json; charset=base64"),
    Request("GET", "/stitch/v4/destinations", "limit=1", type="application/json; charset=undefined"),
    Request("GET", "/planet/destinations/v1", "a=%FF", type="application/json; charset=idna"),
    Request("GET", "/redox/platform/v1/destinations/x", type="application/json; charset*=x''hex"),
    Request("GET", "/outpost/api/v1/tenants", type="application/json; charset=utf\0"),
    # Forms of many parts where the one field of a token is asked for.
    Request("POST", "/redox/v2/auth/token", body=b"x", type="multipart/form-data"),
    Request("POST", "/redox/v2/auth/token", body=FIELD, type="multipart/form-data; boundary="),
    Request("POST", "/redox/v2/auth/token", body=FILE, type="multipart/form-data; boundary=x"),
    Request("POST", "/redox/v2/auth/token", body=b"a=1", headers={"Content-Length": "x"}),
    Request("POST", "/redox/v2/auth/token", body=b"a=1", headers={"Content-Length": "\xb2"}),
    # A slash too many after what no header can hold.
    Request("GET", "/outpost/api/v1/tenants/a\nb/"),
    Request("PUT", "/outpost/api/v1/tenants/a\r\nX: y/topics/"),
    # A page for people, asked what it can be asked.
    Request("OPTIONS", "/api/v1/docs"),
    # The roots of the APIs, without a slash.
    *(Request("GET", f"/{face}") for face in ("api", "cloudflare", "outpost", "planet", "redox", "stitch")),
]


@pytest.mark.parametrize("request_", MENDED, ids=lambda request: f"{request.method} {request.path!r} {request.type!r}")
def test_what_was_once_an_accident(world, request_):
    face = f"/{request_.path.split('/')[1]}/"
    headers = {"Authorization": world.authorization(face), **request_.headers}
    assert complaint(world, face, replace(request_, headers=headers)) == ""


def test_a_slash_too_many_leads_to_the_same_letters(world):
    request = Request("GET", "/outpost/api/v1/tenants/\xc3\xa9\n/topics/", "a=%C3%A9")
    assert request.send().headers["Location"] == "/outpost/api/v1/tenants/%C3%A9%0A/topics?a=%C3%A9"
