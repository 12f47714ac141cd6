"""Checks of real databases through a real SSH server."""

import asyncio
import gc
import logging
import os
import socket
import stat
import time
from contextlib import suppress

import pytest
import uvloop

from connectors import egress, perloop
from connectors.base import Steps
from connectors.identity import Identity
from connectors.probes import databricks as databricks_probe
from connectors.probes import mysql as mysql_probe
from connectors.probes import postgres as postgres_probe
from connectors.probes.ssh import STEPS, client
from connectors.probes.ssh.client import enter
from connectors.probes.ssh.server import Server
from connectors.types.databricks_delta import DatabricksDelta
from connectors.types.mysql import MySQL
from connectors.types.postgres import Postgres
from connectors.types.redshift import Redshift
from tests.connectors.checks import Once, check, checked, failed, logged, passed
from tests.servers.databricks import TOKEN, WAREHOUSE
from tests.servers.http import hang, listening
from tests.servers.process import free_port, wait_until
from tests.servers.ssh import make_key, ssh_server

POSTGRES, MYSQL = Postgres(), MySQL()
REACH, ENTER, OPEN = STEPS
PASSWORD = "the password of the tunnelled"
LOADER = {"username": "tunnelled", "password": PASSWORD}


@pytest.fixture(scope="module")
def lakes(postgres, mysql):
    postgres.execute(f"CREATE ROLE tunnelled LOGIN PASSWORD '{PASSWORD}' IN ROLE people")
    postgres.execute("CREATE DATABASE beyond OWNER tunnelled")
    mysql.execute(f"CREATE USER tunnelled@localhost IDENTIFIED BY '{PASSWORD}'")
    mysql.execute("CREATE DATABASE beyond")
    mysql.execute("GRANT CREATE, DROP, INSERT ON beyond.* TO tunnelled@localhost")
    return {POSTGRES: postgres, MYSQL: mysql}


@pytest.fixture(params=[POSTGRES, MYSQL], ids=["postgres", "mysql"])
def connector(request):
    return request.param


# For what does not depend on the database.
pg_only = pytest.mark.parametrize("connector", [POSTGRES], ids=["postgres"])


@pytest.fixture
def config(connector, lakes, authority, ssh):
    place = {"host": "localhost", "port": lakes[connector].port, "database": "beyond"}
    return place | {"ca_certificate": authority.pem} | ssh.config


@pytest.fixture
def plain(config):
    return without(config, "ca_certificate") | {"sslmode": "disable"}


@pytest.fixture(autouse=True)
def _nothing_secret_is_logged(caplog, ssh):
    caplog.set_level(logging.DEBUG)
    yield
    assert PASSWORD not in logged(caplog)
    assert not any(line in logged(caplog) for line in ssh.identity.private.splitlines())


@pytest.fixture(autouse=True)
def _nothing_is_left(ssh, lakes):
    """No table, socket or session; what is left in a loop warns when it ends, and that fails the test."""
    before = sockets()
    yield
    wait_until(lambda: tables(lakes) == [], 5, "every table had gone")
    if sockets() != before:
        gc.collect()  # a sign-in to PostgreSQL that was cancelled holds its own as long as somebody holds the error
    assert sockets() == before
    wait_until(lambda: ssh.sessions == 0, 5, "every session with the SSH server had ended")


def tables(lakes):
    return [
        *lakes[POSTGRES].execute("SELECT relname FROM pg_class WHERE relname LIKE 'landfall%'", "beyond"),
        *lakes[MYSQL].execute("SELECT table_name FROM information_schema.tables WHERE table_name LIKE 'landfall%'"),
    ]


def sockets():
    """Every open one of this process."""
    found = set()
    for number in os.listdir("/dev/fd"):
        with suppress(OSError):  # the folder's own, closed by now
            status = os.fstat(int(number))
            if stat.S_ISSOCK(status.st_mode):
                found.add(status.st_ino)
    return found


def without(config, *names):
    return {name: value for name, value in config.items() if name not in names}


def usual(connector):
    """The steps that do something when a tunnel replaces the first two."""
    probe = mysql_probe if connector is MYSQL else postgres_probe
    return [*STEPS, *(name for name in probe.STEPS if name not in ("resolve", "connect"))]


def test_a_check_passes_through_a_tunnel(connector, config, ssh):
    report = checked(connector, config, LOADER, identity=ssh.identity)
    assert passed(report) == usual(connector)
    assert [step["name"] for step in report.steps] == list(connector.steps)
    assert "SSH server looks the host up" in report.steps[3]["message"]


def test_a_check_without_tls_passes_through_a_tunnel(connector, plain, ssh):
    report = checked(connector, plain, LOADER, identity=ssh.identity)
    assert passed(report) == [name for name in usual(connector) if name != "tls"]


def workers_loop(visit):
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(visit)


def test_it_passes_in_the_loop_that_workers_use(connector, config, plain, ssh):
    for settings in (config, plain):
        passed(workers_loop(check(connector, settings, LOADER, identity=ssh.identity)))


def test_redshift_passes_through_a_tunnel(lakes, authority, ssh, postgres):
    place = {"host": "localhost", "port": postgres.port, "database": "beyond", "ca_certificate": authority.pem}
    passed(checked(Redshift(), place | ssh.config, LOADER, identity=ssh.identity))


@pytest.mark.usefixtures("system_trust")
def test_databricks_passes_through_a_tunnel(databricks, ssh):
    place = {"host": "localhost", "port": databricks.port, "http_path": f"/sql/1.0/warehouses/{WAREHOUSE}"}
    config = place | {"catalog": "lake", "schema": "raw"} | ssh.config
    report = checked(DatabricksDelta(), config, {"token": TOKEN}, identity=ssh.identity)
    assert passed(report) == [*STEPS, *databricks_probe.STEPS[2:]]
    passed(workers_loop(check(DatabricksDelta(), config, {"token": TOKEN}, identity=ssh.identity)))
    assert databricks.tables == []


def test_nothing_but_the_ssh_server_is_connected_to(connector, config, settings):
    """The database is where Landfall may not connect to."""
    with ssh_server(ListenAddress="127.0.0.2") as far:
        settings.EGRESS_ALLOW = ["127.0.0.2/32"]
        blocked = checked(connector, without(config, *ssh_fields(config)), LOADER)
        failed(blocked, "blocked", "resolve")
        passed(checked(connector, {**config, **far.config}, LOADER, identity=far.identity))


def ssh_fields(config):
    return [name for name in config if name.startswith("ssh_")]


def test_without_a_tunnel_nothing_is_said_of_one(connector, config):
    report = checked(connector, without(config, *ssh_fields(config)), LOADER)
    assert passed(report) == [step["name"] for step in report.steps]
    assert not set(STEPS) & {step["name"] for step in report.steps}


def test_the_certificate_must_be_for_the_host_beyond_the_tunnel(connector, config, ssh):
    report = checked(connector, {**config, "host": "127.0.0.1"}, LOADER, identity=ssh.identity)
    assert "not for the host “127.0.0.1”" in failed(report, "tls", "tls")


def test_the_certificate_must_be_of_a_ca_that_is_trusted(connector, config, stranger, ssh):
    report = checked(connector, {**config, "ca_certificate": stranger.pem}, LOADER, identity=ssh.identity)
    assert "CA that is not trusted" in failed(report, "tls", "tls")


def test_the_database_s_own_refusal_is_told_as_ever(connector, config, ssh):
    wrong = {**LOADER, "password": "not the password"}
    failed(checked(connector, config, wrong, identity=ssh.identity), "denied", "sign in")


def test_the_database_sees_the_address_of_the_ssh_server(lakes, authority, ssh):
    lakes[POSTGRES].execute(f"CREATE ROLE unheard_of LOGIN PASSWORD '{PASSWORD}'")
    place = {"host": "localhost", "port": lakes[POSTGRES].port, "database": "beyond", "ca_certificate": authority.pem}
    stranger = {**LOADER, "username": "unheard_of"}
    tunnelled = failed(checked(POSTGRES, place | ssh.config, stranger, identity=ssh.identity), "forbidden", "sign in")
    assert "from the address of the SSH server" in tunnelled
    assert "from the address of Landfall" in failed(checked(POSTGRES, place, stranger), "forbidden", "sign in")


def test_a_key_that_is_not_authorised_is_told_with_the_line_to_add_and_it_helps(connector, config, ssh):
    other = Identity.generate()
    text = failed(checked(connector, config, LOADER, identity=other), "denied", ENTER)
    assert f"~{ssh.user}/.ssh/authorized_keys" in text
    assert f"“{other.public}”" in text
    try:
        ssh.authorize(other)
        passed(checked(connector, config, LOADER, identity=other))
    finally:
        ssh.authorize(ssh.identity)


@pg_only
def test_an_unknown_user_is_denied(connector, config, ssh):
    report = checked(connector, {**config, "ssh_user": "nobody-of-that-name"}, LOADER, identity=ssh.identity)
    assert "“nobody-of-that-name”" in failed(report, "denied", ENTER)


@pg_only
def test_a_server_that_takes_no_keys_denies(connector, config):
    with ssh_server(PubkeyAuthentication="no", PasswordAuthentication="yes") as server:
        report = checked(connector, {**config, **server.config}, LOADER, identity=server.identity)
        failed(report, "denied", ENTER)


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
@pg_only
def test_a_server_with_another_host_key_is_refused_and_told_nothing(connector, config, ssh, tmp_path, kind):
    other = make_key(tmp_path / "other", kind)
    before = ssh.log.count("publickey")
    report = checked(connector, {**config, "ssh_host_key": other}, LOADER, identity=ssh.identity)
    assert "host key" in failed(report, "tls", REACH)
    assert ssh.log.count("publickey") == before


@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
@pg_only
def test_a_server_may_prove_to_have_any_one_of_its_keys(connector, config, tmp_path, kind):
    second = make_key(tmp_path / "second", kind)
    with ssh_server(tmp_path / "second") as server:
        report = checked(
            connector, {**config, **server.config, "ssh_host_key": second}, LOADER, identity=server.identity
        )
        passed(report)


def test_without_a_host_key_whoever_answers_is_believed(connector, config, ssh):
    passed(checked(connector, without(config, "ssh_host_key"), LOADER, identity=ssh.identity))


@pytest.mark.parametrize("options", ["restrict", "no-port-forwarding", 'permitopen="localhost:1"'])
def test_a_user_who_may_not_tunnel_is_told_so(connector, config, ssh, options):
    try:
        ssh.authorize(ssh.identity, options)
        report = checked(connector, config, LOADER, identity=ssh.identity)
    finally:
        ssh.authorize(ssh.identity)
    assert "AllowTcpForwarding" in failed(report, "forbidden", OPEN)


@pg_only
def test_a_server_that_does_not_forward_is_told(connector, config):
    with ssh_server(AllowTcpForwarding="no") as server:
        report = checked(connector, {**config, **server.config}, LOADER, identity=server.identity)
        failed(report, "forbidden", OPEN)


def test_the_narrowest_rights_are_enough(connector, config, ssh):
    try:
        ssh.authorize(ssh.identity, f'restrict,port-forwarding,permitopen="localhost:{config["port"]}"')
        passed(checked(connector, config, LOADER, identity=ssh.identity))
    finally:
        ssh.authorize(ssh.identity)


def test_a_closed_port_behind_the_server_is_refused(connector, config, ssh):
    port = free_port()
    text = failed(checked(connector, {**config, "port": port}, LOADER, identity=ssh.identity), "refused", OPEN)
    assert f"localhost:{port}" in text


def test_a_host_that_the_server_does_not_know_is_named(connector, config, ssh):
    report = checked(connector, {**config, "host": "db.nowhere.invalid"}, LOADER, identity=ssh.identity)
    assert "“db.nowhere.invalid”" in failed(report, "dns", OPEN)


def test_a_dead_port_of_the_ssh_server_is_refused(connector, config, ssh):
    report = checked(connector, {**config, "ssh_port": free_port()}, LOADER, identity=ssh.identity)
    failed(report, "refused", REACH)


def test_an_ssh_host_that_nobody_knows_is_named(connector, config, ssh):
    report = checked(connector, {**config, "ssh_host": "name.invalid"}, LOADER, identity=ssh.identity)
    assert "name.invalid" in failed(report, "dns", REACH)


def test_a_forbidden_ssh_host_is_blocked_before_a_byte(connector, config, settings, ssh):
    settings.EGRESS_ALLOW = []
    with listening(hang) as server:
        report = checked(connector, {**config, "ssh_port": server.port}, LOADER, identity=ssh.identity)
        assert server.connections == 0
    failed(report, "blocked", REACH)


def test_nothing_of_the_operator_s_is_used(connector, config, ssh, tmp_path, monkeypatch):
    """His key would be let in, his agent would answer, and his files would lead elsewhere."""
    folder = tmp_path / ".ssh"
    folder.mkdir()
    (folder / "config").write_text("Host *\n  User nobody-of-that-name\n  ProxyCommand false\n")
    (folder / "id_ed25519").write_text(ssh.identity.private)
    (folder / "id_ed25519.pub").write_text(ssh.identity.public)
    (folder / "known_hosts").write_text(f"* {make_key(tmp_path / 'other')}\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    with socket.socket(socket.AF_UNIX) as agent:
        agent.bind(str(tmp_path / "agent"))
        agent.listen()
        agent.setblocking(False)
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
        passed(checked(connector, without(config, "ssh_host_key"), LOADER, identity=ssh.identity))
        failed(checked(connector, config, LOADER, identity=Identity.generate()), "denied", ENTER)
        with pytest.raises(BlockingIOError):
            agent.accept()


def test_without_a_key_there_is_nothing_to_sign_in_with(connector, config):
    failed(checked(connector, config, LOADER), "config", REACH)


def test_a_line_that_goes_dead_beyond_the_tunnel_ends_on_time(connector, plain, lakes, ssh):
    async def visit():
        async with Once(lakes[connector].port, b"INSERT").listening() as port:
            started = time.monotonic()
            report = await check(connector, {**plain, "port": port}, LOADER, limit=1.5, identity=ssh.identity)
            return report, time.monotonic() - started

    report, took = asyncio.run(visit())
    failed(report, "timeout", "create a table")
    assert took < 8  # it may need a second connection, through the same tunnel, to remove the table


@pytest.mark.parametrize("number", range(len(STEPS) + 4))
def test_a_check_that_is_cancelled_leaves_nothing(connector, config, ssh, number, monkeypatch):
    """At the beginning of each step in turn."""
    name = usual(connector)[number]
    begin = Steps.__call__

    async def visit():
        task = asyncio.current_task()

        def cancelling(steps, step):
            if step == name:
                asyncio.get_running_loop().call_soon(checking.cancel)
            return begin(steps, step)

        monkeypatch.setattr(Steps, "__call__", cancelling)
        checking = asyncio.ensure_future(check(connector, config, LOADER, identity=ssh.identity))
        with pytest.raises(asyncio.CancelledError):
            await checking
        assert asyncio.all_tasks() == {task}

    asyncio.run(visit())


@pg_only
def test_a_check_that_is_cancelled_when_it_is_just_let_in_leaves_nothing(connector, config, ssh, monkeypatch):
    connect = client._connect

    async def visit():
        async def cancelling(*arguments):
            connection = await connect(*arguments)
            checking.cancel()
            return connection

        monkeypatch.setattr(client, "_connect", cancelling)
        checking = asyncio.ensure_future(check(connector, config, LOADER, identity=ssh.identity))
        with pytest.raises(asyncio.CancelledError):
            await checking
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(visit())


@pg_only
def test_the_entrance_takes_one_connection_and_no_other(connector, config, ssh, postgres):
    async def visit():
        way = await enter(Server.of(config), ssh.identity, Steps(STEPS))
        try:
            endpoint = egress.Endpoint("localhost", postgres.port, "")
            async with way.entrance(endpoint) as door:
                assert door.address == "127.0.0.1"
                _, first = await asyncio.open_connection(door.address, door.port)
                await asyncio.sleep(0.05)
                with pytest.raises(ConnectionRefusedError):
                    await asyncio.open_connection(door.address, door.port)
                first.close()
                await first.wait_closed()
            async with way.entrance(endpoint) as unused:
                pass
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection(unused.address, unused.port)
        finally:
            await way.close()
            await perloop.close()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(visit())
