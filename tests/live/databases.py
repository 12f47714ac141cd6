"""Types of databases and warehouses that speak SQL."""

from dataclasses import replace

from tests.live.declaring import MISSING_RESOURCE, NO_PERMISSION, TLS_MISMATCH, WRONG_CREDENTIAL, Broken, Live, live
from tests.servers import azure
from tests.servers.databricks import TOKEN, WAREHOUSE
from tests.servers.snowflake import ACCOUNT, USER

PASSWORD = "the-password-of-the-lake"


def _lake(request, server):
    """A database behind TLS, of which the roles `lake_loader` and `lake_reader` may know."""
    place = {"host": server.host, "port": server.port, "database": "live_lake"}
    return Live(
        {**place, "ca_certificate": request.getfixturevalue("authority").pem},
        {"username": "lake_loader", "password": PASSWORD},
        {
            WRONG_CREDENTIAL: Broken("denied", credentials={"password": "not the password"}),
            MISSING_RESOURCE: Broken("not_found", {"database": "nothing"}),
            NO_PERMISSION: Broken("forbidden", credentials={"username": "lake_reader"}),
            TLS_MISMATCH: Broken("tls", {"ca_certificate": request.getfixturevalue("stranger").pem}),
        },
    )


@live("postgres")
@live("redshift")
@live("panoply")
def postgres(request):
    return _lake(request, request.getfixturevalue("postgres_lake"))


@live("mysql")
def mysql(request):
    return _lake(request, request.getfixturevalue("mysql_lake"))


@live("mssql")
def mssql(request):
    return _lake(request, request.getfixturevalue("mssql_lake"))


@live("azure_sqldw")
def azure_sqldw(request):
    """The pool is broken here; what can be wrong with the storage is the subject of its own tests."""
    storage, made = request.getfixturevalue("azurite_tls"), _lake(request, request.getfixturevalue("synapse_lake"))
    request.getfixturevalue("system_trust")
    url = f"https://{azure.ACCOUNT_HOST}:{storage.port}/?{azure.account_sas('rwdlac', kinds='sco')}"
    return replace(made, credentials={**made.credentials, "storage_account_key": azure.KEY, "storage_sas_url": url})


@live("snowflake")
def snowflake(request):
    server = request.getfixturevalue("snowflake")
    request.getfixturevalue("system_trust")
    place = {"host": "localhost", "port": server.port, "account": ACCOUNT, "role": "LOADER"}
    return Live(
        {**place, "database": "LAKE", "schema": "RAW", "warehouse": "LOADING"},
        {"username": USER, "private_key": server.pem},
        {
            WRONG_CREDENTIAL: Broken("denied", credentials={"username": "somebody else"}),
            MISSING_RESOURCE: Broken("not_found", {"database": "NOTHING"}),
            NO_PERMISSION: Broken("forbidden", outside=lambda: setattr(server, "may_create", False)),
            TLS_MISMATCH: Broken("tls", {"host": "127.0.0.1"}),
        },
    )


@live("databricks_delta")
def databricks_delta(request):
    server = request.getfixturevalue("databricks")
    request.getfixturevalue("system_trust")
    path = f"/sql/1.0/warehouses/{WAREHOUSE}"
    return Live(
        {"host": "localhost", "port": server.port, "http_path": path, "catalog": "lake", "schema": "raw"},
        {"token": TOKEN},
        {
            WRONG_CREDENTIAL: Broken("denied", credentials={"token": "dapi-of-nobody"}),
            MISSING_RESOURCE: Broken("not_found", {"schema": "nothing"}),
            NO_PERMISSION: Broken("forbidden", outside=lambda: server.rights.discard("CREATE")),
            TLS_MISMATCH: Broken("tls", {"host": "127.0.0.1"}),
        },
    )
