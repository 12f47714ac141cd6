"""Checks of SQL Server and of Synapse pools through a real SSH server, beyond which the tests' own speaks TDS."""

import asyncio

import pytest

from connectors.identity import Identity
from connectors.probes.ssh import STEPS
from connectors.types.azure_sqldw import AzureSqlDw
from connectors.types.mssql import MsSQL
from tests.connectors.checks import Once, check, checked, failed, passed
from tests.servers.azure import ACCOUNT_HOST, KEY, account_sas
from tests.servers.process import free_port, wait_until
from tests.servers.ssh import ssh_server
from tests.servers.tds import DEDICATED_POOL, RIGHTS, Login, SqlServer, sql_server
from tests.servers.tls import server_context

REACH, ENTER, OPEN = STEPS
PASSWORD = "the password of the tunnelled"
MSSQL, SYNAPSE = MsSQL(), AzureSqlDw()


@pytest.fixture(params=[MSSQL, SYNAPSE], ids=["mssql", "azure_sqldw"])
def connector(request):
    return request.param


# For what does not depend on the type.
mssql_only = pytest.mark.parametrize("connector", [MSSQL], ids=["mssql"])


@pytest.fixture
def serve(authority):
    def serve():
        people = {"loader": Login(PASSWORD, RIGHTS | {"CONTROL"})}
        server = SqlServer(people, {"lake": {"dbo"}}, edition=DEDICATED_POOL)
        return sql_server(server, server_context(authority, "localhost"))

    return serve


@pytest.fixture
def server(serve, ssh):
    """A check leaves no table in it, and no session with the SSH server."""
    with serve() as server:
        yield server
    assert server.tables == {}
    wait_until(lambda: ssh.sessions == 0, 5, "every session with the SSH server had ended")


@pytest.fixture
def database(server, authority):
    place = {"host": "localhost", "port": server.port, "database": "lake", "schema": "dbo"}
    return place | {"ca_certificate": authority.pem}


@pytest.fixture
def config(database, ssh):
    return database | ssh.config


@pytest.fixture
def credentials(connector, azurite_tls, system_trust):
    loader = {"username": "loader", "password": PASSWORD}
    if connector is MSSQL:
        return loader
    url = f"https://{ACCOUNT_HOST}:{azurite_tls.port}/?{account_sas('rwdlac', kinds='sco')}"
    return loader | {"storage_account_key": KEY, "storage_sas_url": url}


@pytest.fixture
def look(connector, credentials, ssh):
    def look(config, identity=ssh.identity):
        return checked(connector, config, credentials, identity=identity)

    return look


@pytest.fixture
def authorized(ssh):
    """What the user of the tunnel may do, given as options of sshd, until the test has ended."""
    yield lambda options: ssh.authorize(ssh.identity, options)
    ssh.authorize(ssh.identity)


def usual(connector):
    return [step for step in connector.steps if step not in ("resolve", "connect")]


def test_it_passes_and_is_encrypted_from_end_to_end(look, connector, server, config):
    report = look(config)
    assert passed(report) == usual(connector)
    (seen,) = server.seen
    assert (seen["server"], seen["password"], seen["encrypted"]) == ("localhost", PASSWORD, True)


def test_without_tls_it_passes_as_well(look, connector, config):
    del config["ca_certificate"]
    config |= {"sslmode": "disable"}
    report = look(config)
    assert passed(report) == [step for step in usual(connector) if step != "tls"]


def test_only_the_database_need_be_open_to_the_tunnel(look, connector, database, config, authorized):
    """So that the storage of a pool is reached directly."""
    authorized(f'restrict,port-forwarding,permitopen="localhost:{database["port"]}"')
    assert passed(look(config)) == usual(connector)


@mssql_only
def test_a_database_that_landfall_may_not_connect_to_is_reached(look, database, settings):
    with ssh_server(ListenAddress="127.0.0.2") as far:
        settings.EGRESS_ALLOW = ["127.0.0.2/32"]
        failed(look(database), "blocked", "resolve")
        passed(look(database | far.config, far.identity))


def test_a_key_that_is_not_authorised_is_told_with_the_line_to_add(look, server, config):
    other = Identity.generate()
    assert other.public in failed(look(config, other), "denied", ENTER)
    assert server.connections == 0


def test_a_closed_port_behind_the_server_is_refused(look, config):
    port = free_port()
    text = failed(look(config | {"port": port}), "refused", OPEN)
    assert f"localhost:{port}" in text


def test_the_certificate_must_be_for_the_host_beyond_the_tunnel(look, server, config):
    report = look(config | {"host": "127.0.0.1"})
    assert "not for the host “127.0.0.1”" in failed(report, "tls", "tls")
    assert server.seen == []


def test_the_certificate_must_be_of_a_ca_that_is_trusted(look, server, config, stranger):
    report = look(config | {"ca_certificate": stranger.pem})
    assert "CA that is not trusted" in failed(report, "tls", "tls")
    assert server.seen == []


@mssql_only
def test_the_firewall_sees_the_address_of_the_ssh_server(look, server, database, config):
    server.gate = 40615
    text = failed(look(config), "forbidden", "sign in")
    assert text.count("the address of the SSH server") == 2
    text = failed(look(database), "forbidden", "sign in")
    assert text.count("the address of Landfall") == 2


@mssql_only
def test_a_line_that_goes_dead_leaves_no_table(connector, server, config, credentials, ssh):
    """What removes it goes through the same tunnel."""
    config |= {"sslmode": "disable"}
    del config["ca_certificate"]

    async def visit():
        async with Once(server.port, "INSERT".encode("utf-16-le")).listening() as port:
            return await check(connector, config | {"port": port}, credentials, 2, ssh.identity)

    failed(asyncio.run(visit()), "timeout", "create a table")
    assert len(server.seen) == 2


@mssql_only
class TestRouting:
    """A gateway sends its clients on: whoever needs a tunnel to it needs one to where it sends him, too."""

    @pytest.fixture
    def other(self, serve, server):
        with serve() as other:
            server.route = ("localhost", other.port)
            yield other
        assert other.tables == {}

    def test_we_go_through_the_tunnel(self, look, server, other, database, settings):
        with ssh_server(ListenAddress="127.0.0.2") as far:
            settings.EGRESS_ALLOW = ["127.0.0.2/32"]  # and so nothing else
            assert passed(look(database | far.config, far.identity)) == usual(MSSQL)
        assert (server.statements, len(other.statements)) == ([], 4)
        assert other.seen[0]["encrypted"]

    def test_where_the_tunnel_may_not_lead_is_named(self, look, server, other, config, authorized):
        authorized(f'restrict,port-forwarding,permitopen="localhost:{server.port}"')
        text = failed(look(config), "forbidden", "sign in")
        assert f"localhost:{server.port} sends its clients on to another server." in text
        assert f"open a tunnel to localhost:{other.port}." in text
        assert "PermitOpen" in text
        assert other.connections == 0

    def test_a_host_that_the_ssh_server_does_not_know_is_named(self, look, server, config):
        server.route = ("worker.invalid", 1433)
        text = failed(look(config), "dns", "sign in")
        assert "knows no address of the host “worker.invalid”" in text

    def test_a_dead_port_is_refused(self, look, server, config):
        server.route = ("localhost", free_port())
        failed(look(config), "refused", "sign in")

    def test_the_certificate_of_the_next_server_is_verified_too(self, look, server, config):
        server.route = ("127.0.0.1", server.port)
        failed(look(config), "tls", "sign in")

    def test_a_circle_is_left(self, look, server, config):
        server.route = ("localhost", server.port)
        failed(look(config), "remote", "sign in")
