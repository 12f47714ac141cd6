"""Checks of queues, streams and event buses on a server that judges signatures and rights as Amazon does."""

import logging
import socket

import pytest

from connectors import tls
from tests.connectors.aws_resources import KINDS, name_for
from tests.connectors.checks import checked, failed, logged, passed
from tests.servers.dns import name_server
from tests.servers.http import Request, listening
from tests.servers.process import free_port
from tests.servers.tls import server_context

TOKEN = "the-session-token-of-nobody"

pytestmark = pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))


@pytest.fixture
def name(amazon, kind, request):
    """The name of a resource of this test's own."""
    name = name_for(request.node.nodeid)
    kind.make(amazon, name)
    return name


@pytest.fixture
def config(amazon, kind, name):
    return kind.config(amazon.endpoint, name)


@pytest.fixture
def owner(amazon):
    return amazon.users["owner"]


@pytest.fixture(autouse=True)
def silent_logs(amazon, caplog):
    """Nothing that is logged during any of these tests holds a secret, at whatever level."""
    caplog.set_level(logging.DEBUG)
    yield
    said = logged(caplog)
    assert TOKEN not in said
    assert not [user for user, keys in amazon.users.items() if keys["secret_access_key"] in said]


def test_who_may_do_all_passes_and_nothing_is_left(amazon, kind, name, config, caplog):
    report = checked(kind.connector, config, amazon.users["owner"])
    assert passed(report) == ["resolve", "connect", kind.find, kind.ask]
    assert kind.left(amazon, name) == []
    assert not [record for record in caplog.records if record.message == "aws_test_taken"]


def test_who_may_only_send_passes_and_is_told_that_the_look_proved_nothing(amazon, kind, name, config):
    report = checked(kind.connector, config, amazon.users["sender"])
    assert passed(report) == ["resolve", "connect", kind.ask]
    assert f"may not look at the {kind.word}" in repr(report.steps)
    assert kind.left(amazon, name) == []


@pytest.mark.parametrize("user", ["reader", "nobody"])
def test_who_may_not_send_is_told_the_right_that_is_missing(amazon, kind, name, config, user):
    report = checked(kind.connector, config, amazon.users[user])
    assert f"{kind.right}{name} to" in failed(report, "forbidden", kind.ask)


def test_a_wrong_secret_is_denied(kind, config, owner):
    report = checked(kind.connector, config, owner | {"secret_access_key": "another secret, with blanks"})
    assert "secret access key does not belong" in failed(report, "denied", kind.find)


def test_an_unknown_key_is_denied(kind, config, owner):
    report = checked(kind.connector, config, owner | {"access_key_id": "AKIANOBODYKNOWSTHIS0"})
    assert "does not know this access key ID" in failed(report, "denied", kind.find)


def test_a_session_token_of_nobody_is_denied(kind, config, owner):
    failed(checked(kind.connector, config, owner | {"session_token": TOKEN}), "denied", kind.find)


def test_a_missing_resource_is_not_found_and_not_made(amazon, kind, owner):
    for _ in range(2):
        report = checked(kind.connector, kind.config(amazon.endpoint, "there-is-none"), owner)
        said = failed(report, "not_found", kind.find)
        assert f"There is no {kind.word} “there-is-none” in us-east-1" in said


def test_a_missing_resource_is_not_found_in_another_region(kind, config, owner):
    report = checked(kind.connector, config | {"region": "eu-west-1"}, owner)
    assert "in eu-west-1" in failed(report, "not_found", kind.find)


def test_nothing_is_taken_from_the_environment(kind, config, owner, monkeypatch):
    nowhere = f"http://127.0.0.1:{free_port()}"
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.setenv(variable, "from-the-environment")
    for variable in ("AWS_ENDPOINT_URL", "HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, nowhere)
    assert passed(checked(kind.connector, config, owner))


def test_a_dead_port_is_refused(kind, owner):
    report = checked(kind.connector, kind.config(f"http://localhost:{free_port()}", "x"), owner)
    failed(report, "refused", "connect")


def test_an_unknown_host_is_named(kind, owner, settings):
    with name_server({}) as dns:
        settings.EGRESS_NAMESERVERS = [dns.address]
        report = checked(kind.connector, kind.config("https://nowhere.invalid", "x"), owner)
    assert "nowhere.invalid" in failed(report, "dns", "resolve")


@pytest.mark.parametrize("host", ["169.254.169.254", "10.0.0.1", "[::ffff:10.0.0.1]", "0x7f.1", "2130706433"])
def test_a_private_address_is_blocked(kind, owner, host):
    failed(checked(kind.connector, kind.config(f"http://{host}", "x"), owner), "blocked", "resolve")


def test_a_public_host_name_that_stands_for_a_private_address_is_blocked(kind, owner, settings):
    """The host names that are made of a region are vetted like any other."""
    config = kind.config("https://sqs.eu-west-1.amazonaws.com", "x") | {"region": "eu-west-1"}
    config.pop("endpoint", None)
    host = kind.connector.host(config)
    assert host.endswith(".eu-west-1.amazonaws.com")
    with name_server({host: [["10.0.0.1"]]}) as dns:
        settings.EGRESS_NAMESERVERS = [dns.address]
        failed(checked(kind.connector, config, owner), "blocked", "resolve")


def relay(port):
    """Pass one request on to the server at `port`, and its answer back."""

    def talk(handler):
        head = b"".join(iter(handler.rfile.readline, b"\r\n"))
        length = next(int(line[16:]) for line in head.splitlines() if line.lower().startswith(b"content-length: "))
        handler.server.server.requests.append(Request("POST", "/", {}, b""))
        with socket.create_connection(("127.0.0.1", port)) as far:
            far.sendall(head + b"\r\n" + handler.rfile.read(length))
            while data := far.recv(65536):
                handler.wfile.write(data)

    return talk


@pytest.fixture
def secure(amazon, authority):
    """The port of the server over TLS, and what it was sent."""
    with listening(relay(amazon.port), server_context(authority, "localhost")) as server:
        yield server


@pytest.fixture
def trusting(authority, monkeypatch):
    """The system trusts the CA of the tests."""
    context = tls.tls_context(authority.pem)
    monkeypatch.setattr(tls, "tls_context", lambda: context)


@pytest.mark.usefixtures("trusting")
def test_tls_passes_with_a_ca_that_is_trusted(kind, name, owner, secure):
    report = checked(kind.connector, kind.config(secure.url("", "localhost"), name), owner)
    assert passed(report) == ["resolve", "connect", "tls", kind.find, kind.ask]
    assert len(secure.requests) == 2


def test_a_ca_that_is_not_trusted_is_sent_nothing(kind, owner, secure):
    report = checked(kind.connector, kind.config(secure.url("", "localhost"), "x"), owner)
    assert "not trusted" in failed(report, "tls", "tls")
    assert secure.requests == []


@pytest.mark.usefixtures("trusting")
def test_a_certificate_for_another_host_is_sent_nothing(kind, owner, secure):
    report = checked(kind.connector, kind.config(secure.url("", "127.0.0.1"), "x"), owner)
    assert "is not for the host “127.0.0.1”" in failed(report, "tls", "tls")
    assert secure.requests == []


def test_https_to_a_port_that_speaks_http_fails(amazon, kind, owner):
    report = checked(kind.connector, kind.config(f"https://localhost:{amazon.port}", "x"), owner)
    assert "does not speak TLS" in failed(report, "tls", "tls")
