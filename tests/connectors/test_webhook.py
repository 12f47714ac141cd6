import base64
import hashlib
import hmac
import json
import logging
import re
import time
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors import VERSION, signing
from connectors.problems import Invalid
from connectors.types.webhook import SEND, Webhook
from tests.connectors.checks import checked, failed, passed
from tests.servers.dns import name_server
from tests.servers.http import body, close, garbage, hang, listening, read, web
from tests.servers.process import free_port
from tests.servers.tls import server_context

WEBHOOK = Webhook()
KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
CREDENTIALS = {"secret": SECRET, "headers": {"Authorization": "Bearer the-token-of-the-user"}}
LEAK = "a body that belongs in no message"


@pytest.fixture(autouse=True)
def no_secret_is_logged(caplog):
    caplog.set_level(logging.DEBUG)
    yield
    for secret in (SECRET, SECRET.removeprefix("whsec_"), "the-token-of-the-user", LEAK):
        assert secret not in caplog.text


def check(url, credentials=CREDENTIALS, **config):
    """A check of `url`, whose limit is a second at least for a machine that is busy."""
    return checked(WEBHOOK, {"url": url, **config}, credentials)


def problems(config, credentials=None):
    with pytest.raises(Invalid) as caught:
        WEBHOOK.clean({"url": "https://example.com/"} | config, credentials or {})
    return {problem.path: problem.code for problem in caught.value.problems}


def verify(request, key):
    """The receiver's side, by the words of the specification."""
    signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert request.headers["webhook-signature"] == f"v1,{expected}"


class TestPassing:
    def test_a_signed_request_arrives(self, https_server, authority):
        report = check(https_server.url("/hooks?a=b", host="localhost"), ca_certificate=authority.pem)
        assert passed(report) == ["resolve", "connect", "tls", SEND]
        assert https_server.connections == len(https_server.requests) == 1
        request = https_server.request
        verify(request, KEY)
        assert (request.method, request.target) == ("POST", "/hooks?a=b")
        assert request.headers["content-type"] == "application/json"
        assert request.headers["user-agent"] == f"Landfall/{VERSION} (connection check)"
        assert request.headers["authorization"] == "Bearer the-token-of-the-user"
        assert abs(int(request.headers["webhook-timestamp"]) - time.time()) < 60
        body = json.loads(request.body)
        assert body["type"] == "landfall.check"
        assert datetime.fromisoformat(body["timestamp"]).tzinfo is not None
        assert isinstance(body["data"], dict)

    def test_http_is_checked_without_tls(self, http_server):
        report = check(http_server.url())
        assert passed(report) == ["resolve", "connect", SEND]
        (skipped,) = [step for step in report.steps if step["status"] == "skipped"]
        assert skipped["name"] == "tls"
        assert "http://" in skipped["message"]

    def test_every_check_is_a_request_of_its_own(self, http_server):
        check(http_server.url())
        check(http_server.url())
        first, second = http_server.requests
        assert first.headers["webhook-id"] != second.headers["webhook-id"]

    def test_text_that_is_no_standard_secret_signs_as_it_is(self, http_server):
        passed(check(http_server.url(), {"secret": " schlüssel "}))
        verify(http_server.request, " schlüssel ".encode())

    def test_a_secret_that_was_made_signs(self, http_server):
        config, credentials = WEBHOOK.clean({"url": http_server.url()}, {})
        passed(check(http_server.url(), credentials))
        verify(http_server.request, base64.b64decode(credentials["secret"].removeprefix("whsec_")))
        assert config == {"url": http_server.url(), "method": "POST"}

    def test_the_method_and_the_headers_are_the_users(self, http_server):
        passed(check(http_server.url(), method="PUT", headers={"X-Team": "data", "USER-AGENT": "own"}))
        request = http_server.request
        assert request.method == "PUT"
        assert request.headers["x-team"] == "data"
        assert request.headers["user-agent"] == "own"
        assert request.headers["content-type"] == "application/json"

    @pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
    def test_every_status_that_says_yes_passes(self, http_server, status):
        passed(check(http_server.url(f"/status/{status}")))

    def test_a_large_answer_passes(self, http_server):
        passed(check(http_server.url("/endless")))


class TestFailing:
    @pytest.mark.parametrize(
        ("status", "code", "word"),
        [
            (301, "remote", "redirects are not followed"),
            (308, "remote", "redirects are not followed"),
            (400, "remote", "does not accept"),
            (401, "denied", "does not accept the credentials"),
            (403, "forbidden", "refuses"),
            (404, "not_found", "nothing at this URL"),
            (405, "remote", "method"),
            (410, "not_found", "gone for good"),
            (418, "remote", "does not accept"),
            (429, "quota", "fewer requests"),
            (500, "remote", "failed"),
            (503, "remote", "failed"),
            (600, "protocol", "unusual"),
            (999, "protocol", "unusual"),
        ],
    )
    def test_every_other_status_fails_in_its_own_words(self, http_server, status, code, word):
        report = check(http_server.url(f"/status/{status}"))
        told = failed(report, code, SEND)
        assert word in told
        assert f"status {status}" in told
        assert LEAK not in repr(report)

    def test_a_redirect_to_a_private_address_is_not_followed(self, http_server):
        with listening(web) as private:
            failed(check(http_server.url(f"/redirect?to={private.url()}")), "remote", SEND)
            assert private.connections == 0

    def test_an_untrusted_ca(self, stranger, authority):
        with listening(web, server_context(stranger, "localhost")) as server:
            told = failed(check(server.url(host="localhost"), ca_certificate=authority.pem), "tls", "tls")
            assert not server.requests
        assert "not trusted" in told

    def test_the_test_ca_where_the_systems_is_trusted(self, https_server):
        assert "not trusted" in failed(check(https_server.url(host="localhost")), "tls", "tls")

    def test_an_expired_certificate(self, authority):
        with listening(web, server_context(authority, "localhost", expired=True)) as server:
            report = check(server.url(host="localhost"), ca_certificate=authority.pem)
            assert "expired" in failed(report, "tls", "tls")

    def test_a_certificate_for_another_name(self, authority):
        with listening(web, server_context(authority, "elsewhere.example")) as server:
            report = check(server.url(host="localhost"), ca_certificate=authority.pem)
            assert "is not for the host “localhost”" in failed(report, "tls", "tls")

    def test_https_to_a_port_that_speaks_http(self, http_server):
        url = http_server.url().replace("http:", "https:")
        assert "does not speak TLS" in failed(check(url), "tls", "tls")

    def test_http_to_a_port_that_speaks_https(self, https_server):
        assert "https://" in failed(check(https_server.url().replace("https:", "http:")), "protocol", SEND)

    def test_a_dead_port(self):
        port = free_port()
        assert f"127.0.0.1:{port} refused" in failed(check(f"http://127.0.0.1:{port}/"), "refused", "connect")

    def test_an_unknown_host(self, settings):
        with name_server({}) as dns:
            settings.EGRESS_NAMESERVERS = [dns.address]
            assert "“hooks.invalid”" in failed(check("https://hooks.invalid/"), "dns", "resolve")

    def test_a_private_address(self, http_server, settings):
        settings.EGRESS_ALLOW = []
        assert "LANDFALL_EGRESS_ALLOW" in failed(check(http_server.url()), "blocked", "resolve")
        assert http_server.connections == 0

    def test_a_server_that_never_answers(self, http_server):
        started = time.monotonic()
        report = checked(WEBHOOK, {"url": http_server.url("/hang")}, CREDENTIALS, limit=0.5)
        assert SEND in failed(report, "timeout", SEND)
        assert time.monotonic() - started < 3

    def test_a_server_that_never_greets(self):
        with listening(hang) as server:
            url = server.url().replace("http:", "https:")
            report = checked(WEBHOOK, {"url": url}, CREDENTIALS, limit=0.5)
        failed(report, "timeout", "tls")

    @pytest.mark.parametrize("talk", [garbage, close])
    def test_a_server_that_speaks_something_else(self, talk):
        with listening(talk) as server:
            failed(check(server.url()), "protocol", SEND)


class TestConfig:
    def test_defaults_are_filled_in(self):
        config, credentials = WEBHOOK.clean({"url": "https://example.com/"}, {})
        assert config == {"url": "https://example.com/", "method": "POST"}
        assert re.fullmatch("whsec_[0-9a-f]{64}", credentials["secret"])  # the form that Outpost's clients know
        assert 24 <= len(signing.key(credentials["secret"])) <= 64  # the bytes that Standard Webhooks asks for

    def test_each_destination_has_its_own_secret(self):
        made = {WEBHOOK.clean({"url": "https://example.com/"}, {})[1]["secret"] for _ in range(5)}
        assert len(made) == 5

    @pytest.mark.parametrize("secret", ["whsec_", "whsec_not base64", "whsec_YQ", "whsec_YQ==!", "whsec_ä"])
    def test_a_standard_secret_must_be_base64(self, secret):
        assert problems({}, {"secret": secret}) == {"credentials.secret": "pattern"}

    def test_a_refused_secret_is_not_repeated(self):
        with pytest.raises(Invalid) as caught:
            WEBHOOK.clean({"url": "https://example.com/"}, {"secret": "whsec_nearly right"})
        assert "nearly" not in str(caught.value)
        with pytest.raises(ValueError, match="not base64") as raised:
            signing.key("whsec_nearly right")
        assert raised.value.__cause__ is None

    def test_an_empty_secret_is_refused(self):
        assert problems({}, {"secret": ""}) == {"credentials.secret": "blank"}

    @pytest.mark.parametrize("method", ["GET", "DELETE", "post"])
    def test_methods_without_a_body_are_refused(self, method):
        assert problems({"method": method}) == {"config.method": "choice"}

    @pytest.mark.parametrize("url", ["ftp://example.com/", "example.com", "https://a:b@example.com/", "https:///x", ""])
    def test_what_is_no_web_address_is_refused(self, url):
        assert set(problems({"url": url})) == {"config.url"}

    @pytest.mark.parametrize("name", ["webhook-signature", "Webhook-Id", "WEBHOOK-TIMESTAMP"])
    def test_the_signature_cannot_be_replaced(self, name):
        assert problems({"headers": {name: "x"}}) == {f"config.headers.{name}": "invalid"}
        assert problems({}, {"headers": {name: "x"}}) == {f"credentials.headers.{name}": "invalid"}

    def test_a_header_is_given_once(self):
        twice = {"headers": {"X-A": "1"}}
        assert problems(twice, {"headers": {"x-a": "2"}}) == {"credentials.headers.x-a": "invalid"}
        assert problems({"headers": {"X-A": "1", "x-a": "2"}}) == {"config.headers.x-a": "invalid"}

    def test_a_private_key_is_refused_as_a_certificate(self, authority):
        key = authority.ca.private_key_pem.bytes().decode()
        assert problems({"ca_certificate": authority.pem + key}) == {"config.ca_certificate": "invalid"}

    def test_what_is_no_certificate_is_refused(self):
        assert problems({"ca_certificate": "nonsense"}) == {"config.ca_certificate": "pattern"}

    def test_a_certificate_is_kept_as_it_is(self, authority):
        config, _ = WEBHOOK.clean({"url": "https://example.com/", "ca_certificate": authority.pem}, {})
        assert config["ca_certificate"] == authority.pem

    def test_the_host_bounds_what_runs_at_once(self):
        assert WEBHOOK.host({"url": "https://Example.com:8443/a"}) == "example.com:8443"


class TestOutpostsSignature:
    def test_its_receivers_can_verify_it(self, http_server):
        passed(check(http_server.url(), {"secret": "any text"}, signature="outpost"))
        request = http_server.request
        digest = hmac.new(b"any text", request.body, hashlib.sha256).hexdigest()
        assert request.headers["x-outpost-signature"] == f"v0={digest}"
        assert request.headers["x-outpost-topic"] == "landfall.check"
        assert datetime.fromisoformat(request.headers["x-outpost-timestamp"]).tzinfo is UTC
        assert request.headers["x-outpost-event-id"]
        assert not any(name.startswith("webhook-") for name in request.headers)

    def test_text_after_the_prefix_need_not_be_base64(self):
        credentials = {"secret": "whsec_nearly right"}
        WEBHOOK.clean({"url": "https://example.com/", "signature": "outpost"}, credentials)
        assert problems({}, credentials) == {"credentials.secret": "pattern"}


class TestRotation:
    PREVIOUS = "whsec_" + base64.b64encode(b"previous" * 4).decode()

    def signed(self, http_server, end, **config):
        credentials = {"secret": SECRET, "previous_secret": self.PREVIOUS, "previous_valid_until": end}
        passed(check(http_server.url(), credentials, **config))
        return http_server.request

    def test_both_secrets_sign_while_they_overlap_the_present_one_first(self, http_server):
        request = self.signed(http_server, "2999-01-01T00:00:00Z")
        signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.body
        keys = (KEY, b"previous" * 4)
        expected = (base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in keys)
        assert request.headers["webhook-signature"] == " ".join(f"v1,{digest}" for digest in expected)

    def test_so_do_they_in_outposts_way(self, http_server):
        request = self.signed(http_server, "2999-01-01T00:00:00Z", signature="outpost")
        texts = (SECRET, self.PREVIOUS)
        digests = (hmac.new(text.encode(), request.body, hashlib.sha256).hexdigest() for text in texts)
        assert request.headers["x-outpost-signature"] == f"v0={','.join(digests)}"

    def test_after_the_end_only_the_present_one_signs(self, http_server):
        verify(self.signed(http_server, "2020-01-01T00:00:00+02:00"), KEY)

    @pytest.mark.parametrize(
        ("credentials", "fault"),
        [
            ({"previous_secret": "x"}, {"credentials.previous_valid_until": "required"}),
            ({"previous_valid_until": "2999-01-01T00:00:00Z"}, {"credentials.previous_secret": "required"}),
            (
                {"previous_secret": "x", "previous_valid_until": "2999-01-01T00:00:00"},
                {"credentials.previous_valid_until": "pattern"},
            ),
            (
                {"previous_secret": "whsec_!", "previous_valid_until": "2999-01-01T00:00:00Z"},
                {"credentials.previous_secret": "pattern"},
            ),
        ],
    )
    def test_the_previous_secret_and_its_end_go_together(self, credentials, fault):
        assert problems({}, credentials) == fault


class TestSigning:
    def test_a_known_request_has_its_known_signature(self):
        """The libraries that receivers use are tested with the same one; openssl computes it too."""
        secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        body = b'{"test": 2432232314}'
        when = datetime.fromtimestamp(1614265330, UTC)
        headers = signing.standard([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", when, body)
        assert headers == {
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        }

    def test_the_version_is_the_products(self):
        project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
        assert project["project"]["version"] == VERSION


class TestHandshake:
    """More of it is in tests/dialects/redox/test_verifying.py."""

    TOKEN = {"secret": SECRET, "verification_token": "the-verification-token"}

    @pytest.mark.parametrize("method", ["POST", "GET"])
    def test_the_endpoint_answers_with_the_challenge_and_gets_nothing_else(self, method):
        def echo(handler):
            request = read(handler)
            sent = request.body.decode() if method == "POST" else request.target
            body(handler, re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", sent)[0])

        with listening(echo) as server:
            report = check(server.url("/in?a=b"), self.TOKEN, verification=method, headers={"X-Team": "data"})
        assert passed(report) == ["resolve", "connect", SEND]
        (request,) = server.requests
        assert (request.method, request.target.startswith("/in?a=b")) == (method, True)
        assert request.headers["verification-token"] == "the-verification-token"
        assert request.headers["x-team"] == "data"
        assert not [name for name in request.headers if name.startswith("webhook-")]

    def test_an_answer_without_the_challenge_fails(self, http_server):
        message = failed(check(http_server.url(), self.TOKEN), "protocol", SEND)
        assert "without the challenge" in message

    def test_a_method_without_a_token_is_no_handshake(self):
        assert problems({"verification": "GET"}) == {"credentials.verification_token": "required"}
        assert problems({"headers": {"Verification-Token": "x"}}) == {"config.headers.Verification-Token": "invalid"}
