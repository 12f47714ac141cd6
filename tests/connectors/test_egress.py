import asyncio
import errno
import ipaddress
import socket
import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import addresses, egress, names, perloop
from connectors.problems import CheckFailed
from connectors.steps import Steps
from connectors.tls import tls_context
from tests.connectors.loops import run
from tests.egress.vectors import FORBIDDEN
from tests.servers.dns import name_server
from tests.servers.http import close, garbage, hang, listening
from tests.servers.process import free_port
from tests.servers.tls import self_signed_context, server_context

PUBLIC = [
    "1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0",
    "198.17.255.255", "198.20.0.0", "223.255.255.255", "2606:4700::1111", "2001:4860:4860::8888", "2a00:1450::1",
    "2001:200::1", "::ffff:8.8.8.8",
]  # fmt: skip
PRIVATE = "a private or reserved address"


@pytest.fixture(autouse=True)
def no_exceptions(settings):
    settings.EGRESS_ALLOW, settings.EGRESS_DENY, settings.EGRESS_NAMESERVERS = [], [], []
    return settings


@pytest.fixture
def loopback(no_exceptions):
    no_exceptions.EGRESS_ALLOW = ["127.0.0.0/8", "::1/128"]


@pytest.fixture
def steps():
    return Steps(("resolve", "connect", "tls"))


def permitted(text):
    return addresses.permitted(ipaddress.ip_address(text))


def codes(steps):
    return {step["name"]: step["code"] or step["status"] for step in steps.records}


def refusal(work):
    with pytest.raises(CheckFailed) as caught:
        run(work)
    assert caught.value.message.endswith(".")
    assert caught.value.remedy.endswith(".")
    return caught.value


class TestAddresses:
    @pytest.mark.parametrize("address", FORBIDDEN)
    def test_addresses_that_are_not_public_are_forbidden(self, address):
        assert not permitted(address)

    @pytest.mark.parametrize("address", PUBLIC)
    def test_public_addresses_are_permitted(self, address):
        assert permitted(address)

    def test_a_network_of_the_setting_is_permitted_and_no_other(self, settings):
        settings.EGRESS_ALLOW = ["10.1.0.0/16", "fd00::/8"]
        assert permitted("10.1.2.3")
        assert permitted("fd12::1")
        assert not permitted("10.2.0.1")
        assert not permitted("127.0.0.1")

    def test_what_is_denied_stays_so_whatever_is_allowed(self, settings):
        settings.EGRESS_ALLOW, settings.EGRESS_DENY = ["0.0.0.0/0", "::/0"], ["10.0.0.0/8", "8.8.8.8/32"]
        assert permitted("192.168.0.1")
        assert not permitted("10.0.0.1")
        assert not permitted("8.8.8.8")
        assert not permitted("64:ff9b::8.8.8.8")

    def test_a_network_that_cannot_be_read_permits_nothing(self, settings):
        settings.EGRESS_ALLOW = ["10.0.0.1/8"]
        with pytest.raises(ValueError, match="host bits"):
            permitted("8.8.8.8")

    @given(st.ip_addresses(v=4))
    def test_an_embedded_address_is_permitted_only_if_it_is_so_itself(self, inner):
        number = int(inner)
        forms = {
            "::ffff:0:0/96": number,
            "64:ff9b::/96": number,
            "64:ff9b:1::/48": number,
            "::ffff:0:0:0/96": number,
            "2002::/16": number << 80,
            "2001::/32": (0x08080808 << 64) | (~number & 0xFFFFFFFF),
            "2606:4700::5efe:0:0/96": number,
        }
        for text, bits in forms.items():
            network = ipaddress.IPv6Network(text)
            outer = ipaddress.IPv6Address(int(network.network_address) | bits)
            allow = addresses.networks((text,))
            listed = any(outer in other for other in allow)
            assert listed
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("django.conf.settings.EGRESS_ALLOW", [text])
                assert addresses.permitted(outer) == addresses.permitted(inner)

    def test_an_allowed_network_covers_the_forms_it_is_embedded_in_once_they_are_allowed_too(self, settings):
        settings.EGRESS_ALLOW = ["10.0.0.0/8"]
        assert permitted("::ffff:10.0.0.1")
        assert not permitted("64:ff9b::10.0.0.1")
        settings.EGRESS_ALLOW = ["10.0.0.0/8", "64:ff9b::/96"]
        assert permitted("64:ff9b::10.0.0.1")
        assert not permitted("64:ff9b::127.0.0.1")


class TestNotation:
    @pytest.mark.parametrize(
        "host",
        [
            "2130706433", "0x7f000001", "0x7f.1", "127.1", "127.0.1", "0177.0.0.1", "017700000001", "127.0.0.01",
            "127.0.0.0x1", "1.2.3.4.5", "256.0.0.1", "1.2.3", "4294967296", "0x", "1.", "fe80::1%eth0", "::1%lo",
            "[fe80::1%25eth0]", "::ffff:0x7f.1", "[::1]:80", "::1]", "1:2",
        ],
    )  # fmt: skip
    def test_addresses_in_unusual_notations_are_refused(self, host, loopback):
        assert refusal(egress.look_up(host)).code == "blocked"

    @pytest.mark.parametrize(
        "host",
        [
            "\uff11\uff12\uff17.0.0.1",
            "127\u30020\uff0e0\uff611",
            "①②⑦.0.0.1",
            "127.0.0.1.",
            "[::ffff:127.0.0.1]",
            "::FFFF:7F00:1",
            "0:0:0:0:0:ffff:127.0.0.1",
        ],
    )
    def test_the_same_address_in_other_characters_is_the_same(self, host, loopback, settings):
        assert run(egress.look_up(host)) == ("127.0.0.1",)
        settings.EGRESS_ALLOW = []
        assert refusal(egress.look_up(host)).code == "blocked"

    @pytest.mark.parametrize(
        "host",
        [
            "", ".", "..", "a..b", "-a.example", "a-.example", "a b", "a\tb", "a\0.example", "a/b", "a@b", "a%2e.b",
            "[]", "[127.1]", "x" * 64 + ".example", "a." * 130 + "example",
            "xn--a\u0308", "\ud800", "a\u200d.b", "*.example", "a\r\nb",
        ],
    )  # fmt: skip
    def test_what_can_be_no_host_is_refused(self, host):
        assert refusal(egress.look_up(host)).code == "dns"

    @pytest.mark.parametrize(
        ("host", "name"),
        [
            ("EXAMPLE.com.", "example.com"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("straße.example", "xn--strae-oqa.example"),
            ("_dmarc.example", "_dmarc.example"),
            ("\uff45xample.com", "example.com"),
            ("[2606:4700::1]", "2606:4700::1"),
        ],
    )
    def test_names_are_asked_for_and_certified_in_their_ascii_form(self, host, name):
        assert egress.server_name(host) == name

    @given(st.text("0123456789abcdefxX.", min_size=1, max_size=20))
    def test_whatever_a_c_library_takes_for_an_address_is_never_taken_for_a_name(self, host):
        try:
            meant = socket.inet_aton(host)
        except OSError:
            return
        try:
            read = names.canonical(host)
        except CheckFailed:
            return
        assert not isinstance(read, str)
        assert read.packed == meant


class TestNames:
    def test_every_address_is_found(self, settings):
        with name_server({"two.example": [["1.1.1.1", "2606:4700::1111"]]}) as dns:
            settings.EGRESS_NAMESERVERS = [dns.address]
            assert set(run(egress.look_up("Two.Example."))) == {"1.1.1.1", "2606:4700::1111"}

    def test_the_hosts_file_counts(self, loopback):
        assert "127.0.0.1" in run(egress.look_up("localhost"))

    @pytest.mark.parametrize("inner", ["10.3.2.1", "127.0.0.1", "169.254.169.254", "fd00::1", "::ffff:10.3.2.1"])
    def test_one_forbidden_address_refuses_the_host_and_is_not_told(self, settings, inner):
        with name_server({"mixed.example": [["1.1.1.1", inner, "8.8.8.8"]]}) as dns:
            settings.EGRESS_NAMESERVERS = [dns.address]
            failure = refusal(egress.look_up("mixed.example"))
        assert failure.code == "blocked"
        assert "mixed.example" in failure.message
        assert PRIVATE in failure.message
        assert "LANDFALL_EGRESS_ALLOW" in failure.remedy
        assert inner not in failure.message + failure.remedy
        assert "10.3.2.1" not in failure.message + failure.remedy

    def test_the_answer_to_a_forbidden_name_is_that_to_a_forbidden_address(self, settings):
        with name_server({"inner.example": [["10.3.2.1"]]}) as dns:
            settings.EGRESS_NAMESERVERS = [dns.address]
            named, numbered = refusal(egress.look_up("inner.example")), refusal(egress.look_up("10.3.2.1"))
        assert named.message.replace("inner.example", "10.3.2.1") == numbered.message

    def test_an_unknown_name_is_said_to_be_so(self, settings):
        with name_server({}) as dns:
            settings.EGRESS_NAMESERVERS = [dns.address]
            failure = refusal(egress.look_up("nowhere.invalid"))
        assert failure.code == "dns"
        assert "“nowhere.invalid” does not exist" in failure.message

    def test_a_name_without_an_address_is_unknown_too(self, settings):
        with name_server({"empty.example": [[]]}) as dns:
            settings.EGRESS_NAMESERVERS = [dns.address]
            assert refusal(egress.look_up("empty.example")).code == "dns"

    def test_dead_name_servers_do_not_hold_a_check_up(self, settings, monkeypatch):
        monkeypatch.setattr(names, "LIMIT", 1.0)
        with name_server({}, silent=True) as dead:
            settings.EGRESS_NAMESERVERS = [dead.address]
            failure = refusal(asyncio.wait_for(egress.look_up("some.example"), 2))
        assert failure.code == "dns"
        assert "name servers gave no answer" in failure.message

    def test_dead_name_servers_are_given_up_by_themselves(self, settings, monkeypatch):
        monkeypatch.setattr(names, "LIMIT", 60.0)
        with name_server({}, silent=True) as dead:
            settings.EGRESS_NAMESERVERS = [dead.address]
            assert refusal(asyncio.wait_for(egress.look_up("some.example"), 6)).code == "dns"

    def test_an_answer_is_kept_for_a_moment_and_vetted_each_time(self, settings):
        async def thrice():
            first = await egress.look_up("kept.example")
            second = await egress.look_up("kept.example")
            settings.EGRESS_DENY = ["1.1.1.0/24"]
            with pytest.raises(CheckFailed, match="blocked"):
                await egress.look_up("kept.example")
            return first, second

        with name_server({"kept.example": [["1.1.1.1"], ["2.2.2.2"]]}) as dns:
            settings.EGRESS_NAMESERVERS = [dns.address]
            assert run(thrice()) == (("1.1.1.1",), ("1.1.1.1",))
            assert len(dns.asked) <= 2  # one question for each kind of address

    def test_an_answer_is_asked_for_again_after_that(self, settings, monkeypatch):
        monkeypatch.setattr(names, "KEEP", 0.0)

        async def twice():
            return await egress.look_up("moved.example"), await egress.look_up("moved.example")

        with name_server({"moved.example": [["1.1.1.1"], ["2.2.2.2"]]}) as dns:
            settings.EGRESS_NAMESERVERS = [dns.address]
            assert run(twice()) == (("1.1.1.1",), ("2.2.2.2",))

    def test_a_failure_is_not_kept(self, settings):
        async def twice():
            with pytest.raises(CheckFailed):
                await egress.look_up("late.example")
            dns.answers["late.example"] = [["1.1.1.1"]]
            return await egress.look_up("late.example")

        with name_server({}) as dns:
            settings.EGRESS_NAMESERVERS = [dns.address]
            assert run(twice()) == ("1.1.1.1",)


class TestReach:
    def test_a_listening_port_is_reached(self, loopback, steps):
        with listening(close) as server:
            found = run(egress.reach("LOCALHOST.", server.port, steps))
        assert found == egress.Endpoint("localhost", server.port, "127.0.0.1")
        assert codes(steps) == {"resolve": "passed", "connect": "passed", "tls": "skipped"}

    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
    def test_a_certificate_for_the_host_is_accepted(self, loopback, authority, https_server, steps, host):
        run(egress.reach(host, https_server.port, steps, tls=tls_context(authority.pem)))
        assert set(codes(steps).values()) == {"passed"}

    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
    def test_a_forbidden_port_is_not_even_touched(self, steps, host):
        with listening(close) as server:
            assert refusal(egress.reach(host, server.port, steps)).code == "blocked"
            assert server.connections == 0
        assert codes(steps) == {"resolve": "blocked", "connect": "skipped", "tls": "skipped"}

    def test_the_address_is_vetted_again_when_it_is_connected_to(self):
        with listening(close) as server:
            assert refusal(egress._connect("trusted.example", server.port, ("127.0.0.1",))).code == "blocked"
            assert server.connections == 0

    @pytest.mark.skipif(not hasattr(socket, "SO_BINDTODEVICE"), reason="Only Linux has every 127.x.y.z on loopback.")
    def test_a_name_that_changes_its_address_cannot_lead_elsewhere(self, settings, steps, monkeypatch):
        monkeypatch.setattr(names, "KEEP", 0.0)
        settings.EGRESS_ALLOW = ["127.0.0.1/32"]
        with (
            listening(close) as right,
            listening(close, host="127.0.0.2", port=right.port) as wrong,
            name_server({"rebinding.example": [["127.0.0.1"], ["127.0.0.2"]]}) as dns,
        ):
            settings.EGRESS_NAMESERVERS = [dns.address]

            async def twice():
                found = await egress.reach("rebinding.example", right.port, steps)
                with pytest.raises(CheckFailed) as caught:
                    await egress.reach("rebinding.example", right.port, Steps(steps._names))
                return found, caught.value

            found, failure = run(twice())
            assert found.address == "127.0.0.1"
            assert failure.code == "blocked"
            assert wrong.connections == 0

    def test_a_closed_port_is_said_to_refuse(self, loopback, steps):
        port = free_port()
        failure = refusal(egress.reach("127.0.0.1", port, steps))
        assert failure.code == "refused"
        assert f"127.0.0.1:{port} refused the connection." == failure.message
        assert codes(steps)["connect"] == "refused"

    def test_a_second_address_is_tried_when_the_first_does_not_answer(self, settings, steps):
        settings.EGRESS_ALLOW = ["127.0.0.0/8"]
        with listening(close) as server, name_server({"two.example": [["127.0.0.3", "127.0.0.1"]]}) as dns:
            settings.EGRESS_NAMESERVERS = [dns.address]
            assert run(egress.reach("two.example", server.port, steps)).address == "127.0.0.1"

    def test_a_port_that_accepts_nothing_ends_in_time(self, loopback, steps, monkeypatch):
        monkeypatch.setattr(egress, "CONNECT_LIMIT", 0.3)
        with socket.socket() as full:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            waiting = [socket.socket() for _ in range(4)]
            for one in waiting:
                one.setblocking(False)
                one.connect_ex(full.getsockname())
            failure = refusal(egress.reach("127.0.0.1", full.getsockname()[1], steps))
            for one in waiting:
                one.close()
        assert failure.code == "timeout"

    @pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS])
    def test_a_machine_that_has_no_sockets_left_does_not_blame_the_destination(
        self, loopback, steps, monkeypatch, number
    ):
        """A stand-in for a machine at its limits: to be there would take the test session along."""

        async def start_connection(targets, **options):
            raise OSError(number, "exhausted")

        monkeypatch.setattr("aiohappyeyeballs.start_connection", start_connection)
        with pytest.raises(egress.Exhausted, match=errno.errorcode[number]):
            run(egress.reach("127.0.0.1", free_port(), steps))
        assert codes(steps)["connect"] == "unexpected"

    def test_ipv6_is_written_with_brackets(self, loopback, steps):
        port = free_port()
        assert f"[::1]:{port}" in refusal(egress.reach("::1", port, steps)).message


class TestTls:
    @pytest.fixture
    def trust(self, loopback, authority):
        return tls_context(authority.pem)

    def failure(self, talk, context, trust, steps, host="localhost"):
        with listening(talk, context) as server:
            failure = refusal(egress.reach(host, server.port, steps, tls=trust))
            assert f"{host}:{server.port}" in failure.message
        assert codes(steps) == {"resolve": "passed", "connect": "passed", "tls": failure.code}
        return failure

    def test_an_expired_certificate(self, authority, trust, steps):
        failure = self.failure(close, server_context(authority, "localhost", expired=True), trust, steps)
        assert failure.code == "tls"
        assert "has expired" in failure.message
        assert "Renew" in failure.remedy

    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
    def test_a_certificate_for_another_name(self, authority, trust, steps, host):
        failure = self.failure(close, server_context(authority, "elsewhere.example"), trust, steps, host)
        assert failure.code == "tls"
        assert f"is not for the host “{host}”" in failure.message

    def test_a_certificate_of_an_unknown_ca(self, stranger, trust, steps):
        failure = self.failure(close, server_context(stranger, "localhost"), trust, steps)
        assert failure.code == "tls"
        assert "a CA that is not trusted" in failure.message
        assert "chain" in failure.remedy

    def test_a_certificate_of_the_test_ca_by_the_systems_trust(self, loopback, authority, steps):
        failure = self.failure(close, server_context(authority, "localhost"), tls_context(), steps)
        assert "not trusted" in failure.message

    def test_a_self_signed_certificate(self, stranger, trust, steps):
        failure = self.failure(close, self_signed_context(stranger), trust, steps)
        assert "self-signed" in failure.message

    def test_a_port_that_speaks_something_else(self, trust, steps):
        failure = self.failure(garbage, None, trust, steps)
        assert failure.code == "tls"
        assert "does not speak TLS" in failure.message

    def test_a_port_that_hangs_up(self, trust, steps):
        failure = self.failure(close, None, trust, steps)
        assert failure.code == "tls"
        assert "closed the connection" in failure.message

    def test_a_port_that_says_nothing(self, trust, steps, monkeypatch):
        monkeypatch.setattr("connectors.tls.LIMIT", 0.3)
        failure = self.failure(hang, None, trust, steps)
        assert failure.code == "timeout"

    def test_versions_that_are_no_longer_safe(self, authority, trust, steps):
        old = server_context(authority, "localhost")
        with pytest.warns(DeprecationWarning, match="TLSv1"):
            old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        old.set_ciphers("ALL:@SECLEVEL=0")
        failure = self.failure(close, old, trust, steps)
        assert failure.code == "tls"
        assert "TLS 1.2" in failure.remedy

    def test_verification_is_always_on(self, authority):
        for context in (tls_context(), tls_context(authority.pem)):
            assert context.verify_mode == ssl.CERT_REQUIRED
            assert context.check_hostname
            assert context.minimum_version >= ssl.TLSVersion.TLSv1_2

    def test_a_given_ca_replaces_the_systems(self, authority):
        assert len(tls_context(authority.pem).get_ca_certs()) == 1

    def test_a_context_is_made_once_for_each_trust(self, authority, stranger):
        assert tls_context(authority.pem) is tls_context(authority.pem)
        assert tls_context(authority.pem) is not tls_context(stranger.pem)

    @pytest.mark.parametrize(
        "text", ["nonsense", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "ü", " "]
    )
    def test_a_ca_that_cannot_be_read_is_said_to_be_so(self, text):
        with pytest.raises(CheckFailed) as caught:
            tls_context(text)
        assert caught.value.code == "config"


class TestPerLoop:
    def test_each_loop_has_its_own_and_closes_it(self):
        ended = []

        async def end(value):
            ended.append(value)

        kept = perloop.PerLoop(object, end)

        async def same():
            assert kept.get() is kept.get()
            return kept.get()

        try:
            first, second = run(same()), run(same())
            assert first is not second
            assert ended == [first, second]
        finally:
            perloop._every.remove(kept)

    def test_what_an_unclosed_loop_left_is_forgotten(self):
        async def end(value):
            """Nothing to end."""

        kept = perloop.PerLoop(object, end)

        async def get():
            return kept.get()

        try:
            asyncio.run(get())
            asyncio.run(get())
            assert len(kept._values) == 1
        finally:
            perloop._every.remove(kept)
