"""Checks of databases on a real MariaDB."""

import asyncio
import hashlib
import logging
import time

import pymysql
import pytest

from connectors.probes.mysql import checking, greeting
from connectors.probes.mysql.driver import Session
from connectors.problems import Invalid
from connectors.types.mysql import MySQL
from tests.connectors.checks import Once, Peer, against, check, checked, failed, logged, passed
from tests.servers.mysql import mysql_server
from tests.servers.process import free_port, wait_until

MYSQL = MySQL()
PASSWORD = "the-loader's \\ pässword"
LOADER = {"username": "loader", "password": PASSWORD}
ALL = ["resolve", "connect", "tls", "sign in", "find database", "create a table", "remove it"]


@pytest.fixture(scope="module")
def lake(mysql):
    """A server with a database, and an account for each way not to be let in."""
    password = pymysql.converters.escape_string(PASSWORD)
    for user, how in {
        "loader": "",
        "everywhere": "",
        "reader": "",
        "keeper": "",
        "o`dd user": "",
        "encrypted": "REQUIRE SSL",
        "crowded": "WITH MAX_USER_CONNECTIONS 1",
        "locked": "ACCOUNT LOCK",
        "expired": "PASSWORD EXPIRE",
    }.items():
        mysql.execute(f"CREATE USER `{user.replace('`', '``')}`@`%` IDENTIFIED BY '{password}' {how}")
    mysql.execute("INSTALL SONAME 'auth_ed25519'")
    mysql.execute(f"CREATE USER modern@`%` IDENTIFIED VIA ed25519 USING PASSWORD('{password}')")
    for database in ("lake", "private", "odd `name`"):
        mysql.execute(f"CREATE DATABASE `{database.replace('`', '``')}`")
    for user in ("loader", "encrypted", "locked", "crowded"):
        mysql.execute(f"GRANT CREATE, DROP, INSERT ON lake.* TO {user}@`%`")
    mysql.execute("GRANT CREATE, DROP, INSERT ON `odd ``name```.* TO loader@`%`")
    mysql.execute("GRANT CREATE, DROP, INSERT ON *.* TO everywhere@`%`")
    mysql.execute("GRANT SELECT ON lake.* TO reader@`%`")
    mysql.execute("GRANT CREATE, INSERT ON lake.* TO keeper@`%`")
    return mysql


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
    sessions = "SELECT user FROM information_schema.processlist WHERE user NOT IN ('root', 'system user')"
    wait_until(lambda: not lake.execute(sessions), 5, "every session had ended")


def left_behind(lake):
    return lake.execute(
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_name LIKE 'landfall%' "
        "UNION SELECT schema_name, '' FROM information_schema.schemata WHERE schema_name LIKE 'landfall%'"
    )


@pytest.fixture
def noted(lake):
    """What the server was asked to do, as it wrote it down itself."""
    lake.execute("SET GLOBAL log_output = 'TABLE'")
    lake.execute("TRUNCATE mysql.general_log")
    lake.execute("SET GLOBAL general_log = 1")
    yield lambda: [row[0] for row in lake.execute("SELECT argument FROM mysql.general_log")]
    lake.execute("SET GLOBAL general_log = 0")


def test_a_database_that_tables_can_be_created_in_passes(config):
    report = checked(MYSQL, config, LOADER)
    assert passed(report) == ALL
    assert report.message == "MySQL accepted every step."


def test_names_with_blanks_and_quotes_are_taken_as_they_are(config):
    assert passed(checked(MYSQL, {**config, "database": "odd `name`"}, LOADER)) == ALL


def test_the_table_is_really_created_and_really_dropped(config, noted):
    passed(checked(MYSQL, config, LOADER))
    said = [line.split("`landfall")[0] for line in noted() if "landfall" in line and "TABLE" in line]
    assert said == ["DROP TABLE IF EXISTS `lake`.", "CREATE TABLE `lake`.", "DROP TABLE IF EXISTS `lake`."]


def test_without_a_database_one_is_made_and_removed(config, noted):
    del config["database"]
    report = checked(MYSQL, config, {**LOADER, "username": "everywhere"})
    assert passed(report) == [name for name in ALL if name != "find database"]
    assert any(line.startswith("CREATE DATABASE `landfall_check_") for line in noted())


@pytest.mark.parametrize("mode", ["verify-full", "verify-ca", "require"])
def test_each_encrypted_mode_encrypts_the_session(config, mode):
    if mode == "require":
        del config["ca_certificate"]
    passed(checked(MYSQL, {**config, "sslmode": mode}, {**LOADER, "username": "encrypted"}))


def test_without_tls_the_step_is_skipped_and_says_why(plain):
    report = checked(MYSQL, plain, LOADER)
    assert passed(report) == [name for name in ALL if name != "tls"]
    assert "sslmode" in report.steps[2]["message"]


@pytest.mark.parametrize("mode", ["verify-full", "verify-ca"])
def test_a_certificate_of_an_unknown_ca_is_refused(config, stranger, mode):
    report = checked(MYSQL, {**config, "sslmode": mode, "ca_certificate": stranger.pem}, LOADER)
    assert "CA that is not trusted" in failed(report, "tls", "tls")


def test_a_certificate_for_another_name_is_refused(config):
    report = checked(MYSQL, {**config, "host": "127.0.0.1"}, LOADER)
    assert "not for the host “127.0.0.1”" in failed(report, "tls", "tls")


def test_a_certificate_for_another_name_will_do_when_only_its_ca_is_verified(config):
    assert passed(checked(MYSQL, {**config, "host": "127.0.0.1", "sslmode": "verify-ca"}, LOADER)) == ALL


def test_a_server_without_tls_that_is_asked_for_it_is_told_nothing(mysql_without_tls, config):
    text = failed(checked(MYSQL, {**config, "port": mysql_without_tls.port}, LOADER), "tls", "tls")
    assert "does not offer TLS" in text
    assert "sslmode" in text


def test_who_must_use_tls_and_does_not_is_told_so(plain):
    text = failed(checked(MYSQL, plain, {**LOADER, "username": "encrypted"}), "denied", "sign in")
    assert "verify-full" in text


def test_a_server_that_takes_nobody_without_tls_is_understood(mysql_template, authority, plain):
    with mysql_server(mysql_template, authority, {"require-secure-transport": "1"}) as server:
        # MariaDB says no more than that it refuses; MySQL has a number for it, see below.
        text = failed(checked(MYSQL, {**plain, "port": server.port}, LOADER), "denied", "sign in")
    assert "verify-full" in text


@pytest.mark.parametrize(
    ("username", "code", "said"),
    [
        ("locked", "forbidden", "UNLOCK"),
        ("modern", "denied", "method"),
        ("nobody", "denied", "“nobody”"),
        ('an "odd" `name', "denied", '“an "odd" `name”'),
    ],
)
def test_an_account_that_may_not_sign_in_is_told_why(config, username, code, said):
    assert said in failed(checked(MYSQL, config, {**LOADER, "username": username}), code, "sign in")


def test_a_password_that_has_expired_is_told_when_the_server_begins_to_refuse(config):
    text = failed(checked(MYSQL, config, {**LOADER, "username": "expired"}), "denied", "find database")
    assert "has expired" in text


@pytest.mark.parametrize("password", ["not the password", "pass wörd €"])
def test_a_wrong_password_is_denied(config, password):
    failed(checked(MYSQL, config, {**LOADER, "password": password}), "denied", "sign in")


def test_an_account_that_has_no_connection_left_is_told_so(config, lake):
    with pymysql.connect(host="127.0.0.1", port=lake.port, user="crowded", password=PASSWORD.encode()):
        failed(checked(MYSQL, config, {**LOADER, "username": "crowded"}), "quota", "sign in")


def test_a_server_that_is_full_says_so_before_anything_else(mysql_template, config):
    with mysql_server(mysql_template, settings={"max-connections": "10"}) as server:
        server.execute("CREATE USER filler@`%`")
        held = [pymysql.connect(host="127.0.0.1", port=server.port, user="filler") for _ in range(10)]
        held.append(server.connect())  # administrators have one more
        try:
            failed(checked(MYSQL, {**config, "port": server.port}, LOADER), "quota", "tls")
        finally:
            for connection in held:
                connection.close()


@pytest.mark.parametrize(
    ("username", "database", "code", "said"),
    [
        ("everywhere", "nowhere", "not_found", "CREATE DATABASE `nowhere`;"),
        ("reader", "nowhere", "forbidden", "or there is none of this name"),
        ("reader", "private", "forbidden", "GRANT CREATE, DROP, INSERT ON `private`.* TO `reader`@`%`;"),
    ],
)
def test_a_database_that_cannot_be_used_is_named(config, username, database, code, said):
    report = checked(MYSQL, {**config, "database": database}, {**LOADER, "username": username})
    assert said in failed(report, code, "find database")


@pytest.mark.parametrize("username", ["reader", "keeper"])
def test_who_may_not_create_and_drop_is_told_the_exact_grant_and_it_helps(config, lake, username):
    """Above all, who may create but not drop creates nothing."""
    user = {**LOADER, "username": username}
    text = failed(checked(MYSQL, config, user), "forbidden", "create a table")
    grant = text[text.index("GRANT") : text.index(";") + 1]
    assert grant == f"GRANT CREATE, DROP, INSERT ON `lake`.* TO `{username}`@`%`;"
    lake.execute(grant)
    try:
        passed(checked(MYSQL, config, user))
    finally:
        lake.execute(f"REVOKE DROP ON lake.* FROM {username}@`%`")
        if username == "reader":
            lake.execute("REVOKE CREATE, INSERT ON lake.* FROM reader@`%`")


def test_who_may_create_no_databases_is_told_so_when_none_is_named(config):
    del config["database"]
    text = failed(checked(MYSQL, config, LOADER), "forbidden", "create a table")
    assert "GRANT CREATE, DROP, INSERT ON *.* TO `loader`@`%`;" in text


def test_an_odd_user_name_is_quoted_in_the_grant(config):
    text = failed(checked(MYSQL, config, {**LOADER, "username": "o`dd user"}), "forbidden", "find database")
    assert "TO `o``dd user`@`%`;" in text


def test_a_server_that_may_only_be_read_is_told_apart(config, lake):
    lake.execute("SET GLOBAL read_only = 1")
    try:
        assert "primary" in failed(checked(MYSQL, config, LOADER), "forbidden", "create a table")
    finally:
        lake.execute("SET GLOBAL read_only = 0")


def test_a_failure_after_the_creation_leaves_nothing(config, lake):
    lake.execute("REVOKE INSERT ON lake.* FROM loader@`%`")
    try:
        failed(checked(MYSQL, config, LOADER), "forbidden", "create a table")
        assert left_behind(lake) == []
    finally:
        lake.execute("GRANT INSERT ON lake.* TO loader@`%`")


@pytest.mark.parametrize(("word", "step"), [(b"INSERT", "create a table"), (b"IF EXISTS", "create a table")])
def test_a_line_that_goes_dead_in_the_middle_ends_on_time(plain, lake, word, step):
    """Dead for one connection: the next one removes the table."""

    async def visit():
        async with Once(lake.port, word).listening() as port:
            started = time.monotonic()
            report = await check(MYSQL, {**plain, "port": port}, LOADER, limit=1)
            return report, time.monotonic() - started

    report, took = asyncio.run(visit())
    failed(report, "timeout", step)
    assert took < 1 + 2 * checking.SWEEP_LIMIT + 1
    assert left_behind(lake) == []


@pytest.mark.parametrize("limit", [15, 1])
def test_a_line_that_breaks_in_the_middle_leaves_nothing(plain, lake, limit):
    async def visit():
        async with Once(lake.port, b"INSERT", hang_up=True).listening() as port:
            return await check(MYSQL, {**plain, "port": port}, LOADER, limit=limit)

    failed(asyncio.run(visit()), "remote", "create a table")
    assert left_behind(lake) == []


def test_a_check_that_is_cancelled_in_the_middle_leaves_nothing(config, lake, monkeypatch):
    """Cancelled twice, even."""
    ask = Session.ask

    async def slowly(self, statement):
        answer = await ask(self, statement)
        if statement.startswith("CREATE TABLE"):
            created.set()
            await asyncio.sleep(1)
        return answer

    monkeypatch.setattr(Session, "ask", slowly)
    created = asyncio.Event()

    async def visit():
        task = asyncio.ensure_future(check(MYSQL, config, LOADER))
        await created.wait()
        task.cancel()
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(visit())
    assert left_behind(lake) == []


def test_a_statement_that_waits_is_given_up(config, lake, monkeypatch):
    monkeypatch.setattr(checking, "STATEMENT_LIMIT", 0.5)
    with lake.connect() as connection:
        connection.cursor().execute("FLUSH TABLES WITH READ LOCK")
        asyncio.run(self_unlocking(config, connection))


async def self_unlocking(config, connection):
    checking_ = asyncio.ensure_future(check(MYSQL, config, LOADER))
    await asyncio.sleep(1.5)
    await asyncio.to_thread(connection.cursor().execute, "UNLOCK TABLES")
    failed(await checking_, "timeout", "create a table")


def test_a_dead_port_is_refused(config):
    failed(checked(MYSQL, {**config, "port": free_port()}, LOADER), "refused", "connect")


def test_an_unknown_host_is_named(config):
    assert "name.invalid" in failed(checked(MYSQL, {**config, "host": "name.invalid"}, LOADER), "dns", "resolve")


def test_a_forbidden_address_is_blocked_before_anything_is_sent(config):
    failed(checked(MYSQL, {**config, "host": "169.254.169.254"}, LOADER), "blocked", "resolve")


def packet(body, number=0):
    return len(body).to_bytes(3, "little") + bytes([number]) + body


def hello(plugin=b"mysql_native_password", capabilities=0x81FFFFFF):
    """How a MySQL server greets."""
    low, high = capabilities & 0xFFFF, capabilities >> 16
    salt = b"saltsalt", b"saltsaltsalt\0"
    return packet(
        b"\x0a8.0.30\0" + b"\x01\0\0\0" + salt[0] + b"\0" + low.to_bytes(2, "little") + b"\x2d\x02\0"
        + high.to_bytes(2, "little") + b"\x15" + b"\0" * 10 + salt[1] + plugin + b"\0"
    )  # fmt: skip


def complaint(number, text=b"a text that nobody vetted", sequence=0):
    return packet(b"\xff" + number.to_bytes(2, "little") + b"#HY000" + text, sequence)


WITHOUT_SSL = 0x81FFF7FF


@pytest.mark.parametrize("mode", ["verify-full", "disable"])
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "protocol"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "protocol"),
        (b"\x00" * 64, "protocol"),
        (packet(b"\x0a"), "protocol"),
        (packet(b"\x0a8.0"), "protocol"),
        (packet(b"\x095.5\0"), "protocol"),
        (complaint(1040), "quota"),
        (complaint(1129), "forbidden"),
        (complaint(1130), "forbidden"),
        (complaint(9999), "protocol"),
        (b"", "remote"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[:8].hex(),
)
def test_what_is_no_server_or_refuses_at_once_is_told_apart(plain, mode, answer, code):
    async def visit(port):
        return await check(MYSQL, {**plain, "port": port, "sslmode": mode}, LOADER)

    peer = against(lambda: Peer(answer, after=False, hang_up=True), visit)
    assert "vetted" not in failed(peer, code, "tls" if mode == "verify-full" else "sign in")


def test_words_that_come_before_tls_are_not_taken_for_protected_ones(plain):
    async def visit(port):
        return await check(MYSQL, {**plain, "port": port, "sslmode": "require"}, LOADER)

    early = hello() + packet(b"\0\0\0\x02\0\0\0", 2)
    failed(against(lambda: Peer(early, after=False), visit), "protocol", "tls")


class Greeter(Peer):
    """Greets, then answers whatever it is told with `answer`, and keeps it."""

    def __init__(self, greeting_, answer, heard):
        super().__init__(answer)
        self.greeting, self.heard = greeting_, heard

    def connection_made(self, transport):
        super().connection_made(transport)
        transport.write(self.greeting)

    def data_received(self, data):
        self.heard += data
        super().data_received(data)


@pytest.mark.parametrize("asked", [b"mysql_clear_password", b"mysql_old_password", b"dialog", b"parsec"])
@pytest.mark.parametrize("at_once", [True, False])
def test_a_password_is_not_given_away_to_a_server_that_asks_for_it(plain, asked, at_once):
    heard = bytearray()
    ask = packet(b"\xfe" + asked + b"\0" + b"saltsaltsaltsaltsalt\0", 2)
    greeting_ = hello(asked if at_once else b"mysql_native_password")

    async def visit(port):
        return await check(MYSQL, {**plain, "port": port}, LOADER)

    failed(against(lambda: Greeter(greeting_, ask, heard), visit), "denied", "sign in")
    assert PASSWORD.encode() not in heard
    assert hashlib.sha1(PASSWORD.encode(), usedforsecurity=False).digest() not in heard


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (complaint(1045, sequence=2), "denied"),
        (complaint(3118, sequence=2), "forbidden"),
        (complaint(1820, sequence=2), "denied"),
        (complaint(1053, sequence=2), "remote"),
        (complaint(3159, sequence=2), "forbidden"),
        (complaint(4242, sequence=2), "denied"),
        (packet(b"\x01\x09", 2), "protocol"),
        (packet(b"\x01", 2), "protocol"),
        (packet(b"\xfe", 2), "protocol"),
        (b"\xff" * 400, "protocol"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[:8].hex(),
)
def test_a_sign_in_that_goes_wrong_is_explained(plain, answer, code):
    async def visit(port):
        return await check(MYSQL, {**plain, "port": port}, LOADER)

    peer = lambda: Greeter(hello(b"caching_sha2_password", WITHOUT_SSL), answer, bytearray())  # noqa: E731
    assert "vetted" not in failed(against(peer, visit), code, "sign in")


def test_a_server_that_asks_for_a_file_gets_none(plain):
    """A hostile server may answer any statement by asking the client to send it one of its files."""
    heard = bytearray()

    class Thief(Greeter):
        def data_received(self, data):
            self.answer = packet(b"\xfb/etc/passwd", 1) if b"USE" in data else packet(b"\0\0\0\x02\0\0\0", 2)
            super().data_received(data)

    async def visit(port):
        return await check(MYSQL, {**plain, "port": port}, LOADER)

    failed(against(lambda: Thief(hello(), b"", heard), visit), "remote", "find database")
    assert b"root:" not in heard


@pytest.mark.parametrize("mode", ["verify-full", "disable"])
def test_a_silent_server_is_given_up_before_the_outer_limit(plain, mode, monkeypatch):
    monkeypatch.setattr(checking, "limited", lambda: asyncio.timeout(0.2))

    async def visit(port):
        return await check(MYSQL, {**plain, "port": port, "sslmode": mode}, LOADER)

    failed(against(Peer, visit), "timeout", "tls" if mode == "verify-full" else "sign in")


def test_a_server_that_falls_silent_during_the_sign_in_is_given_up(plain, monkeypatch):
    monkeypatch.setattr(checking, "SIGN_IN_LIMIT", 0.2)

    async def visit(port):
        return await check(MYSQL, {**plain, "port": port}, LOADER)

    failed(against(lambda: Greeter(hello(), b"", bytearray()), visit), "timeout", "sign in")


def test_certificates_that_would_not_be_used_are_refused(config):
    with pytest.raises(Invalid) as refused:
        MYSQL.clean({**config, "sslmode": "require"}, LOADER)
    assert [problem.path for problem in refused.value.problems] == ["config.ca_certificate"]


def test_defaults_are_the_safe_and_usual_ones():
    config, _ = MYSQL.clean({"host": "db.example.com"}, LOADER)
    assert config == {"host": "db.example.com", "port": 3306, "sslmode": "verify-full"}
    assert MYSQL.target(config) == "db.example.com:3306"
    assert MYSQL.target({**config, "database": "lake"}) == "lake at db.example.com:3306"
    assert greeting.LONGEST > 1000
