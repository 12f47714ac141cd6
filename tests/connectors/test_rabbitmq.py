"""Checks of exchanges on a real RabbitMQ."""

import asyncio
import logging
import shlex
import ssl
import time

import aiormq
import pytest
from pamqp import commands, frame

from connectors.probes.amqp import checking
from connectors.problems import Invalid
from connectors.types.rabbitmq import RabbitMQ
from tests.connectors.checks import Muffler, Peer, against, check, checked, failed, listening, logged, passed
from tests.servers.process import free_port, wait_until
from tests.servers.rabbitmq import EXCHANGES, QUEUE

RABBITMQ = RabbitMQ()
ALL = ["resolve", "connect", "tls", "sign in", "find exchange", "publish a test message"]


@pytest.fixture
def config(rabbitmq, authority):
    return {
        "host": rabbitmq.host,
        "port": rabbitmq.tls_port,
        "exchange": "direct events",
        "ca_certificate": authority.pem,
    }


@pytest.fixture
def plain(rabbitmq):
    """Without TLS, and by address."""
    return {"host": "127.0.0.1", "port": rabbitmq.port, "exchange": "events", "tls": False}


@pytest.fixture
def credentials(rabbitmq):
    return {"username": "publisher", "password": rabbitmq.password}


@pytest.fixture
def reader(rabbitmq):
    return {"username": "reader", "password": rabbitmq.password}


@pytest.fixture(autouse=True)
def _silent_logs(rabbitmq, caplog):
    """Nothing that is logged during any of these tests holds the password."""
    caplog.set_level(logging.DEBUG)
    yield
    assert rabbitmq.password not in logged(caplog)
    assert ODD not in logged(caplog)


@pytest.fixture(autouse=True)
def _nothing_received(rabbitmq):
    """Whatever the checks published, no queue got it."""
    yield
    assert asyncio.run(waiting(rabbitmq)) == 0


async def waiting(rabbitmq):
    url = f"amqp://admin:{rabbitmq.password}@127.0.0.1:{rabbitmq.port}/"
    async with aiormq.connect(url) as connection:
        channel = await connection.channel()
        declared = await channel.queue_declare(QUEUE, passive=True)
        return declared.message_count


ODD = "o%41d pass:w@rd/ü"


def test_an_exchange_that_may_be_published_to_passes(config, credentials):
    report = checked(RABBITMQ, config, credentials)
    assert passed(report) == ALL


@pytest.mark.parametrize("exchange", [name for name in EXCHANGES if not name.startswith("internal")])
def test_no_kind_of_exchange_hands_the_test_message_to_a_queue(rabbitmq, plain, credentials, exchange):
    report = checked(RABBITMQ, {**plain, "exchange": exchange}, credentials)
    assert passed(report) == [name for name in ALL if name != "tls"]
    assert "tls is off" in report.steps[2]["message"]


def test_the_queue_of_these_tests_would_get_what_is_really_published(rabbitmq):
    async def publish():
        url = f"amqp://admin:{rabbitmq.password}@127.0.0.1:{rabbitmq.port}/"
        async with aiormq.connect(url) as connection:
            channel = await connection.channel()
            await channel.basic_publish(b"", exchange="all events", routing_key="any")
            found = await waiting(rabbitmq)
            await channel.queue_purge(QUEUE)
            return found

    assert asyncio.run(publish()) == 1


def test_the_default_exchange_needs_no_finding_and_returns_the_test_message(plain, credentials):
    report = checked(RABBITMQ, {**plain, "exchange": ""}, credentials)
    assert passed(report) == ["resolve", "connect", "sign in", "publish a test message"]
    assert "default exchange" in next(step["message"] for step in report.steps if step["name"] == "find exchange")


def test_every_connection_is_closed_in_the_end(rabbitmq, config, plain, credentials, reader):
    checked(RABBITMQ, config, credentials)
    checked(RABBITMQ, plain, reader)
    checked(RABBITMQ, {**plain, "exchange": "missing"}, credentials)
    wait_until(lambda: rabbitmq.control("list_connections", "user").split() in ([], ["user"]), 10, "all had closed")


def test_the_other_virtual_hosts_and_odd_passwords_are_taken_as_they_are(rabbitmq, plain):
    rabbitmq.control("add_user", "odd %41", ODD)
    rabbitmq.control("set_permissions", "-p", "landfall/ä %2F", "odd %41", "", ".*", "")
    target = {**plain, "virtual_host": "landfall/ä %2F", "exchange": "amq.topic"}
    passed(checked(RABBITMQ, target, {"username": "odd %41", "password": ODD}))


@pytest.mark.parametrize("username", ["publisher", "nobody", "guest"])
def test_wrong_credentials_are_denied(config, username):
    text = failed(checked(RABBITMQ, config, {"username": username, "password": "not it"}), "denied", "sign in")
    assert username in text
    assert ("its own machine" in text) == (username == "guest")


def test_a_virtual_host_that_is_not_there_is_named(config, credentials):
    report = checked(RABBITMQ, {**config, "virtual_host": "no such"}, credentials)
    text = failed(report, "not_found", "sign in")
    assert "“no such”" in text
    assert "rabbitmqctl add_vhost 'no such'" in text


def test_a_virtual_host_that_may_not_be_used_is_forbidden_and_the_remedy_helps(rabbitmq, plain):
    outsider = {"username": "outsider", "password": rabbitmq.password}
    text = failed(checked(RABBITMQ, plain, outsider), "forbidden", "sign in")
    try:
        run(rabbitmq, text)
        passed(checked(RABBITMQ, plain, outsider))
    finally:
        rabbitmq.control("clear_permissions", "outsider")


def run(rabbitmq, text):
    """Do what a remedy says to run."""
    command = shlex.split(text[text.index("rabbitmqctl") : text.index(", which")])
    rabbitmq.control(*command[1:])


def test_an_exchange_that_is_not_there_is_named(config, credentials):
    report = checked(RABBITMQ, {**config, "exchange": "no such"}, credentials)
    assert "“no such”" in failed(report, "not_found", "find exchange")


@pytest.mark.parametrize("exchange", ["all events", ""])
def test_a_user_that_may_not_publish_is_told_the_exact_command_and_it_helps(rabbitmq, plain, reader, exchange):
    target = {**plain, "exchange": exchange}
    text = failed(checked(RABBITMQ, target, reader), "forbidden", "publish a test message")
    try:
        run(rabbitmq, text)
        passed(checked(RABBITMQ, target, reader))
    finally:
        rabbitmq.control("set_permissions", "reader", "", "", ".*")


def test_an_internal_exchange_cannot_be_published_to(plain, credentials):
    report = checked(RABBITMQ, {**plain, "exchange": "internal events"}, credentials)
    assert "internal" in failed(report, "forbidden", "publish a test message")


def test_a_user_of_certain_keys_only_passes(rabbitmq, plain, credentials):
    rabbitmq.control("set_topic_permissions", "publisher", "events", "^orders", "")
    try:
        passed(checked(RABBITMQ, plain, credentials))
    finally:
        rabbitmq.control("clear_topic_permissions", "publisher")


@pytest.mark.parametrize("limited", ["user", "vhost"])
def test_a_limit_of_connections_is_a_quota(rabbitmq, plain, credentials, limited):
    limit = '{"max-connections": 0}'
    rabbitmq.control(*(("set_user_limits", "publisher") if limited == "user" else ("set_vhost_limits",)), limit)
    try:
        failed(checked(RABBITMQ, plain, credentials), "quota", "sign in")
    finally:
        clear = ("clear_user_limits", "publisher", "all") if limited == "user" else ("clear_vhost_limits",)
        rabbitmq.control(*clear)


@pytest.mark.parametrize("exchange", ["events", ""])
def test_a_broker_that_takes_no_messages_says_so(rabbitmq, plain, credentials, exchange, monkeypatch):
    monkeypatch.setattr(checking, "PUBLISH_LIMIT", 1)
    rabbitmq.control("set_vm_memory_high_watermark", "absolute", "1")
    try:
        wait_until(lambda: "memory" in rabbitmq.control("eval", "rabbit_alarm:get_alarms()."), 10, "the alarm was on")
        report = checked(RABBITMQ, {**plain, "exchange": exchange}, credentials)
        assert "memory" in failed(report, "quota", "publish a test message")
    finally:
        rabbitmq.control("set_vm_memory_high_watermark", "0.8")
        wait_until(lambda: rabbitmq.control("eval", "rabbit_alarm:get_alarms().").strip() == "[]", 10, "it was off")


def test_a_certificate_of_an_unknown_ca_is_refused(config, credentials, stranger):
    report = checked(RABBITMQ, {**config, "ca_certificate": stranger.pem}, credentials)
    assert "CA that is not trusted" in failed(report, "tls", "tls")


def test_a_certificate_for_another_name_is_refused(config, credentials):
    report = checked(RABBITMQ, {**config, "host": "127.0.0.1"}, credentials)
    assert "not for the host “127.0.0.1”" in failed(report, "tls", "tls")


def test_a_port_without_tls_that_is_asked_for_it_says_so(rabbitmq, config, credentials):
    report = checked(RABBITMQ, {**config, "port": rabbitmq.port}, credentials)
    assert "does not speak TLS" in failed(report, "tls", "tls")


def test_a_port_with_tls_that_is_not_asked_for_it_says_so(rabbitmq, plain, credentials):
    report = checked(RABBITMQ, {**plain, "port": rabbitmq.tls_port}, credentials)
    assert "wants TLS" in failed(report, "tls", "sign in")


def test_a_dead_port_is_refused(config, credentials):
    failed(checked(RABBITMQ, {**config, "port": free_port()}, credentials), "refused", "connect")


def test_an_unknown_host_is_named(config, credentials):
    text = failed(checked(RABBITMQ, {**config, "host": "name.invalid"}, credentials), "dns", "resolve")
    assert "name.invalid" in text


def test_a_forbidden_address_is_blocked_before_anything_is_sent(config, credentials):
    failed(checked(RABBITMQ, {**config, "host": "169.254.169.254"}, credentials), "blocked", "resolve")


START = frame.marshal(commands.Connection.Start(mechanisms="EXTERNAL", locales="en_US"), 0)


@pytest.mark.parametrize(
    ("peer", "code"),
    [
        (lambda: Peer(b"HTTP/1.1 400 Bad Request\r\n\r\n", hang_up=True), "protocol"),
        (lambda: Peer(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "protocol"),
        (lambda: Peer(b"SSH-2.0-OpenSSH_9.2\r\n", after=False), "protocol"),
        (lambda: Peer(b"AMQP\x00\x01\x00\x00", hang_up=True), "protocol"),
        (lambda: Peer(b"\x01\x00\x00\xff\xff\xff\xff" + b"x" * 64, hang_up=True), "remote"),
        (lambda: Peer(START), "denied"),
        (lambda: Peer(hang_up=True), "remote"),
        (lambda: Peer(hang_up=True, after=False), "remote"),
    ],
    ids=["http", "http that stays", "ssh", "amqp 1.0", "a torn frame", "no passwords", "hangs up", "at once"],
)
def test_what_does_not_answer_as_a_broker_is_told_apart(plain, credentials, peer, code):
    """Stand-ins for peers that are not RabbitMQ, or not of this configuration."""

    async def visit(port):
        return await check(RABBITMQ, {**plain, "port": port}, credentials)

    failed(against(peer, visit), code, "sign in")


@pytest.mark.parametrize(("tls", "step"), [(True, "tls"), (False, "sign in")])
def test_a_peer_that_stays_silent_ends_in_a_timeout(plain, credentials, tls, step):
    async def visit(port):
        return await check(RABBITMQ, {**plain, "port": port, "tls": tls}, credentials, limit=1)

    started = time.monotonic()
    failed(against(Peer, visit), "timeout", step)
    assert time.monotonic() - started < 3


def test_a_silent_peer_is_given_up_before_the_outer_limit(plain, credentials, monkeypatch):
    monkeypatch.setattr(checking, "SIGN_IN_LIMIT", 0.2)

    async def visit(port):
        return await check(RABBITMQ, {**plain, "port": port}, credentials)

    failed(against(Peer, visit), "timeout", "sign in")


@pytest.mark.parametrize(
    ("word", "step"),
    [(b"\x00\x28\x00\x0a", "find exchange"), (b"landfall-check-", "publish a test message")],
    ids=["before the exchange", "before the message"],
)
def test_a_line_that_goes_dead_in_the_middle_ends_on_time(rabbitmq, plain, credentials, word, step):
    async def visit():
        async with Muffler(rabbitmq.port, word).listening() as port:
            started = time.monotonic()
            report = await check(RABBITMQ, {**plain, "port": port}, credentials, limit=1)
            return report, time.monotonic() - started

    report, took = asyncio.run(visit())
    failed(report, "timeout", step)
    assert took < 5


def test_a_broker_that_goes_away_in_the_middle_is_told_so(rabbitmq, plain, credentials):
    async def visit():
        async with Muffler(rabbitmq.port, b"landfall-check-", hang_up=True).listening() as port:
            return await check(RABBITMQ, {**plain, "port": port}, credentials)

    failed(asyncio.run(visit()), "remote", "publish a test message")


def test_a_broker_that_wants_a_client_s_certificate_says_so(authority, config, credentials):
    """A stand-in, since RabbitMQ would want them on every port. Its alert may be lost, but not the hint."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.ca.issue_cert("localhost").configure_cert(context)
    context.verify_mode = ssl.CERT_REQUIRED

    async def visit():
        async with listening(Peer, ssl=context) as port:
            return await check(RABBITMQ, {**config, "port": port}, credentials)

    report = asyncio.run(visit())
    assert report.code in ("tls", "remote")
    assert "client certificate" in failed(report, report.code, "sign in")


def test_certificates_that_would_not_be_used_are_refused(config, credentials):
    with pytest.raises(Invalid) as refused:
        RABBITMQ.clean({**config, "tls": False}, credentials)
    assert [problem.path for problem in refused.value.problems] == ["config.ca_certificate"]


def test_names_longer_than_the_protocol_has_room_for_are_refused(config, credentials):
    with pytest.raises(Invalid) as refused:
        RABBITMQ.clean({**config, "exchange": "ü" * 128}, credentials)
    assert [(problem.path, problem.code) for problem in refused.value.problems] == [("config.exchange", "max_length")]


@pytest.mark.parametrize(("tls", "port"), [(True, 5671), (False, 5672)])
def test_the_usual_port_depends_on_tls(tls, port, credentials):
    config, _ = RABBITMQ.clean({"host": "mq.example.com", "tls": tls}, credentials)
    assert config == {"host": "mq.example.com", "virtual_host": "/", "exchange": "", "tls": tls}
    assert RABBITMQ.target(config) == f"the default exchange at mq.example.com:{port}"
