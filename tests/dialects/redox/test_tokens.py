"""Access tokens for programs that sign in with a key pair, as clients of the vendor's do."""

import contextlib
import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.exceptions import ValidationError

from tenants import services
from tests.dialects.redox.client import Redox

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KEYS = {
    "RS384": lambda: rsa.generate_private_key(65537, 2048),
    "ES384": lambda: ec.generate_private_key(ec.SECP384R1()),
}


def pem(key):
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture(params=KEYS)
def algorithm(request):
    return request.param


@pytest.fixture
def key(algorithm):
    return KEYS[algorithm]()


@pytest.fixture
def pair(eng, key):
    return services.register_key_pair(User.objects.get(username="eng"), name="pipeline", public_key=pem(key))


@pytest.fixture
def assertion(pair, key, algorithm, url):
    """Makes assertions of the pair, with changed claims."""
    return lambda **changes: signed(key, algorithm, pair, url, **changes)


def signed(key, algorithm, pair, url, **changes):
    now = int(time.time())
    claims = {
        "iss": str(pair.pk), "sub": str(pair.pk), "aud": url, "iat": now, "exp": now + 300, "jti": str(uuid.uuid4())
    }  # fmt: skip
    return jwt.encode({**claims, **changes}, key, algorithm, headers={"kid": "1"})


def ask(url, signed, **changes):
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION, "client_assertion": signed}
    data = urllib.parse.urlencode(form | changes).encode()
    try:
        with urllib.request.urlopen(url, data, timeout=10) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


@pytest.fixture
def url(live_server):
    return f"{live_server.url}/redox/v2/auth/token"


@pytest.mark.parametrize("audience", [None, "https://api.redoxengine.com/v2/auth/token"])
def test_a_signed_assertion_is_exchanged_for_a_token_of_five_minutes(live_server, url, assertion, audience):
    status, said = ask(url, assertion(aud=audience or url))
    assert (status, said["token_type"], said["expires_in"]) == (200, "Bearer", 300)
    client = Redox(live_server.url, said["access_token"])
    assert len(client.get("organizations/123/environments").payload["environments"]) == 3


def test_an_assertion_serves_once_for_all_processes(url, assertion):
    once = assertion()
    assert ask(url, once)[0] == 200
    cache.clear()  # another process has none of this one's memory
    assert ask(url, once)[0] == 401
    assert ask(url, assertion())[0] == 200


def test_the_same_jti_of_another_pair_is_another(url, assertion, key, algorithm):
    user = User.objects.create_user("kim")
    other = services.register_key_pair(user, name="other", public_key=pem(key))
    assert ask(url, assertion(jti="1"))[0] == 200
    assert ask(url, signed(key, algorithm, other, url, jti="1"))[0] == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1},
        {"exp": 4_000_000_000},
        {"aud": "https://elsewhere.example.com/token"},
        {"iss": "00000000-0000-4000-8000-000000000000"},
        {"iss": "nobody"},
        {"sub": "00000000-0000-4000-8000-000000000000"},
        {"jti": None},
        {"exp": None},
    ],
)
def test_an_assertion_that_says_something_wrong_is_refused(url, assertion, claims):
    status, said = ask(url, assertion(**claims))
    assert (status, said["error"]) == (401, "invalid_client")


def test_a_forged_assertion_is_refused(url, pair, algorithm):
    for forged in (signed(KEYS[algorithm](), algorithm, pair, url), "garbage", "a.b.c"):
        assert ask(url, forged)[0] == 401
    assert ask(url, signed(pair.public_key[:64], "HS384", pair, url))[0] == 401


@pytest.mark.parametrize(
    "change", [{"grant_type": "password"}, {"client_assertion_type": "x"}, {"client_assertion": ""}]
)
def test_a_form_that_asks_for_something_else_is_refused(url, assertion, change):
    assert ask(url, assertion(), **change)[0] == 400


@pytest.mark.parametrize("length", ["x", "-1", "1e3", "0x10", "²"])
def test_a_length_that_is_no_number_is_no_fault_of_ours(url, assertion, length):
    """Refused before it is known what is asked for, and so in the shape of all of Redox's API."""
    status, said = raw(url, length, b"client_assertion=" + assertion().encode())
    assert (status, said["payload"]["message"]) == (400, "The request cannot be read.")


def test_no_length_is_an_empty_form(url, assertion):
    status, said = raw(url, "", b"client_assertion=" + assertion().encode())
    assert (status, said["error"]) == (400, "unsupported_grant_type")


def test_a_body_is_bounded(url, assertion):
    body = f"grant_type=client_credentials&client_assertion={assertion()}&x=".encode()
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        long = body + b"x" * (settings.MAX_BODY + 1)
        status, said = raw(url, str(len(long)), long, kind)
        assert (status, said["payload"]["message"]) == (413, "The payload is too large.")


def test_another_method_is_refused_in_the_shape_of_oauth(url):
    with pytest.raises(urllib.error.HTTPError) as caught, urllib.request.urlopen(url, timeout=10):
        pass
    with caught.value as error:
        assert (error.code, json.load(error).keys()) == (405, {"error", "error_description"})


def raw(url, length, body, kind="application/x-www-form-urlencoded"):
    """A request that says of its length what it likes."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        connection.putrequest("POST", parts.path)
        connection.putheader("Content-Type", kind)
        connection.putheader("Content-Length", length.encode())
        connection.endheaders()
        with contextlib.suppress(ConnectionError):  # whoever has read enough hangs up
            connection.send(body)
        response = connection.getresponse()
        return response.status, json.load(response)
    finally:
        connection.close()


def test_a_person_who_may_not_sign_in_any_more_has_no_programs_either(eng, url, assertion):
    User.objects.update(is_active=False)
    assert ask(url, assertion())[0] == 401
    assert eng.get("organizations/123/environments").status == 401


@pytest.mark.parametrize(
    "key", ["", "none", pem(ec.generate_private_key(ec.SECP256R1()))], ids=["empty", "text", "P-256"]
)
def test_a_key_that_does_not_serve_is_refused(db, key):
    with pytest.raises(ValidationError):
        services.register_key_pair(User.objects.create_user("pat"), name="pipeline", public_key=key)
