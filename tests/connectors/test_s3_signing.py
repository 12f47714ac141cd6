"""Where requests go and how they are signed."""

import datetime

import pytest

from connectors.probes.s3 import Bucket, Keys
from tests.servers.s3 import Person, signed

EXAMPLE = Person("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
MOMENT = datetime.datetime(2013, 5, 24, tzinfo=datetime.UTC)
# From Amazon's documentation of signature version 4 for S3: a list of the bucket “examplebucket” by EXAMPLE at MOMENT.
LIST = "https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J"
SIGNATURE = "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"


@pytest.fixture(autouse=True)
def moment(monkeypatch):
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: MOMENT)


def bucket(**changes):
    values = {"name": "examplebucket", "region": "us-east-1", "endpoint": "https://s3.amazonaws.com"}
    return Bucket(**{**values, "path_style": False, **changes})


def test_a_signature_is_the_one_that_amazon_documents():
    place = bucket()
    assert place.url(query="max-keys=2&prefix=J") == LIST
    headers = place.signed(Keys(EXAMPLE.access_key_id, EXAMPLE.secret_access_key), "GET", LIST, {}, b"")
    assert headers["Authorization"].endswith(f"Signature={SIGNATURE}")


def test_the_second_implementation_is_held_to_the_same_document():
    assert signed("GET", LIST, EXAMPLE, at=MOMENT)["authorization"].endswith(f"Signature={SIGNATURE}")


REQUESTS = {
    "list": ("GET", "list-type=2&max-keys=1&prefix=a%20b%2F", b"", {}),
    "write": ("PUT", "", b"some text", {"Content-MD5": "VS5Q", "x-amz-storage-class": "GLACIER"}),
    "remove": ("DELETE", "versionId=a%2Fb%3D", b"", {}),
}


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
@pytest.mark.parametrize("place", [bucket(), bucket(endpoint="http://[::1]:9/base", region="auto", path_style=True)])
@pytest.mark.parametrize("token", ["", "a/session+token=="])
@pytest.mark.parametrize("key", ["", "plain", "a b/dt=1/ü+(x)&;,:@!$'*~%41/é#?", "//twice//"])
def test_signatures_equal_those_of_a_second_implementation(request_, place, token, key):
    method, query, body, headers = request_
    url = place.url(key, query)
    ours = place.signed(Keys(EXAMPLE.access_key_id, EXAMPLE.secret_access_key, token), method, url, headers, body)
    covered = headers | ({"x-amz-security-token": token} if token else {})
    theirs = signed(method, url, EXAMPLE, body=body, region=place.region, headers=covered, at=MOMENT)
    assert ours["Authorization"] == theirs["authorization"]


@pytest.mark.parametrize(
    ("changes", "url"),
    [
        ({}, "https://examplebucket.s3.amazonaws.com/a%20b/%25"),
        ({"path_style": True}, "https://s3.amazonaws.com/examplebucket/a%20b/%25"),
        ({"endpoint": "http://Localhost.:9000/"}, "http://examplebucket.localhost:9000/a%20b/%25"),
        (
            {"endpoint": "https://x.test/storage/v1/", "path_style": True},
            "https://x.test/storage/v1/examplebucket/a%20b/%25",
        ),
        ({"endpoint": "http://[::1]:9000", "path_style": True}, "http://[::1]:9000/examplebucket/a%20b/%25"),
        ({"endpoint": "https://bücher.test"}, "https://examplebucket.xn--bcher-kva.test/a%20b/%25"),
    ],
)
def test_the_bucket_is_put_into_the_host_or_the_path(changes, url):
    assert bucket(**changes).url("a b/%") == url


def test_the_port_is_signed_only_when_it_is_not_the_usual_one():
    for endpoint, host in (("https://x.test:443", "x.test"), ("https://x.test:444", "x.test:444")):
        place = bucket(endpoint=endpoint, path_style=True)
        url = place.url("key")
        headers = place.signed(Keys(EXAMPLE.access_key_id, EXAMPLE.secret_access_key), "GET", url, {}, b"")
        same = signed("GET", f"https://{host}/examplebucket/key", EXAMPLE, at=MOMENT)
        assert headers["Authorization"] == same["authorization"]


def test_keys_do_not_show_themselves():
    shown = repr(Keys("AKIA-the-id", "the-secret", "the-token"))
    assert not any(part in shown for part in ("AKIA", "secret", "the-token"))
