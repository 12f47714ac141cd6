"""Checks of topics on a real broker for Kafka's protocol."""

import asyncio
import logging
import shlex
import ssl
import time

import pytest

from connectors.probes.kafka import signing_in, wire
from connectors.problems import Invalid
from connectors.types.kafka import Kafka
from tests.connectors.checks import Muffler, Peer, against, check, checked, failed, listening, logged, passed
from tests.servers.http import hang
from tests.servers.http import listening as serving
from tests.servers.kafka import AUTHENTICATE, HANDSHAKE, METADATA, PEOPLE, PRODUCE, TOPICS, VERSIONS
from tests.servers.process import free_port
from tests.servers.tls import server_context

KAFKA = Kafka()
ALL = list(KAFKA.steps)
ASK = "ask for the right to publish"
MECHANISMS = ["plain", "scram-sha-256", "scram-sha-512"]


def at(*fronts, **others):
    """Without TLS, if nothing else is said."""
    config = {"topic": "events", "tls": False, "sasl_mechanism": "scram-sha-512", **others}
    return {"bootstrap_servers": ",".join(f"localhost:{getattr(front, 'port', front)}" for front in fronts), **config}


def who(name="publisher", password=None):
    return {"username": name, "password": password or PEOPLE[name].password}


@pytest.fixture
def secure(kafka, authority):
    """With TLS, a sign-in and rights, as clusters are."""
    with kafka.front(server_context(authority, "localhost")) as front:
        yield front


@pytest.fixture
def front(kafka):
    with kafka.front() as front:
        yield front


@pytest.fixture
def config(secure, authority):
    return at(secure, tls=True, ca_certificate=authority.pem)


@pytest.fixture(autouse=True)
def _silent_logs(caplog):
    """Nothing that is logged during any of these tests holds a password."""
    caplog.set_level(logging.DEBUG)
    yield
    assert not [one for one in PEOPLE.values() if one.password in logged(caplog)]


@pytest.fixture(autouse=True)
def _nothing_left(kafka):
    """Whatever the checks asked, no topic was created and no message stored."""
    yield
    assert kafka.topics() == set(TOPICS)
    assert kafka.stored() == 0


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_topic_that_may_be_published_to_passes(config, secure, mechanism):
    assert passed(checked(KAFKA, {**config, "sasl_mechanism": mechanism}, who())) == ALL
    assert secure.connections == 1
    assert set(secure.asked) == {VERSIONS, HANDSHAKE, AUTHENTICATE, METADATA}


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_odd_names_and_passwords_are_taken_as_they_are(front, mechanism):
    report = checked(KAFKA, at(front, topic=TOPICS[1], sasl_mechanism=mechanism), who("odd,name=ü"))
    assert passed(report) == [name for name in ALL if name != "tls"]


def test_a_broker_by_itself_that_lets_in_everybody_passes_as_far_as_it_tells(kafka):
    report = checked(KAFKA, at(kafka, sasl_mechanism="none", bootstrap_servers=f"127.0.0.1:{kafka.port}"), {})
    assert passed(report) == ["resolve", "connect", "speak Kafka", "find topic", "reach its leaders"]
    assert "does not tell" in next(step["message"] for step in report.steps if step["name"] == ASK)


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("name", ["publisher", "nobody"])
def test_wrong_credentials_are_denied_and_not_tried_elsewhere(front, kafka, mechanism, name):
    with kafka.front() as other:
        report = checked(KAFKA, at(front, other, sasl_mechanism=mechanism), who(name, "not it"))
        assert name in failed(report, "denied", "sign in")
        assert other.connections == 0


def test_a_mechanism_that_is_not_offered_names_those_that_are(kafka):
    with kafka.front(mechanisms=("SCRAM-SHA-256", "<b>OWN</b>")) as front:
        text = failed(checked(KAFKA, at(front), who()), "denied", "sign in")
    assert "scram-sha-256" in text
    assert "OWN" not in text


def test_a_listener_that_knows_no_users_says_so(kafka):
    with kafka.front(sasl=False) as front:
        assert "without SASL" in failed(checked(KAFKA, at(front), who()), "denied", "sign in")


def test_a_listener_that_wants_users_to_sign_in_says_so(front):
    report = checked(KAFKA, at(front, sasl_mechanism="none"), {})
    assert "choose a SASL mechanism" in failed(report, "remote", "find topic")


def test_a_broker_that_does_not_know_the_password_itself_is_found_out(kafka):
    with kafka.front(lies=True) as front:
        report = checked(KAFKA, at(front), who(password="another"))
    assert "prove" in failed(report, "protocol", "sign in")


def test_a_broker_cannot_keep_a_check_busy(kafka):
    with kafka.front(rounds=signing_in.ROUNDS + 1) as front:
        started = time.monotonic()
        failed(checked(KAFKA, at(front), who()), "protocol", "sign in")
        assert time.monotonic() - started < 2


@pytest.mark.parametrize("versions", [{}, {METADATA: (0, 5)}], ids=["now", "before rights were told"])
def test_a_topic_that_is_not_there_is_named_and_not_created(kafka, versions):
    with kafka.front(versions=versions) as front:
        report = checked(KAFKA, at(front, topic="no-such"), who())
    assert "“no-such”" in failed(report, "not_found", "find topic")


@pytest.mark.parametrize("told", [True, False], ids=["as bits", "asked for"])
def test_a_user_that_may_not_publish_is_told_the_command(kafka, told):
    with kafka.front(told=told) as front:
        text = failed(checked(KAFKA, at(front), who("reader")), "forbidden", ASK)
    command = shlex.split(text[text.index("kafka-acls.sh") : text.index(", or its like")])
    assert command[-5:] == ["User:reader", "--operation", "Write", "--topic", "events"]


@pytest.mark.parametrize("versions", [{}, {METADATA: (0, 5)}, {METADATA: (0, 4)}])
@pytest.mark.parametrize(("code", "certain"), [(87, True), (2, True), (0, True), (-1, False), (6, False)])
def test_where_no_rights_are_told_a_request_that_stores_nothing_asks(kafka, versions, code, certain):
    with kafka.front(told=False, nothing=code, versions=versions) as front:
        report = checked(KAFKA, at(front), who())
        assert (ASK in passed(report)) == certain
        assert PRODUCE in front.asked


def test_a_topic_that_may_not_be_seen_is_forbidden(kafka):
    with kafka.front(topic_error=29) as front:
        failed(checked(KAFKA, at(front), who()), "forbidden", "find topic")


def test_an_error_of_the_broker_is_told_by_name(kafka):
    with kafka.front(topic_error=56) as front:
        assert "KafkaStorageError" in failed(checked(KAFKA, at(front), who()), "remote", "find topic")


def test_a_topic_without_leaders_is_told_so(kafka):
    with kafka.front(leaderless=True, topic_error=5) as front:
        assert "leader" in failed(checked(KAFKA, at(front), who()), "remote", "find topic")


@pytest.mark.parametrize("versions", [{METADATA: (0, 3)}, {AUTHENTICATE: (0, -1)}, {METADATA: (13, 20)}])
def test_a_broker_of_another_age_is_told_so(kafka, versions):
    with kafka.front(versions=versions) as front:
        step = "sign in" if AUTHENTICATE in versions else "find topic"
        assert "1.0" in failed(checked(KAFKA, at(front), who()), "protocol", step)


class TestLeaders:
    """Where a broker sends its clients."""

    def test_a_leader_elsewhere_is_signed_in_to(self, kafka, front):
        with kafka.front(leaders=[("LOCALHOST", front.port)]) as first:
            passed(checked(KAFKA, at(first), who()))
        assert front.asked == [VERSIONS, HANDSHAKE, AUTHENTICATE, AUTHENTICATE]

    @pytest.mark.parametrize("alive", [2, 3])
    def test_each_of_the_first_three_must_be_reached(self, kafka, front, alive):
        with kafka.front() as first, kafka.front() as third:
            places = [("localhost", port) for port in (first.port, front.port, third.port)[:alive]]
            first.leaders = [*places, ("localhost", free_port())]
            report = checked(KAFKA, at(first), who())
        if alive == 3:
            passed(report)
        else:
            failed(report, "refused", "reach its leaders")

    def test_a_forbidden_address_gets_no_byte(self, kafka, settings):
        settings.EGRESS_ALLOW = ["127.0.0.1/32", "::1/128"]
        with serving(hang, host="127.0.0.2") as inner, kafka.front(leaders=[("127.0.0.2", inner.port)]) as first:
            text = failed(checked(KAFKA, at(first), who()), "blocked", "reach its leaders")
            assert inner.connections == 0
        assert "advertised.listeners" in text

    @pytest.mark.parametrize(
        ("leader", "code"),
        [
            (("127.0.0.1", free_port()), "refused"),
            (("name.invalid", 9092), "dns"),
            (("not a name", 9092), "dns"),
            (("2130706433", 9092), "blocked"),
            (("localhost", 0), "protocol"),
            (("localhost", 65536), "protocol"),
            (("", 9092), "protocol"),
        ],
    )
    def test_one_that_cannot_be_reached_is_named(self, kafka, leader, code):
        with kafka.front(leaders=[leader]) as front:
            step = "find topic" if code == "protocol" else "reach its leaders"
            failed(checked(KAFKA, at(front), who()), code, step)

    def test_its_certificate_must_be_for_the_name_it_is_said_to_have(self, kafka, authority, config, secure):
        secure.leaders = [("127.0.0.1", secure.port)]
        text = failed(checked(KAFKA, config, who()), "tls", "reach its leaders")
        assert "not for the host “127.0.0.1”" in text


class TestBootstrap:
    """Several servers, of which one is enough."""

    def test_the_first_that_answers_is_taken(self, kafka, front):
        with serving(lambda _: None) as closing:
            report = checked(KAFKA, at(free_port(), closing, front, free_port()), who())
        assert passed(report) == [name for name in ALL if name != "tls"]

    def test_all_are_told_when_none_does(self):
        ports = [free_port() for _ in range(3)]
        text = failed(checked(KAFKA, at(*ports), who()), "refused", "connect")
        assert all(str(port) in text for port in ports)

    def test_not_all_of_many_are_told(self):
        ports = [free_port() for _ in range(20)]
        text = failed(checked(KAFKA, at(*ports), who()), "refused", "connect")
        assert [port for port in ports if str(port) in text] == [*ports[:2], ports[-1]]

    def test_a_forbidden_one_is_not_passed_over(self, front):
        config = at(front, bootstrap_servers=f"169.254.169.254:9092,localhost:{front.port}")
        failed(checked(KAFKA, config, who()), "blocked", "resolve")
        assert front.connections == 0


class TestTLS:
    def test_an_unknown_ca_is_refused(self, config, stranger):
        report = checked(KAFKA, {**config, "ca_certificate": stranger.pem}, who())
        assert "CA that is not trusted" in failed(report, "tls", "tls")

    def test_another_name_is_refused(self, config, secure):
        report = checked(KAFKA, {**config, "bootstrap_servers": f"127.0.0.1:{secure.port}"}, who())
        assert "not for the host “127.0.0.1”" in failed(report, "tls", "tls")

    def test_a_port_without_it_says_so(self, front, config):
        failed(checked(KAFKA, {**config, "bootstrap_servers": f"localhost:{front.port}"}, who()), "tls", "tls")

    def test_a_port_with_it_that_is_not_asked_for_it_says_so(self, secure):
        report = checked(KAFKA, at(secure), who())
        assert "tls" in failed(report, report.code, "speak Kafka").lower()
        assert report.code in ("tls", "remote")

    def test_a_broker_that_wants_a_client_s_certificate_says_so(self, kafka, authority, config):
        """Its alert may be lost, but not the hint."""
        with kafka.front(server_context(authority, "localhost", client=authority)) as front:
            report = checked(KAFKA, {**config, **at(front, tls=True)}, who())
        assert report.code in ("tls", "remote")
        assert "client certificate" in failed(report, report.code, "speak Kafka")


@pytest.mark.parametrize(
    ("peer", "code"),
    [
        (lambda: Peer(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "protocol"),
        (lambda: Peer(b"SSH-2.0-OpenSSH_9.2\r\n", after=False), "protocol"),
        (lambda: Peer(b"\x00\x00\x00\x06\x00\x00\x00\x01\x00\x23"), "protocol"),
        (lambda: Peer(b"\x00\x00\x00\x0a\x00\x00\x00\x01\x00\x23\x00\x00\x00\x00"), "remote"),
        (lambda: Peer(b"\x00\x00\x00\x0a\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00"), "protocol"),
        (lambda: Peer(b"\x00\x00\x00\x0a\x00\x00\x00\x01\x00\x00\x7f\xff\xff\xff"), "protocol"),
        (lambda: Peer(b"\x00\x00\x00\x0a\x00\x00\x00\x01\x00\x00\xff\xff\xff\xff"), "protocol"),
        (lambda: Peer(b"\x00\x00\x00\x02\x00\x00"), "protocol"),
        (lambda: Peer(b"\x15\x03\x01\x00\x02\x02\x28"), "tls"),
        (lambda: Peer(b"\x00\x00\x01\x00half", hang_up=True), "remote"),
        (lambda: Peer(hang_up=True), "remote"),
        (lambda: Peer(hang_up=True, after=False), "remote"),
    ],
    ids=[
        *("http", "ssh", "cut short", "an error", "another answer", "more than there is", "no list", "too short"),
        *("tls", "half", "hangs up", "at once"),
    ],
)
def test_what_does_not_answer_as_a_broker_is_told_apart(peer, code):
    async def visit(port):
        return await check(KAFKA, at(port), who())

    failed(against(peer, visit), code, "speak Kafka")


@pytest.mark.parametrize(("tls", "step"), [(True, "tls"), (False, "speak Kafka")])
def test_a_peer_that_stays_silent_ends_in_a_timeout(tls, step):
    async def visit(port):
        return await check(KAFKA, at(port, tls=tls), who(), limit=1)

    started = time.monotonic()
    failed(against(Peer, visit), "timeout", step)
    assert time.monotonic() - started < 3


def test_a_silent_peer_is_given_up_before_the_outer_limit_for_the_next(front, monkeypatch):
    monkeypatch.setattr(wire, "ANSWER_LIMIT", 0.5)

    async def visit(port):
        return await check(KAFKA, at(port, front), who())

    passed(against(Peer, visit))


@pytest.mark.parametrize("hang_up", [True, False])
@pytest.mark.parametrize(("word", "step"), [(b"SCRAM-SHA-512", "sign in"), (b"events", "find topic")])
def test_a_line_that_goes_dead_in_the_middle_is_told_so_on_time(front, word, step, hang_up):
    async def visit():
        async with Muffler(front.port, word, hang_up=hang_up).listening() as port:
            started = time.monotonic()
            report = await check(KAFKA, at(port), who(), limit=1)
            return report, time.monotonic() - started

    report, took = asyncio.run(visit())
    failed(report, "remote" if hang_up else "timeout", step)
    assert took < 4


def test_a_silent_broker_with_tls_ends_on_time(authority):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.ca.issue_cert("localhost").configure_cert(context)

    async def visit():
        async with listening(Peer, ssl=context) as port:
            return await check(KAFKA, at(port, tls=True, ca_certificate=authority.pem), who(), limit=1)

    started = time.monotonic()
    failed(asyncio.run(visit()), "timeout", "speak Kafka")
    assert time.monotonic() - started < 4


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("kafka.example.com", "pattern"),
        ("kafka.example.com:", "pattern"),
        (":9092", "pattern"),
        ("kafka:9092,", "pattern"),
        ("kafka:9092, other:9092", "invalid"),
        ("kafka:0", "pattern"),
        ("kafka:65536", "pattern"),
        ("kafka:99999999", "pattern"),
        ("kafka:\uff19\uff10", "pattern"),
        ("kafka://kafka:9092", "pattern"),
        ("2001:db8::9:9092", "pattern"),
        (",".join(["kafka:9092"] * 21), "limit"),
    ],
)
def test_what_is_no_list_of_servers_is_refused(text, code):
    assert refused({**at(), "bootstrap_servers": text}, who()) == {"config.bootstrap_servers": code}


@pytest.mark.parametrize("topic", [".", "..", "a b", "a/b", "x" * 250, "ü"])
def test_what_can_be_no_topic_is_refused(topic):
    assert set(refused(at("1", topic=topic), who())) == {"config.topic"}


def test_what_does_not_fit_together_is_refused(authority):
    assert refused(at(9092, ca_certificate=authority.pem), {"username": "x"}) == {
        "config.ca_certificate": "invalid",
        "credentials.password": "required",
    }
    assert refused(at(9092, sasl_mechanism="none"), who()) == {
        "credentials.username": "invalid",
        "credentials.password": "invalid",
    }


def refused(config, credentials):
    with pytest.raises(Invalid) as caught:
        KAFKA.clean(config, credentials)
    return {problem.path: problem.code for problem in caught.value.problems}


def test_it_is_recognised_by_its_topic_and_first_server():
    config, _ = KAFKA.clean(at() | {"bootstrap_servers": "[2001:db8::9]:9093,b:1"}, who())
    assert KAFKA.target(config) == "events at [2001:db8::9]:9093"
    assert KAFKA.host(config) == "[2001:db8::9]"
