"""Queues of Cloudflare, at a stand-in for its API."""

import json
import logging

import pytest

from connectors import VERSION
from connectors.probes import cloudflare
from connectors.problems import Invalid
from connectors.types.cloudflare_queues import FIND, SEND, SIGN_IN, CloudflareQueues
from tests.connectors.checks import checked, failed, passed
from tests.servers.cloudflare import (
    ACCOUNT,
    DISABLED,
    EDITOR,
    EXPIRED,
    NO_QUEUE,
    OF_ACCOUNT,
    OF_ACCOUNT_STRANGER,
    OTHER_ACCOUNT,
    QUEUE,
    READER,
    STRANGER,
    TOKENS,
    cloudflare_api,
)
from tests.servers.dns import name_server
from tests.servers.http import close, garbage, hang, listening
from tests.servers.process import free_port
from tests.servers.tls import server_context

QUEUES = CloudflareQueues()
CONFIG = {"account_id": ACCOUNT, "queue_id": QUEUE}
LEAK = "a body that belongs in no message"


@pytest.fixture(autouse=True)
def no_secret_is_logged(caplog):
    caplog.set_level(logging.DEBUG)
    yield
    logged = caplog.text + " ".join(str(vars(record)) for record in caplog.get_records("call"))
    assert not [secret for secret in (*TOKENS, LEAK) if secret in logged]


@pytest.fixture
def api(monkeypatch):
    """Cloudflare's address is fixed, so the tests replace it."""
    with cloudflare_api() as api:
        monkeypatch.setattr(cloudflare, "API", api.url)
        yield api


def check(token=EDITOR, limit=15, **config):
    report = checked(QUEUES, CONFIG | config, {"api_token": token}, limit)
    assert LEAK not in repr(report)
    return report


class TestPassing:
    @pytest.mark.parametrize("token", [EDITOR, OF_ACCOUNT], ids=["of a user", "of an account"])
    def test_a_token_that_may_send_passes_and_sends_nothing(self, api, token):
        assert passed(check(token)) == ["resolve", "connect", SIGN_IN, FIND, SEND]
        place = f"/client/v4/accounts/{ACCOUNT}/queues/{QUEUE}"
        assert api.asked == [f"GET {place}", f"POST {place}/messages/batch"]
        assert json.loads(api.server.request.body) == {"messages": []}
        assert {request.headers["user-agent"] for request in api.server.requests} == {
            f"Landfall/{VERSION} (connection check)"
        }

    @pytest.mark.parametrize("answer", [(400, 10206), (400, 10207), (422, 10208), (500, 10252), (503, 1)])
    def test_where_an_empty_batch_is_not_taken_the_step_proves_nothing(self, api, answer):
        api.batch = answer
        report = check()
        assert passed(report) == ["resolve", "connect", SIGN_IN, FIND]
        [skipped] = [step for step in report.steps if step["name"] == SEND]
        assert "unproven" in skipped["message"]

    def test_the_address_is_cloudflares(self, settings):
        assert cloudflare.API == "https://api.cloudflare.com"
        with name_server({}) as dns:
            settings.EGRESS_NAMESERVERS = [dns.address]
            assert "“api.cloudflare.com”" in failed(check(), "dns", "resolve")


class TestFailing:
    @pytest.mark.parametrize(
        ("token", "word"),
        [
            ("a-token-that-nobody-knows", "does not accept"),
            (EXPIRED, "is expired"),
            (DISABLED, "is disabled"),
            ("short", "not an API token"),
        ],
    )
    def test_a_token_that_is_not_good_is_denied(self, api, token, word):
        assert word in failed(check(token), "denied", SIGN_IN)

    @pytest.mark.parametrize("token", [STRANGER, OF_ACCOUNT_STRANGER], ids=["of a user", "of an account"])
    def test_a_good_token_for_other_things_is_told_from_a_bad_one(self, api, token):
        report = check(token)
        said = failed(report, "forbidden", FIND)
        assert "may not read this queue" in said
        assert "Queues Write" in said
        assert SIGN_IN in [step["name"] for step in report.steps if step["status"] == "passed"]

    def test_who_may_only_read_may_not_send(self, api):
        assert "may not send to this queue" in failed(check(READER), "forbidden", SEND)

    @pytest.mark.parametrize("answer", [(403, 10000), (401, 10106), (400, 10106)])
    def test_every_refusal_to_send_is_one(self, api, answer):
        api.batch = answer
        failed(check(), "forbidden", SEND)

    def test_a_queue_that_is_full(self, api):
        api.batch = (400, 10251)
        assert "full" in failed(check(), "quota", SEND)

    def test_a_missing_queue(self, api):
        said = failed(check(queue_id=NO_QUEUE), "not_found", FIND)
        assert "not the queue's name" in said
        assert not [line for line in api.asked if "POST" in line]

    def test_another_account(self, api):
        assert "check the account ID" in failed(check(account_id=OTHER_ACCOUNT), "forbidden", FIND)

    def test_queues_that_are_not_enabled(self, api):
        api.instead[QUEUE] = 400, b'{"success":false,"errors":[{"code":11002,"message":"Enable"}]}'
        assert "not enabled" in failed(check(), "forbidden", FIND)

    @pytest.mark.parametrize(
        ("status", "body", "code", "step"),
        [
            (429, b"", "quota", SIGN_IN),
            (500, b"<html>", "remote", SIGN_IN),
            (503, b"{}", "remote", SIGN_IN),
            (302, b"", "protocol", SIGN_IN),
            (200, b"<html>" + LEAK.encode(), "protocol", SIGN_IN),
            (200, b"[]", "protocol", SIGN_IN),
            (200, b'"x"', "protocol", SIGN_IN),
            (200, b"[" * 60000, "protocol", SIGN_IN),
            (200, b"{}", "protocol", SIGN_IN),
            (200, b'{"success":true}', "protocol", FIND),
            (200, b'{"success":true,"result":{"queue_id":"another"}}', "protocol", FIND),
            (200, b'{"success":false,"errors":[{"code":"x"},1,{"error_chain":2}]}', "protocol", FIND),
            (400, b'{"success":false,"errors":[{"code":1234}]}', "protocol", FIND),
            (404, b'{"success":false,"errors":null}', "not_found", FIND),
        ],
    )
    def test_other_answers_are_told_in_words(self, api, status, body, code, step):
        api.instead[QUEUE] = status, body
        failed(check(), code, step)

    def test_a_failure_to_verify_a_refused_token(self, api):
        api.instead["verify"] = 500, b""
        failed(check(STRANGER), "remote", SIGN_IN)


class TestWay:
    @pytest.fixture
    def at(self, monkeypatch):
        return lambda url: monkeypatch.setattr(cloudflare, "API", url)

    def test_a_dead_port(self, at):
        at(f"http://127.0.0.1:{free_port()}")
        failed(check(), "refused", "connect")

    def test_a_private_address(self, api, settings):
        settings.EGRESS_ALLOW = []
        failed(check(), "blocked", "resolve")
        assert api.server.connections == 0

    def test_a_certificate_that_is_not_trusted(self, at, stranger):
        with listening(garbage, server_context(stranger, "localhost")) as server:
            at(server.url("", host="localhost"))
            assert "not trusted" in failed(check(), "tls", "tls")

    def test_a_server_that_does_not_speak_tls(self, at, http_server):
        at(http_server.url("").replace("http:", "https:"))
        assert "does not speak TLS" in failed(check(), "tls", "tls")

    def test_a_server_that_never_answers(self, at):
        with listening(hang) as server:
            at(server.url(""))
            failed(check(limit=0.5), "timeout", SIGN_IN)

    @pytest.mark.parametrize("talk", [garbage, close])
    def test_a_server_that_speaks_something_else(self, at, talk):
        with listening(talk) as server:
            at(server.url(""))
            failed(check(), "protocol", SIGN_IN)


class TestConfig:
    def problems(self, config, credentials):
        with pytest.raises(Invalid) as caught:
            QUEUES.clean(config, credentials)
        return {problem.path: problem.code for problem in caught.value.problems}

    def test_the_target_is_the_queue(self):
        credentials = {"api_token": EDITOR}
        assert QUEUES.clean(CONFIG, credentials) == (CONFIG, credentials)
        assert QUEUES.target(CONFIG) == QUEUE
        assert QUEUES.host(CONFIG) == f"api.cloudflare.com/{ACCOUNT}"

    @pytest.mark.parametrize("name", ["account_id", "queue_id"])
    @pytest.mark.parametrize("value", ["events", QUEUE.upper(), QUEUE[1:], QUEUE + "0", f"../{QUEUE[3:]}"])
    def test_ids_are_32_hexadecimal_digits(self, name, value):
        assert self.problems(CONFIG | {name: value}, {"api_token": EDITOR}) == {f"config.{name}": "pattern"}

    @pytest.mark.parametrize("token", ["a b", "a\r\nX-Evil: 1", "tökén"])
    def test_a_token_cannot_break_the_header(self, token):
        assert self.problems(CONFIG, {"api_token": token}) == {"credentials.api_token": "pattern"}

    def test_a_token_shows_its_first_four_characters(self):
        assert QUEUES.mask({"api_token": "abcdefghijkl"}) == {"api_token": "abcd********"}
