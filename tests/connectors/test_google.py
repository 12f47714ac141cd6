"""What all of Google's services share: the key of a service account, and signing in with it."""

import json
import time
from dataclasses import replace
from urllib.parse import parse_qs

import jwt
import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from connectors.probes.google import account, storage
from connectors.probes.google.service import is_emulator
from connectors.problems import Invalid
from connectors.types.google_cloud_storage import GoogleCloudStorage
from tests.connectors.checks import checked, failed
from tests.servers.dns import name_server
from tests.servers.google import EMAIL, HANG, LEAK, make_key, pem, service_account
from tests.servers.http import close, garbage, listening
from tests.servers.process import free_port

GCS = GoogleCloudStorage()
KEY = "service_account_json"
PATH = f"credentials.{KEY}"
TOKEN_URI = "https://oauth2.googleapis.com/token"
SIGN_IN = "sign in"


@pytest.fixture
def cloud(google, monkeypatch):
    monkeypatch.setattr(storage, "SERVICE", replace(storage.SERVICE, url=google.url))
    return google


def check(credentials, limit=15, **config):
    return checked(GCS, {"bucket": "the-bucket", **config}, credentials, limit)


def problems(text, **config):
    with pytest.raises(Invalid) as caught:
        GCS.clean({"bucket": "the-bucket", **config}, {KEY: text})
    for problem in caught.value.problems:
        assert problem.message.endswith(".")
    return {problem.path: problem.code for problem in caught.value.problems}


class TestSigningIn:
    def test_the_assertion_is_signed_for_google_and_for_a_short_while(self, cloud):
        check(cloud.credentials)
        request = cloud.requests[0]
        assert request.headers["content-type"] == "application/x-www-form-urlencoded"
        (assertion,) = parse_qs(request.body.decode())["assertion"]
        claims = jwt.decode(assertion, cloud.key.public_key(), ["RS256"], audience=cloud.token_uri)
        assert claims["iss"] == EMAIL
        assert claims["exp"] - claims["iat"] <= 600
        assert abs(claims["iat"] - time.time()) < 60

    def test_a_key_of_somebody_else_is_denied(self, cloud):
        credentials = {KEY: service_account(make_key(), cloud.token_uri)}
        assert f"no longer, a key of {EMAIL}" in failed(check(credentials), "denied", SIGN_IN)
        assert cloud.asked == ["POST /token"]

    def test_an_account_that_is_gone_is_denied(self, cloud):
        credentials = {KEY: service_account(cloud.key, cloud.token_uri, client_email="gone@example.com")}
        assert "gone@example.com does not exist" in failed(check(credentials), "denied", SIGN_IN)

    def test_clocks_that_differ_are_named(self, cloud, monkeypatch):
        now = time.time()
        monkeypatch.setattr("connectors.probes.google.tokens.time.time", lambda: now - 20)
        cloud.sign_in = 400, {"error": "invalid_grant", "error_description": "… in a reasonable timeframe. Check …"}
        assert "clock" in failed(check(cloud.credentials), "config", SIGN_IN)

    @pytest.mark.parametrize(
        ("status", "said", "code"),
        [
            (400, {"error": "invalid_grant", "error_description": "Robot is disabled."}, "denied"),
            (401, {"error": "disabled_client", "error_description": LEAK}, "denied"),
            (400, {"error": "invalid_grant", "error_description": LEAK}, "denied"),
            (400, {"error": "invalid_grant", "error_description": [LEAK]}, "denied"),
            (400, {"error": "invalid_scope", "error_description": LEAK}, "forbidden"),
            (403, {"error": "access_denied", "error_description": LEAK}, "forbidden"),
            (429, {"error": "rate_limit_exceeded"}, "quota"),
            (403, {"error": "rate_limit_exceeded"}, "quota"),
            (500, b"", "remote"),
            (503, {"error": "internal_failure"}, "remote"),
            (200, b"<html>a portal</html>", "protocol"),
            (200, {"id_token": "x"}, "protocol"),
            (200, {"access_token": ["x"]}, "protocol"),
            (200, {"access_token": "x\r\nHost: y"}, "protocol"),
            (200, [], "protocol"),
            (200, b"[" * 50_000, "protocol"),
            (302, b"", "protocol"),
            (404, b"<html>", "protocol"),
        ],
    )
    def test_every_answer_but_a_token_fails_in_its_own_words(self, cloud, status, said, code):
        cloud.sign_in = status, said
        report = check(cloud.credentials)
        failed(report, code, SIGN_IN)
        assert LEAK not in repr(report)
        assert cloud.asked == ["POST /token"]

    def test_a_sign_in_that_hangs(self, cloud):
        cloud.sign_in = 200, HANG
        failed(check(cloud.credentials, limit=1), "timeout", SIGN_IN)

    @pytest.mark.parametrize("talk", [garbage, close])
    def test_a_sign_in_that_speaks_something_else(self, cloud, monkeypatch, talk):
        with listening(talk) as server:
            monkeypatch.setattr(account, "TOKEN_URIS", {server.url("/token")})
            credentials = {KEY: service_account(cloud.key, server.url("/token"))}
            failed(check(credentials), "protocol", SIGN_IN)

    def test_a_dead_port(self, cloud, monkeypatch):
        uri = f"http://127.0.0.1:{free_port()}/token"
        monkeypatch.setattr(account, "TOKEN_URIS", {uri})
        failed(check({KEY: service_account(cloud.key, uri)}), "refused", "connect")

    def test_a_certificate_that_is_not_trusted(self, cloud, monkeypatch, https_server):
        uri = https_server.url("/token", host="localhost")
        monkeypatch.setattr(account, "TOKEN_URIS", {uri})
        failed(check({KEY: service_account(cloud.key, uri)}), "tls", "tls")
        failed(check({KEY: "{ }"}, endpoint=https_server.url(host="localhost")), "tls", "tls")
        assert https_server.requests == []

    def test_a_server_without_tls_where_it_is_asked_for(self, cloud):
        endpoint = cloud.url.replace("http:", "https:")
        assert "does not speak TLS" in failed(check({KEY: "{ }"}, endpoint=endpoint), "tls", "tls")

    def test_an_unknown_host(self, cloud, settings):
        with name_server({}) as dns:
            settings.EGRESS_NAMESERVERS = [dns.address]
            failed(
                check({KEY: service_account(cloud.key, cloud.token_uri)}, endpoint="http://x.invalid"), "dns", "resolve"
            )

    def test_a_forbidden_address_is_refused_before_a_byte(self, cloud, settings):
        settings.EGRESS_ALLOW = []
        failed(check(cloud.credentials), "blocked", "resolve")
        assert cloud.requests == []

    def test_googles_own_name_for_a_private_address_is_refused(self, google_key, settings):
        settings.EGRESS_ALLOW = []
        with name_server({"oauth2.googleapis.com": [["10.0.0.1"]]}) as dns:
            settings.EGRESS_NAMESERVERS = [dns.address]
            failed(check({KEY: service_account(google_key, TOKEN_URI)}), "blocked", "resolve")

    def test_a_stored_key_that_signs_in_elsewhere_is_refused_before_a_byte(self, cloud, monkeypatch):
        clean = GCS.clean({"bucket": "the-bucket"}, cloud.credentials)
        monkeypatch.setattr(account, "TOKEN_URIS", frozenset({TOKEN_URI}))
        monkeypatch.setattr(GCS, "clean", lambda config, credentials: clean, raising=False)
        assert "not Google's" in failed(check(cloud.credentials), "config", SIGN_IN)
        assert cloud.requests == []

    def test_a_stored_key_that_cannot_be_read_is_a_fault_of_the_config(self, cloud, monkeypatch):
        broken = {KEY: service_account(cloud.key, cloud.token_uri, private_key="nonsense")}
        monkeypatch.setattr(GCS, "clean", lambda config, credentials: (config, credentials), raising=False)
        failed(check(broken), "config", SIGN_IN)

    def test_nothing_is_taken_from_the_environment(self, cloud, monkeypatch, tmp_path):
        other = tmp_path / "key.json"
        other.write_text(service_account(make_key(), TOKEN_URI))
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(other))
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:9")
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        failed(check(cloud.credentials), "not_found", "find bucket")


class TestKey:
    @pytest.fixture
    def given(self, google_key):
        return json.loads(service_account(google_key, TOKEN_URI))

    @pytest.mark.parametrize("uri", sorted(account.TOKEN_URIS))
    def test_the_file_is_kept_as_it_is(self, given, uri):
        text = json.dumps(given | {"token_uri": uri}, indent=4) + "\n"
        assert GCS.clean({"bucket": "the-bucket"}, {KEY: text})[1] == {KEY: text}

    @pytest.mark.parametrize(
        "text", ["nonsense", "[]", '"text"', "1", "null", "{", "[" * 5000, "a@b", "eyJ0eXBlIjoieCJ9"]
    )
    def test_what_is_no_json_object_is_refused(self, text):
        assert problems(text) == {PATH: "pattern"}

    def test_everything_that_is_missing_is_told(self):
        names = ("type", "client_email", "private_key", "token_uri")
        assert problems("{}") == {f"{PATH}.{name}": "required" for name in names}

    @pytest.mark.parametrize("name", ["type", "client_email", "private_key", "token_uri"])
    @pytest.mark.parametrize("value", [1, ["x"], {"a": "b"}, True])
    def test_everything_must_be_text(self, given, name, value):
        assert problems(json.dumps(given | {name: value})) == {f"{PATH}.{name}": "type"}

    def test_other_kinds_of_key_are_refused(self, given):
        assert problems(json.dumps(given | {"type": "authorized_user"})) == {f"{PATH}.type": "choice"}

    @pytest.mark.parametrize(
        "uri",
        [
            "https://evil.example/token",
            "http://oauth2.googleapis.com/token",
            "https://oauth2.googleapis.com.evil.example/token",
            "https://oauth2.googleapis.com@evil.example/token",
            "https://oauth2.googleapis.com:444/token",
            "https://OAUTH2.googleapis.com/token",
            "https://www.googleapis.com/storage/v1/b",
            "http://169.254.169.254/token",
        ],
    )
    def test_any_other_place_to_sign_in_is_refused(self, given, uri):
        assert problems(json.dumps(given | {"token_uri": uri})) == {f"{PATH}.token_uri": "choice"}

    @pytest.mark.parametrize("email", ["nobody", "a@b\nc"])
    def test_what_is_no_account_is_refused(self, given, email):
        assert problems(json.dumps(given | {"client_email": email})) == {f"{PATH}.client_email": "pattern"}

    def test_what_is_no_rsa_key_is_refused(self, given, google_key):
        curve = trustme.CA().private_key_pem.bytes().decode()
        certificate = trustme.CA().cert_pem.bytes().decode()
        encrypted = google_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"x"),
        ).decode()
        cut = pem(google_key)[:500]
        for key in ("nonsense", curve, certificate, encrypted, cut, "ä"):
            assert problems(json.dumps(given | {"private_key": key})) == {f"{PATH}.private_key": "pattern"}

    def test_a_refused_key_is_not_repeated(self, given):
        with pytest.raises(Invalid) as caught:
            GCS.clean({"bucket": "the-bucket"}, {KEY: json.dumps(given | {"private_key": "the-odd-secret"})})
        assert "the-odd-secret" not in str(caught.value)

    def test_the_account_shows_no_key(self, google_key):
        assert "PRIVATE" not in repr(account.ServiceAccount.of({KEY: service_account(google_key, TOKEN_URI)}))


class TestEndpoint:
    @pytest.mark.parametrize(
        ("endpoint", "emulator"),
        [
            ("", False),
            ("https://storage.googleapis.com", False),
            ("https://storage-psc.p.googleapis.com/", False),
            ("https://us-east1-pubsub.GOOGLEAPIS.com:443", False),
            ("http://storage.googleapis.com", True),
            ("https://googleapis.com.evil.example", True),
            ("https://evilgoogleapis.com", True),
            ("https://evil.example/x.googleapis.com", True),
            ("http://localhost:8085", True),
        ],
    )
    def test_a_token_is_for_google_alone(self, endpoint, emulator):
        assert is_emulator({"endpoint": endpoint} if endpoint else {}) is emulator

    def test_the_key_must_be_one_where_it_is_used(self):
        assert problems("{}", endpoint="https://storage-psc.p.googleapis.com")

    @pytest.mark.parametrize("endpoint", ["http://localhost/?a=b", "http://localhost/#a", "localhost:8085", "ftp://x"])
    def test_what_is_no_base_url_is_refused(self, endpoint):
        assert problems("{}", endpoint=endpoint) == {"config.endpoint": "pattern"}
