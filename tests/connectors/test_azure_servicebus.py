"""Checks of queues and topics against a broker that behaves as Azure Service Bus does."""

import asyncio
import logging
import re
import time

import pytest

from connectors.probes.servicebus import checking
from connectors.problems import Invalid
from connectors.types.azure_servicebus import AzureServiceBus
from tests.connectors import checks
from tests.connectors.checks import Muffler, Peer, failed, listening, passed
from tests.servers.dns import name_server
from tests.servers.process import free_port
from tests.servers.servicebus import KEY, NAMESPACE, connection_string, serving
from tests.servers.tls import server_context

BUS = AzureServiceBus()
SIGN_IN, OPEN = "sign in", "open the queue or topic for sending"
EMULATOR = ";UseDevelopmentEmulator=true"
SAID = "a text that belongs in no message"


def checked(config, string=None, limit=15):
    return checks.checked(BUS, config, {"connection_string": string or connection_string()}, limit)


@pytest.fixture
def broker():
    with serving() as broker:
        yield broker


@pytest.fixture
def config(broker):
    return {"name": "orders", "endpoint": f"amqp://127.0.0.1:{broker.port}"}


@pytest.fixture(autouse=True)
def silent_logs(caplog):
    """Nothing that is logged during any of these tests holds a key or a token, at whatever level."""
    caplog.set_level(logging.DEBUG)
    yield
    logged = checks.logged(caplog)
    assert not [secret for secret in (KEY, "SharedAccessSignature", SAID) if secret in logged]


class TestPassing:
    def test_a_queue_that_may_be_sent_to_passes_and_no_message_is_sent(self, broker, config):
        assert passed(checked(config)) == ["resolve", "connect", SIGN_IN, OPEN]
        assert broker.links == ["$cbs", "orders"]
        assert broker.messages == []

    def test_the_broker_is_left_with_a_goodbye(self, broker, config):
        passed(checked(config))
        deadline = time.monotonic() + 2
        while not broker.closed and time.monotonic() < deadline:
            time.sleep(0.01)
        assert broker.closed == 1

    @pytest.mark.parametrize("policy", ["all", "of orders"])
    def test_every_policy_with_the_right_to_send_passes(self, config, policy):
        assert passed(checked(config, connection_string(policy)))

    def test_a_connection_string_of_the_queue_itself_passes(self, config):
        assert passed(checked(config, connection_string("of orders", more=";EntityPath=orders")))

    def test_the_token_is_for_this_queue_alone_and_does_not_last(self, broker, config):
        assert passed(checked(config | {"name": "other.queue_1-a"}))
        [token] = broker.tokens
        assert "sr=sb%3A%2F%2Fcontoso.servicebus.windows.net%2Fother.queue_1-a&" in token
        [expires] = re.findall(r"&se=(\d+)", token)
        assert 0 < int(expires) - time.time() <= 3600

    def test_the_emulator_is_spoken_to_without_tls(self):
        with serving(namespace="localhost") as broker:
            endpoint = f"sb://localhost:{broker.port}"
            assert passed(checked({"name": "orders"}, connection_string(more=EMULATOR, endpoint=endpoint)))

    def test_tls_passes_with_the_ca_of_the_endpoint(self, authority):
        with serving(server_context(authority, "localhost")) as broker:
            config = {"name": "orders", "endpoint": f"amqps://localhost:{broker.port}", "ca_certificate": authority.pem}
            assert passed(checked(config)) == ["resolve", "connect", "tls", SIGN_IN, OPEN]


class TestFailing:
    @pytest.mark.parametrize(
        "string",
        [
            connection_string(key="YW5vdGhlciBrZXk="),
            connection_string("nobody"),
        ],
        ids=["another key", "a policy that is not there"],
    )
    def test_a_key_that_is_not_right_is_denied(self, broker, config, string):
        assert "does not accept the shared access key" in failed(checked(config, string), "denied", SIGN_IN)
        assert broker.links == ["$cbs"]

    def test_a_key_of_another_queue_is_denied(self, config):
        failed(checked(config | {"name": "other.queue_1-a"}, connection_string("of orders")), "denied", SIGN_IN)

    def test_a_key_of_another_namespace_is_denied(self, config):
        string = connection_string(endpoint="sb://fabrikam.servicebus.windows.net")
        failed(checked(config, string), "denied", SIGN_IN)

    def test_a_missing_queue_is_not_found(self, broker, config):
        said = failed(checked(config | {"name": "there-is-none"}), "not_found", OPEN)
        assert "There is no queue or topic “there-is-none”" in said

    def test_who_may_not_send_is_told_the_claim_that_is_missing(self, config):
        said = failed(checked(config, connection_string("listener")), "forbidden", OPEN)
        assert "“listener” may not send to “orders”" in said
        assert "the claim Send" in said

    @pytest.mark.parametrize(
        ("condition", "code"),
        [
            ("amqp:not-found", "not_found"),
            ("amqp:unauthorized-access", "forbidden"),
            ("amqp:not-allowed", "config"),
            ("amqp:resource-limit-exceeded", "quota"),
            ("com.microsoft:server-busy", "quota"),
            ("com.microsoft:entity-disabled", "forbidden"),
            ("com.microsoft:argument-error", "config"),
            ("com.microsoft:timeout", "timeout"),
            ("amqp:internal-error", "remote"),
            ("amqp:link:redirect", "remote"),
            ("some-thing:nobody-heard-of", "remote"),
        ],
    )
    def test_what_a_refused_link_means(self, condition, code):
        with serving(faults={"orders": condition}) as broker:
            report = checked({"name": "orders", "endpoint": f"amqp://127.0.0.1:{broker.port}"})
        failed(report, code, OPEN)
        assert SAID not in repr(report)
        assert condition not in repr(report)

    @pytest.mark.parametrize(
        ("status", "code"),
        [(401, "denied"), (403, "denied"), (429, "quota"), (500, "remote"), (503, "quota"), (302, "protocol")],
    )
    def test_what_an_answer_to_the_token_means(self, status, code):
        with serving(status=status) as broker:
            report = checked({"name": "orders", "endpoint": f"amqp://127.0.0.1:{broker.port}"})
        failed(report, code, SIGN_IN)
        assert SAID not in repr(report)

    def test_a_namespace_that_does_not_exist_is_an_unknown_host(self, settings):
        with name_server({}) as dns:
            settings.EGRESS_NAMESERVERS = [dns.address]
            failed(checked({"name": "orders"}), "dns", "resolve")
        assert {name for name, _ in dns.asked} == {NAMESPACE}

    def test_a_dead_port_is_refused(self):
        failed(checked({"name": "orders", "endpoint": f"amqps://localhost:{free_port()}"}), "refused", "connect")

    @pytest.mark.parametrize("host", ["169.254.169.254", "10.0.0.1", "[::ffff:10.0.0.1]"])
    def test_a_private_address_is_blocked(self, host):
        failed(checked({"name": "orders", "endpoint": f"amqps://{host}"}), "blocked", "resolve")

    def test_a_private_address_in_the_connection_string_is_blocked(self):
        failed(checked({"name": "orders"}, connection_string(endpoint="sb://10.0.0.1/")), "blocked", "resolve")

    def test_a_ca_that_is_not_trusted_fails(self, authority, stranger):
        with serving(server_context(authority, "localhost")) as broker:
            config = {"name": "orders", "endpoint": f"amqps://localhost:{broker.port}"}
            for more in ({}, {"ca_certificate": stranger.pem}):
                assert "not trusted" in failed(checked(config | more), "tls", "tls")
        assert broker.tokens == []

    def test_a_certificate_for_another_host_fails(self, authority):
        with serving(server_context(authority, "other.example.com")) as broker:
            config = {"name": "orders", "endpoint": f"amqps://localhost:{broker.port}", "ca_certificate": authority.pem}
            assert "is not for the host" in failed(checked(config), "tls", "tls")

    def test_tls_to_a_port_that_speaks_none_fails(self, broker, config):
        said = checked(config | {"endpoint": f"amqps://127.0.0.1:{broker.port}"})
        failed(said, "tls", "tls")

    def test_no_tls_to_a_port_that_speaks_it_fails(self, authority):
        with serving(server_context(authority, "localhost")) as broker:
            said = failed(
                checked({"name": "orders", "endpoint": f"amqp://localhost:{broker.port}"}), "protocol", SIGN_IN
            )
        assert "amqps://" in said


HEADER = b"AMQP\x03\x01\x00\x00"


class TestStrangers:
    def visit(self, peer, limit=5):
        async def both():
            async with listening(peer) as port:
                where = {"name": "orders", "endpoint": f"amqp://127.0.0.1:{port}"}
                return await checks.check(BUS, where, {"connection_string": connection_string()}, limit)

        return asyncio.run(both())

    @pytest.mark.parametrize(
        "answer",
        [
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            b"AMQP\x00\x00\x09\x01",
            b"AMQP\x00\x01\x00\x00",
            HEADER + bytes(64),
            HEADER + b"\xff\xff\xff\xff\x02\x01\x00\x00",
            HEADER + b"\x00\x00\x00\x0c\x02\x01\x00\x00\x00\x53\x40\xff",
            HEADER + b"\x00\x00\x00\x0e\x02\x01\x00\x00\x00\x53\x40\xd0\xff\xff",
            HEADER + b"\x00\x00\x00\x09\x02\x01\x00\x00\x40",
            HEADER + b"\x00\x00\x10\x00\x02\x01\x00\x00" + bytes(4088),
            HEADER + b"\x00\x00\x00\x14\x02\x01\x00\x00\x00\x53\x40\xf0\x00\x00\x00\x05\xff\xff\xff\x40",
        ],
    )
    def test_what_is_no_service_bus_is_told_so(self, answer):
        failed(self.visit(lambda: Peer(answer, hang_up=True)), "protocol", SIGN_IN)

    def test_who_hangs_up_is_told_so(self):
        failed(self.visit(lambda: Peer(hang_up=True)), "protocol", SIGN_IN)

    def test_who_says_nothing_is_given_up(self, monkeypatch):
        monkeypatch.setattr(checking, "LIMIT", 0.3)
        failed(self.visit(Peer), "timeout", SIGN_IN)

    def test_a_broker_that_only_keeps_the_connection_alive_is_given_up(self, monkeypatch):
        monkeypatch.setattr(checking, "LIMIT", 0.3)
        failed(self.visit(lambda: Peer(HEADER + b"\x00\x00\x00\x08\x02\x01\x00\x00" * 3)), "timeout", SIGN_IN)

    @pytest.mark.parametrize(("hang_up", "code"), [(True, "protocol"), (False, "timeout")])
    @pytest.mark.parametrize(("word", "step"), [(b"put-token", SIGN_IN), (b"sender", OPEN)])
    def test_a_broker_that_falls_silent(self, monkeypatch, hang_up, code, word, step):
        monkeypatch.setattr(checking, "LIMIT", 0.5)

        async def visit():
            with serving() as broker:
                muffler = Muffler(broker.port, word, hang_up=hang_up)
                async with muffler.listening() as port:
                    where = {"name": "orders", "endpoint": f"amqp://127.0.0.1:{port}"}
                    string = connection_string("all")
                    return await checks.check(BUS, where, {"connection_string": string})

        failed(asyncio.run(visit()), code, step)

    def test_the_time_limit_of_the_check_ends_it(self):
        assert self.visit(Peer, 0.3).code == "timeout"


class TestFields:
    def clean(self, string=None, **config):
        return BUS.clean({"name": "orders", **config}, {"connection_string": string or connection_string()})

    def problems(self, string=None, **config):
        with pytest.raises(Invalid) as caught:
            self.clean(string, **config)
        assert KEY not in str(caught.value)
        return [(one.path, one.code) for one in caught.value.problems]

    def test_the_target_names_the_namespace_when_that_is_given(self):
        config, _ = self.clean(namespace="contoso")
        assert BUS.target(config) == "contoso/orders"
        assert BUS.target(self.clean()[0]) == "orders"

    def test_the_mask_leaves_four_characters(self):
        masked = BUS.mask({"connection_string": connection_string()})["connection_string"]
        assert masked == "Endp" + "*" * (len(connection_string()) - 4)

    @pytest.mark.parametrize(
        "string",
        [
            connection_string(endpoint=f"sb://{NAMESPACE}"),
            connection_string(endpoint="SB://Contoso.ServiceBus.windows.net:5671/"),
            connection_string() + ";",
            connection_string() + ";TransportType=Amqp",
            connection_string() + ";EntityPath=Orders",
            f"SharedAccessKey={KEY};SharedAccessKeyName=sender;Endpoint=sb://{NAMESPACE}/",
        ],
    )
    def test_a_connection_string_may_be_spelled_so(self, string):
        assert self.clean(string)[1] == {"connection_string": string}

    @pytest.mark.parametrize(
        "string",
        [
            "x",
            KEY,
            f"Endpoint=sb://{NAMESPACE}/",
            f"Endpoint=sb://{NAMESPACE}/;SharedAccessKeyName=sender",
            f"Endpoint=sb://{NAMESPACE}/;SharedAccessKeyName=;SharedAccessKey={KEY}",
            f"SharedAccessKeyName=sender;SharedAccessKey={KEY}",
            f"Endpoint=sb://{NAMESPACE}/;SharedAccessSignature=SharedAccessSignature sr=x&sig=x",
            connection_string(endpoint=f"https://{NAMESPACE}/"),
            connection_string(endpoint=f"sb://{NAMESPACE}/path"),
            connection_string(endpoint=f"sb://somebody@{NAMESPACE}/"),
            connection_string(endpoint=f"sb://{NAMESPACE}:x/"),
            connection_string(endpoint="sb:///"),
            connection_string() + ";SharedAccessKey=twice",
            connection_string() + ";;nonsense",
            connection_string() + "\n",
        ],
    )
    def test_what_is_no_connection_string_is_refused(self, string):
        assert self.problems(string) == [("credentials.connection_string", "pattern")]

    def test_a_connection_string_for_another_queue_is_refused(self):
        assert self.problems(connection_string(more=";EntityPath=other")) == [("config.name", "invalid")]

    def test_a_connection_string_for_another_namespace_is_refused(self):
        assert self.problems(namespace="fabrikam") == [("config.namespace", "invalid")]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("name", "-orders"),
            ("name", "orders/sub"),
            ("name", "orders."),
            ("namespace", NAMESPACE),
            ("endpoint", "https://bus.example.com"),
            ("endpoint", "amqps://bus.example.com?x"),
        ],
    )
    def test_what_cannot_be_is_refused(self, name, value):
        assert self.problems(**{name: value}) == [(f"config.{name}", "pattern")]


def test_the_effect_says_that_nothing_is_sent():
    assert "no message is sent" in BUS.effect
