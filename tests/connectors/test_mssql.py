"""Checks of databases against a server that speaks TDS as SQL Server does, which an independent client proves."""

import asyncio
import logging
import threading
import time

import pytds
import pytest

from connectors.probes import trial
from connectors.probes.ssh import STEPS as TUNNEL_STEPS
from connectors.probes.tds import messages, session, tokens
from connectors.probes.tds.place import Place
from connectors.problems import Invalid
from connectors.types.mssql import MsSQL
from tests.connectors.checks import Muffler, Peer, against, check, checked, failed, logged, passed
from tests.servers.process import free_port, wait_until
from tests.servers.tds import Login, SqlServer, sql_server
from tests.servers.tds_wire import NOT_SUPPORTED, ON, REQUIRED, SAID, changed, done, error, greeting, token
from tests.servers.tls import server_context

MSSQL = MsSQL()
PASSWORD = "the-loader's \\ pässword €😀"
SIMPLE = "the pässword €"  # python-tds miscounts characters that UTF-16 has two units for
LOADER = {"username": "loader", "password": PASSWORD}
ALL = ["resolve", "connect", "tls", "sign in", "find schema", "create a table", "remove it"]


def new_server(**more):
    logins = {
        "loader": Login(PASSWORD),
        "reader": Login(PASSWORD, frozenset()),
        "pytds": Login(SIMPLE),
        "pytds reader": Login(SIMPLE, frozenset()),
        "o]dd user": Login(PASSWORD, frozenset({"CREATE TABLE"})),
        "maker": Login(PASSWORD, frozenset({"CREATE SCHEMA"})),
    }
    return SqlServer(logins, {"lake": {"dbo", "odd ]'name"}}, **more)


@pytest.fixture
def server(authority):
    with sql_server(new_server(), server_context(authority, "localhost")) as server:
        yield server
    assert server.tables == {}
    assert server.databases["lake"] == {"dbo", "odd ]'name"}


@pytest.fixture
def config(server, authority):
    return {
        "host": "localhost",
        "port": server.port,
        "database": "lake",
        "schema": "dbo",
        "ca_certificate": authority.pem,
    }


@pytest.fixture
def plain(server):
    """Without TLS, and by address."""
    return {"host": "127.0.0.1", "port": server.port, "database": "lake", "schema": "dbo", "sslmode": "disable"}


@pytest.fixture(autouse=True)
def _silent_logs(caplog):
    """Nothing that is logged during any of these tests holds the password."""
    caplog.set_level(logging.DEBUG)
    yield
    assert PASSWORD not in logged(caplog)
    assert repr(PASSWORD)[1:-1] not in logged(caplog)


class TestTheServer:
    """That the server of these tests is a right one, as an independent client sees it."""

    @pytest.fixture
    def connect(self, server, authority, tmp_path):
        ca = tmp_path / "ca.pem"
        ca.write_text(authority.pem)

        def connect(password=SIMPLE, database="lake", user="pytds"):
            return pytds.connect(
                "localhost", database, user, password, port=server.port, cafile=str(ca), validate_host=False,
                autocommit=True, login_timeout=5,
            )  # fmt: skip

        return connect

    def test_it_makes_and_removes_a_table_within_tls(self, server, connect):
        with connect() as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE [dbo].[t] (id integer)")
            cursor.execute("INSERT INTO [dbo].[t] VALUES (1)")
            assert server.tables == {("lake", "dbo", "t"): 1}
            cursor.execute("IF OBJECT_ID(N'[dbo].[t]') IS NOT NULL DROP TABLE [dbo].[t];")
        assert [(seen["user"], seen["password"], seen["encrypted"]) for seen in server.seen] == [
            ("pytds", SIMPLE, True)
        ]

    @pytest.mark.parametrize("given", [{"password": "not it"}, {"user": "nobody"}, {"database": "nowhere"}])
    def test_it_refuses_who_may_not_sign_in(self, connect, given):
        with pytest.raises(pytds.OperationalError, match=SAID) as refused:
            connect(**given)
        assert refused.value.number == 18456

    def test_it_refuses_a_statement_with_a_number(self, connect):
        with connect(user="pytds reader") as connection, connection.cursor() as cursor:
            with pytest.raises(pytds.OperationalError) as refused:
                cursor.execute("CREATE TABLE [dbo].[t] (id integer)")
            assert refused.value.number == 262

    def test_it_sends_clients_on(self, server, connect):
        with sql_server(new_server()) as other:
            server.route = ("127.0.0.1", other.port)
            with pytest.raises(pytds.Error, match="not supported"):  # the client insists on TLS there, too
                connect()
            assert other.connections == 1


class TestPassing:
    def test_a_schema_that_tables_can_be_created_in_passes(self, config):
        report = checked(MSSQL, config, LOADER)
        assert passed(report) == ALL
        assert report.message == "Microsoft SQL Server accepted every step."

    def test_the_table_is_really_created_filled_and_dropped(self, server, config):
        passed(checked(MSSQL, config, LOADER))
        said = [statement.split(" ", 2)[0] for statement in server.statements]
        assert said == ["IF", "CREATE", "INSERT", "IF"]
        assert server.statements[-1].endswith("];")
        assert len({statement.split("landfall_check_")[1][:16] for statement in server.statements[1:]}) == 1

    def test_names_with_quotes_and_brackets_are_taken_as_they_are(self, server, config):
        assert passed(checked(MSSQL, {**config, "schema": "odd ]'name"}, LOADER)) == ALL

    def test_without_a_schema_one_is_made_and_removed(self, server, config):
        del config["schema"]
        report = checked(MSSQL, config, LOADER)
        assert passed(report) == [name for name in ALL if name != "find schema"]
        assert server.statements[0].startswith("CREATE SCHEMA [landfall_check_")

    @pytest.mark.parametrize("encryption", [ON, REQUIRED])
    @pytest.mark.parametrize("mode", ["verify-full", "verify-ca", "require"])
    def test_each_encrypted_mode_encrypts_even_the_sign_in(self, server, config, mode, encryption):
        server.encryption = encryption
        if mode == "require":
            del config["ca_certificate"]
        assert passed(checked(MSSQL, {**config, "sslmode": mode}, LOADER)) == ALL
        (seen,) = server.seen
        assert (seen["user"], seen["password"], seen["database"]) == ("loader", PASSWORD, "lake")
        assert (seen["server"], seen["encrypted"]) == ("localhost", True)

    def test_without_tls_the_step_is_skipped_and_says_why(self, server, plain):
        report = checked(MSSQL, plain, LOADER)
        assert passed(report) == [name for name in ALL if name != "tls"]
        assert "sslmode" in next(step for step in report.steps if step["name"] == "tls")["message"]
        assert not server.seen[0]["encrypted"]

    def test_the_longest_names_fill_several_packets(self, server, plain):
        schema = "]" * 128
        server.databases["lake"].add(schema)
        assert passed(checked(MSSQL, {**plain, "schema": schema}, LOADER))
        server.databases["lake"].remove(schema)

    def test_a_gateway_sends_us_on_and_we_go(self, server, config, authority):
        with sql_server(new_server(), server_context(authority, "localhost")) as other:
            server.route = ("localhost", other.port)
            assert passed(checked(MSSQL, config, LOADER)) == ALL
        assert server.statements == []
        assert other.seen[0]["encrypted"]
        assert len(other.statements) == 4

    def test_the_instance_that_a_gateway_names_is_told_to_the_server(self, server, config, authority):
        with sql_server(new_server(), server_context(authority, "localhost")) as other:
            server.route = ("localhost\\pool", other.port)
            assert passed(checked(MSSQL, config, LOADER)) == ALL
        assert other.seen[0]["server"] == "localhost\\pool"


class TestTls:
    @pytest.mark.parametrize("mode", ["verify-full", "verify-ca"])
    def test_a_certificate_of_an_unknown_ca_is_refused(self, server, config, stranger, mode):
        report = checked(MSSQL, {**config, "sslmode": mode, "ca_certificate": stranger.pem}, LOADER)
        assert "CA that is not trusted" in failed(report, "tls", "tls")
        assert server.seen == []

    def test_a_certificate_for_another_name_is_refused(self, config):
        report = checked(MSSQL, {**config, "host": "127.0.0.1"}, LOADER)
        assert "not for the host “127.0.0.1”" in failed(report, "tls", "tls")

    def test_a_certificate_for_another_name_will_do_when_only_its_ca_is_verified(self, config):
        assert passed(checked(MSSQL, {**config, "host": "127.0.0.1", "sslmode": "verify-ca"}, LOADER)) == ALL

    def test_an_expired_certificate_is_refused(self, config, authority):
        with sql_server(new_server(), server_context(authority, "localhost", expired=True)) as server:
            assert "expired" in failed(checked(MSSQL, {**config, "port": server.port}, LOADER), "tls", "tls")

    @pytest.mark.parametrize("mode", ["verify-full", "require"])
    def test_a_server_without_tls_that_is_asked_for_it_is_told_nothing(self, plain, mode):
        with sql_server(new_server()) as server:
            text = failed(checked(MSSQL, {**plain, "port": server.port, "sslmode": mode}, LOADER), "tls", "tls")
        assert "does not offer TLS" in text
        assert "sslmode" in text
        assert server.seen == []

    def test_a_server_that_wants_tls_of_everybody_is_told_nothing_in_clear(self, server, plain):
        server.encryption = REQUIRED
        assert "verify-full" in failed(checked(MSSQL, plain, LOADER), "tls", "sign in")
        assert server.seen == []

    def test_words_that_come_in_clear_are_not_taken_for_protected_ones(self, server, config):
        server.smuggled = packet(token(0xAD, b"") + done(0))
        failed(checked(MSSQL, config, {**LOADER, "password": "not it"}), "tls", "sign in")


class TestSignIn:
    @pytest.mark.parametrize("password", ["not the password", "pass wörd €"])
    def test_a_wrong_password_is_denied(self, config, password):
        text = failed(checked(MSSQL, config, {**LOADER, "password": password}), "denied", "sign in")
        assert "“loader”" in text

    def test_a_database_that_is_not_there_is_named(self, config):
        text = failed(checked(MSSQL, {**config, "database": "nowhere"}, LOADER), "not_found", "sign in")
        assert "“nowhere”" in text

    @pytest.mark.parametrize(
        ("number", "code", "said"),
        [
            (40615, "forbidden", "firewall rule"),
            (40914, "forbidden", "firewall rule"),
            (47073, "forbidden", "public network access"),
            (40532, "not_found", "full name"),
            (40613, "remote", "paused"),
            (42108, "remote", "paused"),
            (40501, "quota", "later"),
            (10928, "quota", "limit"),
            (17892, "forbidden", "trigger"),
            (18452, "denied", "Windows"),
            (18470, "forbidden", "ALTER LOGIN"),
            (18486, "forbidden", "ALTER LOGIN"),
            (18488, "denied", "expired"),
            (916, "not_found", "CREATE USER"),
            (99999, "denied", "error 99999"),
        ],
    )
    def test_who_is_not_let_in_is_told_why(self, server, config, number, code, said):
        server.gate = number
        text = failed(checked(MSSQL, config, LOADER), code, "sign in")
        assert said in text
        assert SAID not in text


class TestRouting:
    @pytest.mark.parametrize("host", ["169.254.169.254", "10.0.0.1", "0x7f000001", "::ffff:169.254.169.254"])
    def test_a_blocked_address_is_not_followed(self, server, config, host):
        server.route = (host, 1433)
        text = failed(checked(MSSQL, config, LOADER), "blocked", "sign in")
        assert "sends its clients on" in text

    def test_a_blocked_address_gets_no_byte(self, server, config, settings):
        with sql_server(new_server(), host="127.0.0.2") as other:
            server.route = ("127.0.0.2", other.port)
            settings.EGRESS_DENY = ["127.0.0.2/32"]
            failed(checked(MSSQL, config, LOADER), "blocked", "sign in")
            assert other.connections == 0
            settings.EGRESS_DENY = []
            failed(checked(MSSQL, config, LOADER), "tls", "sign in")
            assert other.connections == 1

    def test_an_unknown_host_is_named(self, server, config):
        server.route = ("worker.invalid", 1433)
        assert "worker.invalid" in failed(checked(MSSQL, config, LOADER), "dns", "sign in")

    def test_a_dead_port_is_refused(self, server, config):
        server.route = ("localhost", free_port())
        failed(checked(MSSQL, config, LOADER), "refused", "sign in")

    def test_the_certificate_of_the_next_server_is_verified_too(self, server, config):
        server.route = ("127.0.0.1", server.port)
        failed(checked(MSSQL, config, LOADER), "tls", "sign in")

    def test_a_circle_is_left(self, server, config):
        server.route = ("localhost", server.port)
        failed(checked(MSSQL, config, LOADER), "remote", "sign in")
        assert server.connections == 1 + session.HOPS


class TestRights:
    def test_a_schema_that_is_not_there_is_named(self, config):
        text = failed(checked(MSSQL, {**config, "schema": "no'where"}, LOADER), "not_found", "find schema")
        assert "“no'where”" in text
        assert "CREATE SCHEMA [no'where];" in text

    def test_who_may_not_create_tables_is_told_the_grant(self, config):
        report = checked(MSSQL, config, {**LOADER, "username": "reader"})
        text = failed(report, "forbidden", "create a table")
        assert "GRANT CREATE TABLE TO [reader]; GRANT ALTER, INSERT ON SCHEMA::[dbo] TO [reader];" in text

    def test_who_may_not_fill_a_table_leaves_none(self, server, config):
        text = failed(checked(MSSQL, config, {**LOADER, "username": "o]dd user"}), "forbidden", "create a table")
        assert "TO [o]]dd user];" in text
        assert server.statements[-1].startswith("IF OBJECT_ID")

    def test_who_may_not_create_a_table_in_a_schema_of_his_own_leaves_no_schema(self, server, config):
        del config["schema"]
        text = failed(checked(MSSQL, config, {**LOADER, "username": "maker"}), "forbidden", "create a table")
        assert "GRANT CREATE SCHEMA, CREATE TABLE TO [maker];" in text

    @pytest.mark.parametrize(
        ("word", "number", "code"),
        [
            ("CREATE", 2760, "forbidden"),
            ("CREATE", 3906, "forbidden"),
            ("CREATE", 1105, "quota"),
            ("INSERT", 9002, "quota"),
            ("INSERT", 1222, "timeout"),
            ("CREATE", 40613, "remote"),
            ("CREATE", 4242, "remote"),
        ],
    )
    def test_what_the_server_cannot_do_is_explained(self, server, config, word, number, code):
        server.faults[word] = number
        assert SAID not in failed(checked(MSSQL, config, LOADER), code, "create a table")

    def test_a_table_that_cannot_be_dropped_is_named(self, server, config):
        server.faults["DROP"] = 1222
        text = failed(checked(MSSQL, config, LOADER), "timeout", "remove it")
        assert "The table [dbo].[landfall_check_" in text
        assert len(server.tables) == 1
        server.tables.clear()


class TestBreakingOff:
    def test_a_line_that_breaks_in_the_middle_leaves_nothing(self, server, plain):
        def break_off(statement):
            if statement.startswith("INSERT"):
                raise ConnectionError

        server.hook = break_off
        failed(checked(MSSQL, plain, LOADER), "remote", "create a table")
        assert server.connections == 2

    def test_a_statement_that_waits_is_given_up_and_leaves_nothing(self, server, config, monkeypatch):
        monkeypatch.setattr(session, "STATEMENT_LIMIT", 0.5)
        freed = threading.Event()
        server.hook = lambda statement: statement.startswith("INSERT") and freed.wait(5)
        failed(checked(MSSQL, config, LOADER), "timeout", "create a table")
        assert server.connections == 2
        freed.set()
        wait_until(lambda: not any(server.tables.values()), 2, "the server had ended")

    def test_a_check_that_is_cancelled_in_the_middle_leaves_nothing(self, server, config):
        created = threading.Event()

        def wait(statement):
            if statement.startswith("INSERT"):
                created.set()
                time.sleep(0.5)

        server.hook = wait

        async def visit():
            task = asyncio.ensure_future(check(MSSQL, config, LOADER))
            await asyncio.to_thread(created.wait)
            task.cancel()
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        asyncio.run(visit())
        assert server.statements[-1].startswith("IF OBJECT_ID")

    def test_a_line_that_goes_dead_ends_on_time(self, server, plain, monkeypatch):
        monkeypatch.setattr(trial, "PATIENCE", 0.2)
        monkeypatch.setattr(trial, "REMOVE_LIMIT", 0.5)

        async def visit():
            async with Muffler(server.port, "INSERT".encode("utf-16-le")).listening() as port:
                started = time.monotonic()
                report = await check(MSSQL, {**plain, "port": port}, LOADER, limit=1)
                return report, time.monotonic() - started

        report, took = asyncio.run(visit())
        failed(report, "timeout", "create a table")
        assert took < 3
        assert len(server.tables) == 1  # no way led to the server any more
        server.tables.clear()


class TestConnecting:
    def test_a_dead_port_is_refused(self, config):
        failed(checked(MSSQL, {**config, "port": free_port()}, LOADER), "refused", "connect")

    def test_an_unknown_host_is_named(self, config):
        assert "name.invalid" in failed(checked(MSSQL, {**config, "host": "name.invalid"}, LOADER), "dns", "resolve")

    def test_a_forbidden_address_is_blocked_before_anything_is_sent(self, config):
        failed(checked(MSSQL, {**config, "host": "169.254.169.254"}, LOADER), "blocked", "resolve")

    @pytest.mark.parametrize("mode", ["verify-full", "disable"])
    @pytest.mark.parametrize("after", [True, False])
    @pytest.mark.parametrize(
        ("answer", "code"),
        [
            (b"HTTP/1.1 400 Bad Request\r\n\r\n", "protocol"),
            (b"SSH-2.0-OpenSSH_9.2\r\n", "protocol"),
            (b"\x15\x03\x01\x00\x02\x02\x46", "protocol"),
            (b"\x00" * 64, "protocol"),
            (b"\x04\x01\x00\x08\0\0\0\0", "protocol"),
            (b"\x04\x01\x00\x04\0\0\0\0", "protocol"),
            (b"\x12\x01\x00\x09\0\0\0\0\xff", "protocol"),
            (b"\x04\x01\x00\x0e\0\0\0\0\x01\xff\xff\x00\x01\xff", "protocol"),
            (b"\x04\x00\xff\xff\0\0\0\0" + bytes(70000), "protocol"),
            (b"\x04\x01\x00", "remote"),
            (b"", "remote"),
        ],
        ids=lambda value: value if isinstance(value, str) else repr(value)[:20],
    )
    def test_what_is_no_server_is_told_apart(self, plain, mode, after, answer, code):
        async def visit(port):
            return await check(MSSQL, {**plain, "port": port, "sslmode": mode}, LOADER)

        failed(against(lambda: Peer(answer, after=after, hang_up=True), visit), code, step_of(mode))

    @pytest.mark.parametrize("mode", ["verify-full", "disable"])
    def test_a_silent_server_is_given_up_before_the_outer_limit(self, plain, mode, monkeypatch):
        monkeypatch.setattr(session, "limited", lambda: asyncio.timeout(0.2))

        async def visit(port):
            return await check(MSSQL, {**plain, "port": port, "sslmode": mode}, LOADER)

        failed(against(Peer, visit), "timeout", step_of(mode))


def step_of(mode):
    return "sign in" if mode == "disable" else "tls"


def packet(body):
    return b"\x04\x01" + (len(body) + 8).to_bytes(2) + bytes(4) + body


class Greeter(Peer):
    """Greets, then answers whatever it is told."""

    def __init__(self, encryption, answer):
        super().__init__(packet(greeting({0: bytes(6), 1: bytes([encryption])})))
        self.next = answer

    def data_received(self, data):
        super().data_received(data)
        self.answer = self.next


class TestAnswers:
    @pytest.mark.parametrize(
        ("answer", "code"),
        [
            (packet(b"\xfd"), "protocol"),
            (packet(b"\x77junk"), "protocol"),
            (packet(token(0xAA, b"\x01")), "protocol"),
            (packet(error(18456)), "protocol"),
            (packet(token(0xAD, b"") + changed(20, b"\x05\0\0\x99\x05\x01\0")), "protocol"),
            (packet(token(0xAD, b"") + changed(20, b"\x05\0\x07\x99\x05\x00\0") + done(0)), "protocol"),
            (packet(token(0xE3, b"") + done(0)), "protocol"),
            (packet(b""), "protocol"),
            (packet(done(0)), "protocol"),
            (packet(done(2)), "denied"),
            (b"HTTP/1.1 200 OK\r\n\r\n", "protocol"),
        ],
        ids=lambda value: value if isinstance(value, str) else value[8:20].hex(),
    )
    def test_a_sign_in_that_goes_wrong_is_explained(self, plain, answer, code):
        async def visit(port):
            return await check(MSSQL, {**plain, "port": port}, LOADER)

        failed(against(lambda: Greeter(NOT_SUPPORTED, answer), visit), code, "sign in")

    @pytest.mark.parametrize(
        ("answer", "code"),
        [
            (packet(b"no handshake"), "tls"),
            (b"\x16\x03\x03\x00\x05hello", "protocol"),
            (packet(b"\x15\x03\x03\0"), "timeout"),
        ],
        ids=["junk", "bare", "half"],
    )
    def test_a_handshake_that_goes_wrong_is_explained(self, plain, answer, code, monkeypatch):
        monkeypatch.setattr(session, "limited", lambda: asyncio.timeout(0.5))

        async def visit(port):
            return await check(MSSQL, {**plain, "port": port, "sslmode": "require"}, LOADER)

        failed(against(lambda: Greeter(ON, answer), visit), code, "tls")

    def test_a_server_that_falls_silent_during_the_sign_in_is_given_up(self, plain, monkeypatch):
        monkeypatch.setattr(session, "SIGN_IN_LIMIT", 0.2)

        async def visit(port):
            return await check(MSSQL, {**plain, "port": port}, LOADER)

        failed(against(lambda: Greeter(NOT_SUPPORTED, b""), visit), "timeout", "sign in")

    def test_an_error_without_a_number_is_an_error(self):
        assert tokens.read(done(2)).errors == [tokens.UNNAMED]

    def test_a_welcome_may_come_after_other_results(self):
        """As Synapse does it."""
        in_procedure = b"\xff" + done(1)[1:]
        assert tokens.read(in_procedure + token(0xAD, b"") + done(0)).welcome

    def test_the_password_is_not_in_the_login_as_it_is(self):
        place = Place("h", 1, "d", "disable", "u", "secret-word")
        assert "secret-word".encode("utf-16-le") not in messages.login(place)
        assert "secret-word" not in repr(place)


class TestDeclaration:
    def test_certificates_that_would_not_be_used_are_refused(self, config):
        with pytest.raises(Invalid) as refused:
            MSSQL.clean({**config, "sslmode": "require"}, LOADER)
        assert [problem.path for problem in refused.value.problems] == ["config.ca_certificate"]

    def test_defaults_are_the_safe_and_usual_ones(self):
        config, _ = MSSQL.clean({"host": "db.example.com", "database": "lake"}, LOADER)
        assert config == {"host": "db.example.com", "port": 1433, "database": "lake", "sslmode": "verify-full"}
        assert MSSQL.target(config) == "lake at db.example.com:1433"
        assert MSSQL.target({**config, "schema": "raw"}) == "lake.raw at db.example.com:1433"


def test_a_check_passes_through_an_ssh_server_and_leaves_nothing_of_it(config, ssh):
    report = checked(MSSQL, {**config, **ssh.config}, LOADER, identity=ssh.identity)
    assert passed(report) == [*TUNNEL_STEPS, *(name for name in ALL if name not in ("resolve", "connect"))]
    wait_until(lambda: ssh.sessions == 0, 5, "the session with the SSH server had ended")


def test_a_closed_port_behind_an_ssh_server_is_refused(config, ssh):
    config |= {**ssh.config, "port": free_port()}
    failed(checked(MSSQL, config, LOADER, identity=ssh.identity), "refused", TUNNEL_STEPS[-1])
