"""Servers prepared for the entries, the entries themselves, and who uses the destinations."""

import pytest

from connectors import registry
from connectors.probes import cloudflare as cloudflare_probe
from tests.factories import make_tenant
from tests.live.databases import PASSWORD
from tests.live.entries import ENTRIES
from tests.servers import rest
from tests.servers.cloudflare import cloudflare_api
from tests.servers.servicebus import serving
from tests.servers.tds import DEDICATED_POOL, RIGHTS, Login, SqlServer, sql_server
from tests.servers.tls import server_context


@pytest.fixture(scope="session")
def postgres_lake(postgres):
    """A database, who may create tables in it, and who may only sign in."""
    for role in ("lake_loader", "lake_reader"):
        postgres.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}' IN ROLE people")
    postgres.execute("CREATE DATABASE live_lake OWNER lake_loader")
    return postgres


@pytest.fixture(scope="session")
def mysql_lake(mysql):
    mysql.execute("CREATE DATABASE live_lake")
    for user, rights in {"lake_loader": "CREATE, DROP, INSERT", "lake_reader": "SELECT"}.items():
        mysql.execute(f"CREATE USER {user}@`%` IDENTIFIED BY '{PASSWORD}'")
        mysql.execute(f"GRANT {rights} ON live_lake.* TO {user}@`%`")
    # Only who may use a database is told that it is not there.
    mysql.execute("GRANT CREATE ON nothing.* TO lake_loader@`%`")
    return mysql


@pytest.fixture
def mssql_lake(authority):
    """A server that speaks TDS: SQL Server itself cannot run here."""
    people = {"lake_loader": Login(PASSWORD), "lake_reader": Login(PASSWORD, frozenset())}
    with sql_server(SqlServer(people, {"live_lake": {"dbo"}}), server_context(authority, "localhost")) as server:
        yield server


@pytest.fixture
def synapse_lake(mssql_lake):
    """Who controls a dedicated SQL pool, and who may only sign in."""
    mssql_lake.edition = DEDICATED_POOL
    mssql_lake.logins["lake_loader"] = Login(PASSWORD, RIGHTS | {"CONTROL"})
    return mssql_lake


@pytest.fixture
def kafka_front(kafka, authority):
    with kafka.front(server_context(authority, "localhost")) as front:
        yield front


@pytest.fixture
def service_bus(authority):
    with serving(server_context(authority, "localhost")) as broker:
        yield broker


@pytest.fixture
def forbidding_storage(authority):
    """A storage account in which nobody may do anything, which Azurite cannot be made to be."""
    refusal = b"<Error><Code>AuthorizationPermissionMismatch</Code></Error>"
    with rest.serving(lambda request: (403, refusal), authority) as server:
        yield server


@pytest.fixture
def cloudflare(monkeypatch):
    with cloudflare_api() as api:
        monkeypatch.setattr(cloudflare_probe, "API", api.url)
        yield api


@pytest.fixture(params=registry.names())
def type_(request):
    return request.param


@pytest.fixture
def connector(type_):
    connector = registry.get(type_)
    if not connector.available:
        pytest.skip(f"The driver of {connector.label} is not installed.")
    return connector


@pytest.fixture
def live(request, type_):
    return ENTRIES[type_].make(request)


@pytest.fixture
def tenant(db):
    return make_tenant("acme", "Acme")
