"""Checks of Hookdeck sources against a stand-in that looks at what it is sent."""

import base64
import logging
from unittest.mock import patch

import pytest

from connectors.problems import Invalid
from connectors.tls import tls_context
from connectors.types import hookdeck
from connectors.types.hookdeck import VERIFY, Hookdeck
from tests.connectors.checks import checked, failed, logged, passed
from tests.servers.dns import name_server
from tests.servers.hookdeck import CODES, LEAK, OTHERS, TOKEN, api, made
from tests.servers.http import Server, close, garbage, hang, listening
from tests.servers.process import free_port
from tests.servers.tls import server_context

HOOKDECK = Hookdeck()


@pytest.fixture(autouse=True)
def _silent_logs(caplog):
    caplog.set_level(logging.DEBUG)
    yield
    assert TOKEN not in logged(caplog)


def check(server, token=TOKEN, limit=15.0, **config):
    """A check that takes `server` for Hookdeck."""
    with patch.object(hookdeck, "API", server.url("", host="localhost")):
        return checked(HOOKDECK, config, {"token": token}, limit)


def test_a_token_that_is_known_passes(hookdeck_api):
    report = check(hookdeck_api, source_name="my orders", source_id="src_abc-1")
    assert passed(report) == ["resolve", "connect", VERIFY]
    assert hookdeck_api.connections == 1
    assert report.learned == {"source_id": "src_abc-1", "source_name": "orders"}


def test_the_real_address_is_asked_over_tls_by_default():
    assert hookdeck.API == "https://api.hookdeck.com"
    assert HOOKDECK.host({}) == "api.hookdeck.com"


def test_with_a_trusted_certificate_every_step_passes(authority, tmp_path, monkeypatch):
    """The CA of the tests among those of the system."""
    (tmp_path / "ca.pem").write_text(authority.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    tls_context.cache_clear()
    try:
        with listening(api, server_context(authority, "localhost")) as server:
            assert passed(check(server)) == list(HOOKDECK.steps)
    finally:
        tls_context.cache_clear()


def test_an_untrusted_certificate_gets_no_token(authority):
    with listening(api, server_context(authority, "localhost")) as server:
        assert "not trusted" in failed(check(server), "tls", "tls")


@pytest.mark.parametrize(
    ("token", "code"),
    [
        (made("src_abc-1:not it"), "denied"),
        (made("other:x"), "denied"),
        (made("odd:x"), "protocol"),
        (made("list:x"), "protocol"),
        *((token, CODES[status]) for token, status in OTHERS.items()),
    ],
)
def test_other_answers_are_told_apart(hookdeck_api, token, code):
    report = check(hookdeck_api, token)
    text = failed(report, code, VERIFY)
    assert LEAK not in text
    if code in ("denied", "not_found"):
        assert "https://dashboard.hookdeck.com/connect" in text


@pytest.mark.parametrize(("talk", "code"), [(garbage, "protocol"), (close, "protocol"), (hang, "timeout")])
def test_a_service_that_misbehaves_is_told_so(talk, code):
    with listening(talk) as server:
        failed(check(server, limit=1), code, VERIFY)


def test_a_dead_port_is_refused():
    failed(check(Server(free_port())), "refused", "connect")


def test_a_name_that_does_not_resolve_is_told_so(settings):
    with name_server({}) as dns:
        settings.EGRESS_NAMESERVERS = [dns.address]
        failed(checked(HOOKDECK, {}, {"token": TOKEN}), "dns", "resolve")


def test_a_name_that_leads_inside_is_blocked_before_a_byte(hookdeck_api, settings):
    settings.EGRESS_ALLOW = []
    failed(check(hookdeck_api), "blocked", "resolve")
    assert hookdeck_api.connections == 0


@pytest.mark.parametrize(
    "token",
    [
        "src_abc:not in base64",
        made("no colon"),
        made(":no source"),
        made("../../sources:x"),
        made("src abc:x"),
        made("src_abc\n:x"),
        made("x" * 101 + ":x"),
        TOKEN + "\n",
        TOKEN + "=",
        base64.b64encode(b"src\xff:x").decode(),
        "tokén",
    ],
)
def test_what_is_no_token_is_refused(token):
    assert refused({}, token) == {"credentials.token": "pattern"}


def test_the_source_must_be_that_of_the_token():
    assert refused({"source_id": "src_abc-2"}, TOKEN) == {"config.source_id": "invalid"}


def refused(config, token):
    with pytest.raises(Invalid) as caught:
        HOOKDECK.clean(config, {"token": token})
    return {problem.path: problem.code for problem in caught.value.problems}


def test_it_is_recognised_by_its_source():
    named = {"source_name": "orders", "source_id": "src_abc-1"}
    assert HOOKDECK.target(named) == "orders"
    assert HOOKDECK.target({"source_id": "src_abc-1"}) == "Hookdeck source src_abc-1"
    assert HOOKDECK.target({}) == "a Hookdeck source"


def test_the_mask_keeps_four_characters():
    assert HOOKDECK.mask({"token": TOKEN}) == {"token": TOKEN[:4] + "*" * (len(TOKEN) - 4)}
