"""Checks of schemas on a real PostgreSQL."""

import asyncio
import logging
import os
import signal
import struct
import time
from contextlib import contextmanager

import psycopg
import pytest

from connectors.probes.postgres import checking, greeting
from connectors.problems import Invalid
from connectors.tls import tls_context
from connectors.types.postgres import Postgres
from tests.connectors.checks import Muffler, Peer, against, check, checked, failed, logged, passed
from tests.servers.postgres import postgres_server
from tests.servers.process import free_port, wait_until

POSTGRES = Postgres()
PASSWORD = "the-loader's \\ password"
LOADER = {"username": "loader", "password": PASSWORD}
ALL = ["resolve", "connect", "tls", "sign in", "find schema", "create a table", "remove it"]


@pytest.fixture(scope="module")
def lake(postgres):
    """A server with a database, and a role for each way not to be let in."""
    quoted = psycopg.sql.Literal(PASSWORD).as_string()
    for role, how in {
        "loader": "IN ROLE people",
        "reader": "IN ROLE people",
        "unlisted": "",
        "barred": "IN ROLE turned_off, people",
        "encrypted": "IN ROLE tls_only, people",
        "certain": "IN ROLE certified, people",
        "crowded": "IN ROLE people CONNECTION LIMIT 0",
        "expired": "IN ROLE people VALID UNTIL '2001-01-01'",
        "looking": "IN ROLE people",
        '"a ""b"" does not exist"': "IN ROLE people",
    }.items():
        postgres.execute(f"CREATE ROLE {role} LOGIN PASSWORD {quoted} {how}")
    postgres.execute(f"CREATE ROLE sleeper NOLOGIN PASSWORD {quoted} IN ROLE people")
    postgres.execute("ALTER ROLE looking SET default_transaction_read_only = on")
    for database in ("lake", "private", "closed"):
        postgres.execute(f"CREATE DATABASE {database} OWNER loader")
    postgres.execute("REVOKE CONNECT ON DATABASE private FROM PUBLIC")
    postgres.execute("ALTER DATABASE closed ALLOW_CONNECTIONS false")
    postgres.execute('CREATE SCHEMA "Odd ""name""" AUTHORIZATION loader', "lake")
    return postgres


@pytest.fixture
def config(lake, authority):
    return {"host": lake.host, "port": lake.port, "database": "lake", "ca_certificate": authority.pem}


@pytest.fixture
def plain(lake):
    """Without TLS, and by address."""
    return {"host": "127.0.0.1", "port": lake.port, "database": "lake", "sslmode": "disable"}


@pytest.fixture(autouse=True)
def _silent_logs(caplog):
    """Nothing that is logged during any of these tests holds the password."""
    caplog.set_level(logging.DEBUG)
    yield
    assert PASSWORD not in logged(caplog)
    assert repr(PASSWORD)[1:-1] not in logged(caplog)


@pytest.fixture(autouse=True)
def _nothing_left(lake):
    yield
    assert left_behind(lake) == []
    sessions = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'landfall'"
    wait_until(lambda: not lake.execute(sessions), 5, "every session had ended")


def left_behind(lake):
    return lake.execute("SELECT relname FROM pg_class WHERE relname LIKE 'landfall%'", "lake")


def test_a_schema_that_tables_can_be_created_in_passes(config):
    report = checked(POSTGRES, config, LOADER)
    assert passed(report) == ALL
    assert report.message == "PostgreSQL accepted every step."


def test_names_with_capitals_blanks_and_quotes_are_taken_as_they_are(config):
    assert passed(checked(POSTGRES, {**config, "schema": 'Odd "name"'}, LOADER)) == ALL


@contextmanager
def on_ddl(lake, event, body):
    """Have the server run `body` whenever someone creates or drops a table in the database of the tests."""
    lake.execute(
        f"CREATE FUNCTION meddle() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN {body}; END $$;"
        f"CREATE EVENT TRIGGER meddle ON {event} WHEN TAG IN ('CREATE TABLE', 'DROP TABLE')"
        " EXECUTE FUNCTION meddle()",
        "lake",
    )
    try:
        yield
    finally:
        lake.execute("DROP EVENT TRIGGER meddle; DROP FUNCTION meddle()", "lake")


def test_the_table_is_really_created_and_really_dropped(config, lake):
    lake.execute("CREATE TABLE noted (tag text)", "lake")
    with on_ddl(lake, "ddl_command_end", "INSERT INTO noted VALUES (tg_tag)"):
        passed(checked(POSTGRES, config, LOADER))
    assert lake.execute("SELECT tag FROM noted", "lake") == [("CREATE TABLE",), ("DROP TABLE",)]
    lake.execute("DROP TABLE noted", "lake")


@pytest.mark.parametrize(
    ("mode", "trusts"), [("verify-full", "authority"), ("verify-ca", "authority"), ("require", None)]
)
def test_each_encrypted_mode_encrypts_the_session(config, lake, request, mode, trusts):
    del config["ca_certificate"]
    trusted = {"ca_certificate": request.getfixturevalue(trusts).pem} if trusts else {}
    how = "INSERT INTO noted SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    lake.execute("CREATE TABLE noted (ssl boolean)", "lake")
    with on_ddl(lake, "ddl_command_start", how):
        assert passed(checked(POSTGRES, {**config, **trusted, "sslmode": mode}, LOADER)) == ALL
    assert lake.execute("SELECT DISTINCT ssl FROM noted", "lake") == [(True,)]
    lake.execute("DROP TABLE noted", "lake")


def test_without_tls_the_step_is_skipped_and_says_why(plain):
    report = checked(POSTGRES, plain, LOADER)
    assert passed(report) == [name for name in ALL if name != "tls"]
    assert "sslmode" in report.steps[2]["message"]


def test_the_system_s_certificates_are_trusted_when_no_others_are_given(config, authority, tmp_path, monkeypatch):
    system = tmp_path / "system.pem"
    system.write_text(authority.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(system))
    del config["ca_certificate"]
    tls_context.cache_clear()
    try:
        assert passed(checked(POSTGRES, config, LOADER)) == ALL
    finally:
        tls_context.cache_clear()


@pytest.mark.parametrize("mode", ["verify-full", "verify-ca"])
def test_a_certificate_of_an_unknown_ca_is_refused(config, stranger, mode):
    report = checked(POSTGRES, {**config, "sslmode": mode, "ca_certificate": stranger.pem}, LOADER)
    assert "CA that is not trusted" in failed(report, "tls", "tls")


def test_a_certificate_for_another_name_is_refused(config):
    report = checked(POSTGRES, {**config, "host": "127.0.0.1"}, LOADER)
    assert "not for the host “127.0.0.1”" in failed(report, "tls", "tls")


def test_a_certificate_for_another_name_will_do_when_only_its_ca_is_verified(config):
    assert passed(checked(POSTGRES, {**config, "host": "127.0.0.1", "sslmode": "verify-ca"}, LOADER)) == ALL


def test_the_driver_verifies_by_itself_too(config, stranger, tmp_path, monkeypatch):
    """As if someone had stepped in between the greeting and the sign-in."""
    monkeypatch.setattr(checking, "_trusted", lambda place: trusting(tmp_path, stranger))
    failed(checked(POSTGRES, config, LOADER), "tls", "sign in")


@contextmanager
def trusting(folder, authority):
    path = folder / "other.pem"
    path.write_text(authority.pem)
    yield str(path)


def test_a_server_without_tls_that_is_asked_for_it_says_so(postgres_without_tls, config):
    report = checked(POSTGRES, {**config, "port": postgres_without_tls.port}, LOADER)
    text = failed(report, "tls", "tls")
    assert "does not offer TLS" in text
    assert "sslmode" in text


def test_who_must_use_tls_and_does_not_is_told_so(plain):
    text = failed(checked(POSTGRES, plain, {**LOADER, "username": "encrypted"}), "forbidden", "sign in")
    assert "without TLS" in text
    assert "verify-full" in text


def test_who_must_use_tls_and_does_so_gets_in(config):
    report = checked(POSTGRES, config, {**LOADER, "username": "encrypted"})
    failed(report, "forbidden", "create a table")


@pytest.mark.parametrize(
    ("username", "code", "said"),
    [
        ("barred", "forbidden", "pg_hba.conf"),
        ("unlisted", "forbidden", "pg_hba.conf"),
        ("certain", "tls", "client certificate"),
        ("sleeper", "forbidden", 'ALTER ROLE "sleeper" LOGIN;'),
        ("crowded", "quota", "limit"),
        ("expired", "denied", "expired"),
        ('a "b" does not exist', "forbidden", '"a ""b"" does not exist"'),
    ],
)
def test_a_role_that_may_not_sign_in_or_create_is_told_why(config, username, code, said):
    step = "create a table" if "exist" in username else "sign in"
    assert said in failed(checked(POSTGRES, config, {**LOADER, "username": username}), code, step)


@pytest.mark.parametrize(
    "credentials",
    [{**LOADER, "password": "not the password"}, {**LOADER, "username": 'role "x" does not exist'}],
    ids=["wrong password", "unknown role"],
)
def test_wrong_credentials_are_denied(config, credentials):
    # Who may connect at all is decided before the role is known to exist.
    code = "denied" if credentials["username"] == "loader" else "forbidden"
    failed(checked(POSTGRES, config, credentials), code, "sign in")


@pytest.mark.parametrize(
    ("database", "code", "said"),
    [
        ("nowhere", "not_found", "“nowhere”"),
        ("private", "forbidden", 'GRANT CONNECT ON DATABASE "private" TO "reader";'),
        ("closed", "forbidden", 'ALTER DATABASE "closed" ALLOW_CONNECTIONS true;'),
        ("host=192.0.2.1 dbname=lake", "not_found", "“host=192.0.2.1 dbname=lake”"),
        ("postgresql://192.0.2.1/lake", "not_found", "“postgresql://192.0.2.1/lake”"),
    ],
)
def test_a_database_that_cannot_be_used_is_named(config, database, code, said):
    report = checked(POSTGRES, {**config, "database": database}, {**LOADER, "username": "reader"})
    assert said in failed(report, code, "sign in")


def test_a_schema_that_is_not_there_is_named(config):
    text = failed(checked(POSTGRES, {**config, "schema": 'it"s'}, LOADER), "not_found", "find schema")
    assert '“it"s”' in text
    assert 'CREATE SCHEMA "it""s";' in text


def test_a_role_that_may_not_create_is_told_the_exact_grant_and_it_helps(config, lake):
    target, reader = {**config, "schema": 'Odd "name"'}, {**LOADER, "username": "reader"}
    text = failed(checked(POSTGRES, target, reader), "forbidden", "create a table")
    grant = text[text.index("GRANT") : text.index(";") + 1]
    assert grant == 'GRANT USAGE, CREATE ON SCHEMA "Odd ""name""" TO "reader";'
    lake.execute(grant, "lake")
    try:
        passed(checked(POSTGRES, target, reader))
    finally:
        lake.execute(grant.replace("GRANT", "REVOKE").replace(" TO ", " FROM "), "lake")


def test_a_session_that_may_only_read_is_sent_to_the_primary(config):
    report = checked(POSTGRES, config, {**LOADER, "username": "looking"})
    assert "only read" in failed(report, "forbidden", "create a table")


@pytest.mark.parametrize(
    ("state", "code"),
    [("53100", "quota"), ("53200", "quota"), ("57P01", "remote"), ("55P03", "timeout"), ("3F000", "not_found")],
)
def test_what_the_server_says_by_its_codes_is_understood(config, lake, state, code):
    with on_ddl(lake, "ddl_command_start", f"RAISE EXCEPTION 'told {PASSWORD[:3]}' USING ERRCODE = '{state}'"):
        text = failed(checked(POSTGRES, config, LOADER), code, "create a table")
    assert "told" not in text


def test_a_code_that_is_not_known_is_passed_on_without_the_text(config, lake):
    with on_ddl(lake, "ddl_command_start", "RAISE EXCEPTION 'a text that nobody vetted' USING ERRCODE = 'ZZ123'"):
        text = failed(checked(POSTGRES, config, LOADER), "remote", "create a table")
    assert "ZZ123" in text
    assert "vetted" not in text


def test_a_server_that_refuses_the_drop_keeps_nothing(config, lake):
    refuse = "IF tg_tag = 'DROP TABLE' THEN RAISE EXCEPTION 'no' USING ERRCODE = '42501'; END IF"
    with on_ddl(lake, "ddl_command_start", refuse):
        failed(checked(POSTGRES, config, LOADER), "forbidden", "remove it")
        assert left_behind(lake) == []


def test_a_slow_statement_is_ended_by_the_server(config, lake, monkeypatch):
    monkeypatch.setattr(checking, "STATEMENT_LIMIT", 1)
    with on_ddl(lake, "ddl_command_start", "PERFORM pg_sleep(20)"):
        failed(checked(POSTGRES, config, LOADER), "timeout", "create a table")


def test_a_dead_port_is_refused(config):
    failed(checked(POSTGRES, {**config, "port": free_port()}, LOADER), "refused", "connect")


def test_an_unknown_host_is_named(config):
    assert "name.invalid" in failed(checked(POSTGRES, {**config, "host": "name.invalid"}, LOADER), "dns", "resolve")


def test_a_forbidden_address_is_blocked_before_anything_is_sent(config):
    failed(checked(POSTGRES, {**config, "host": "169.254.169.254"}, LOADER), "blocked", "resolve")


HTTP = b"HTTP/1.1 400 Bad Request\r\n\r\n"


@pytest.mark.parametrize("mode", ["verify-full", "disable"])
@pytest.mark.parametrize(
    ("peer", "code"),
    [
        (lambda: Peer(HTTP, hang_up=True), "protocol"),
        (lambda: Peer(b"AMQP\x00\x00\x09\x01", hang_up=True), "protocol"),
        (lambda: Peer(b"\x00" * 64), "protocol"),
        (lambda: Peer(hang_up=True), "remote"),
        (lambda: Peer(hang_up=True, after=False), "remote"),
    ],
    ids=["http", "amqp", "zeros", "hangs up", "hangs up at once"],
)
def test_what_is_not_postgresql_is_told_apart(plain, mode, peer, code):
    async def visit(port):
        return await check(POSTGRES, {**plain, "port": port, "sslmode": mode}, LOADER)

    failed(against(peer, visit), code, "tls" if mode == "verify-full" else "sign in")


@pytest.mark.parametrize("answer", [b"S", b"SSL? What is that?"])
def test_a_server_that_agrees_to_tls_and_then_fails_at_it_is_told_so(plain, answer):
    async def visit(port):
        return await check(POSTGRES, {**plain, "port": port, "sslmode": "verify-full"}, LOADER)

    failed(against(lambda: Peer(answer, hang_up=True), visit), "tls", "tls")


@pytest.mark.parametrize(("mode", "step"), [("verify-full", "tls"), ("disable", "sign in")])
def test_a_server_that_stays_silent_ends_in_a_timeout(plain, mode, step):
    async def visit(port):
        return await check(POSTGRES, {**plain, "port": port, "sslmode": mode}, LOADER, limit=1)

    started = time.monotonic()
    failed(against(Peer, visit), "timeout", step)
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("mode", ["verify-full", "disable"])
def test_a_silent_server_is_given_up_before_the_outer_limit(plain, mode, monkeypatch):
    monkeypatch.setattr(greeting, "limited", lambda: asyncio.timeout(0.2))
    monkeypatch.setattr(checking, "SIGN_IN_LIMIT", 2)  # the least that the driver knows

    async def visit(port):
        return await check(POSTGRES, {**plain, "port": port, "sslmode": mode}, LOADER)

    failed(against(Peer, visit), "timeout", "tls" if mode == "verify-full" else "sign in")


def test_a_line_that_goes_dead_in_the_middle_ends_on_time_and_leaves_nothing(plain, lake):
    async def visit():
        async with Muffler(lake.port, b"INSERT").listening() as port:
            started = time.monotonic()
            report = await check(POSTGRES, {**plain, "port": port}, LOADER, limit=1)
            return report, time.monotonic() - started

    report, took = asyncio.run(visit())
    failed(report, "timeout", "create a table")
    assert took < 2
    wait_until(lambda: not left_behind(lake), 5, "the server noticed and rolled back")


def test_a_server_that_shuts_down_is_waited_for(postgres_template, plain):
    with postgres_server(postgres_template) as server:
        server.execute("CREATE ROLE people")
        with server.connect():
            # TERM ends no session, but lets nobody new in.
            os.kill(server.pid, signal.SIGTERM)
            wait_until(lambda: not server.answers, 5, "the server had begun to shut down")
            failed(checked(POSTGRES, {**plain, "port": server.port}, LOADER), "remote", "sign in")


def complaint(state, text):
    """What a server that is no PostgreSQL 15 in English says; stands in for those that cannot run here."""
    body = b"".join(part.encode() + b"\0" for part in ("SFATAL", "VFATAL", f"C{state}", f"M{text}")) + b"\0"
    return b"E" + struct.pack("!I", len(body) + 4) + body


@pytest.mark.parametrize(
    ("state", "text", "code"),
    [
        ("28P01", "Passwort-Authentifizierung für Benutzer »loader« fehlgeschlagen", "denied"),
        ("3D000", "la base de données « lake » n'existe pas", "denied"),
        ("08P01", "no such database: lake", "not_found"),
        ("08P01", "no such user: loader", "denied"),
        ("28P01", "SASL authentication failed", "denied"),
        ("08P01", "no more connections allowed (max_client_conn)", "quota"),
        ("53300", "sorry, too many clients already", "quota"),
        ("53300", "remaining connection slots are reserved for non-replication superuser connections", "quota"),
        ("57P03", "the database system is starting up", "remote"),
    ],
)
def test_servers_of_other_languages_and_makes_are_understood_as_far_as_possible(plain, state, text, code):
    async def visit(port):
        return await check(POSTGRES, {**plain, "port": port}, LOADER)

    said = failed(against(lambda: Peer(complaint(state, text), hang_up=True), visit), code, "sign in")
    assert text not in said


def test_certificates_that_would_not_be_used_are_refused(config):
    with pytest.raises(Invalid) as refused:
        POSTGRES.clean({**config, "sslmode": "require"}, LOADER)
    assert [problem.path for problem in refused.value.problems] == ["config.ca_certificate"]


def test_what_is_no_certificate_is_refused(config):
    with pytest.raises(Invalid) as refused:
        POSTGRES.clean({**config, "ca_certificate": "not PEM"}, LOADER)
    assert [problem.path for problem in refused.value.problems] == ["config.ca_certificate"]


def test_defaults_are_the_safe_and_usual_ones():
    config, _ = POSTGRES.clean({"host": "db.example.com", "database": "lake"}, LOADER)
    assert config == {
        "host": "db.example.com", "port": 5432, "database": "lake", "schema": "public", "sslmode": "verify-full"
    }  # fmt: skip
    assert POSTGRES.target(config) == "lake.public at db.example.com:5432"
    assert POSTGRES.mask(LOADER) == {"username": "loader", "password": "********"}
