"""Checks of Synapse: the pool on the tests' own server of TDS, the storage on Azurite."""

import logging
import zlib

import pytest

from connectors.probes.synapse import STEPS
from connectors.problems import Invalid
from connectors.types.azure_sqldw import AzureSqlDw
from tests.connectors import checks
from tests.connectors.checks import failed, passed
from tests.servers.azure import ACCOUNT_HOST, KEY, account_sas, container_sas, moment
from tests.servers.dns import name_server
from tests.servers.http import hang, listening
from tests.servers.process import free_port
from tests.servers.rest import serving
from tests.servers.tds import Login, SqlServer, sql_server
from tests.servers.tls import server_context

SYNAPSE = AzureSqlDw()
PASSWORD = "the loader's password"
DEDICATED, SERVERLESS, AZURE_SQL = 6, 11, 5
POOL, RIGHT, KEY_STEP, BLOB = (
    "find SQL pool",
    "find the right to load",
    "sign in to the storage",
    "write a test blob and remove it",
)
RIGHTS = frozenset({"CREATE TABLE", "CREATE SCHEMA", "INSERT"})


@pytest.fixture
def pool(authority):
    logins = {"loader": Login(PASSWORD, RIGHTS | {"CONTROL"}), "maker": Login(PASSWORD, RIGHTS)}
    server = SqlServer(logins, {"pool": {"dbo"}}, edition=DEDICATED)
    with sql_server(server, server_context(authority, "localhost")) as server:
        yield server
    assert server.tables == {}
    assert server.databases == {"pool": {"dbo"}}


@pytest.fixture(autouse=True)
def storage(azurite_tls, system_trust):
    """The service; a check leaves no container in it."""
    yield azurite_tls
    assert [name for name in azurite_tls.containers() if name.startswith("landfall")] == []


@pytest.fixture
def container(azurite_tls, request):
    return azurite_tls.create(f"staging-{zlib.crc32(request.node.nodeid.encode()):08x}")


@pytest.fixture
def config(pool):
    return {"host": "localhost", "port": pool.port, "database": "pool", "schema": "dbo"}


@pytest.fixture
def checked(storage, config):
    def checked(sas=None, path="", port=None, limit=15, **credentials):
        token = account_sas("rwdlac", kinds="sco") if sas is None else sas
        url = f"https://{ACCOUNT_HOST}:{port or storage.port}/{path}?{token}"
        given = {"username": "loader", "password": PASSWORD, "storage_account_key": KEY, "storage_sas_url": url}
        return checks.checked(SYNAPSE, config, given | credentials, limit)

    return checked


@pytest.fixture(autouse=True)
def silent_logs(caplog):
    """Nothing that is logged during any of these tests holds a secret, at whatever level."""
    caplog.set_level(logging.DEBUG)
    yield
    logged = checks.logged(caplog)
    assert not [secret for secret in (PASSWORD, KEY, "sig=", "SharedKey") if secret in logged]


class TestPassing:
    def test_a_pool_whose_storage_may_be_used_passes_and_nothing_is_left(self, checked, config):
        report = checked()
        assert passed(report) == list(STEPS)
        assert report.message == "Azure Synapse accepted every step."

    def test_a_sas_url_of_one_container_passes(self, checked, storage, container):
        assert passed(checked(container_sas(container, "wd"), container)) == list(STEPS)
        assert storage.blobs(container) == []

    def test_a_schema_of_its_own_is_made_when_none_is_named(self, checked, config):
        del config["schema"]
        assert "find schema" not in passed(checked())


class TestThePool:
    @pytest.mark.parametrize("edition", [SERVERLESS, AZURE_SQL])
    def test_another_product_is_told_apart(self, checked, pool, edition):
        pool.edition = edition
        assert "mssql" in failed(checked(), "config", POOL)

    def test_who_may_not_load_is_told_the_grant(self, checked):
        text = failed(checked(username="maker"), "forbidden", RIGHT)
        assert "GRANT CONTROL ON DATABASE::[pool] TO [maker];" in text

    def test_a_pool_that_does_not_tell_about_rights_is_asked_to_make_a_table_all_the_same(self, checked, pool):
        pool.faults["sys.database_permissions"] = 104
        assert passed(checked()) == [step for step in STEPS if step != RIGHT]

    def test_a_pool_that_hangs_up_when_asked_for_rights_fails(self, checked, pool):
        def hang_up(statement):
            if "database_permissions" in statement:
                raise ConnectionError

        pool.hook = hang_up
        failed(checked(), "remote", RIGHT)

    @pytest.mark.parametrize(("number", "code"), [(40615, "forbidden"), (42108, "remote"), (18456, "denied")])
    def test_a_sign_in_that_is_refused_is_explained(self, checked, pool, number, code):
        pool.gate = number
        failed(checked(), code, "sign in")

    def test_the_storage_is_left_alone_when_the_pool_fails(self, checked, pool):
        pool.gate = 18456
        report = checked(sas="sig=x")
        assert [step["status"] for step in report.steps if step["name"] in {KEY_STEP, BLOB}] == ["skipped", "skipped"]


class TestTheStorage:
    def test_a_key_of_another_account_is_denied(self, checked):
        text = failed(checked(storage_account_key=KEY[4:]), "denied", KEY_STEP)
        assert "“landfall”" in text

    @pytest.mark.parametrize("key", ["no base64 at all", "schlüssel", "abc"])
    def test_a_key_that_is_none_is_told_before_anybody_is_asked(self, checked, key):
        assert "base64" in failed(checked(storage_account_key=key), "config", KEY_STEP)

    def test_a_token_of_another_key_is_denied(self, checked):
        failed(checked(account_sas("rwdlac", kinds="sco", key=KEY[4:])), "denied", BLOB)

    def test_a_token_that_has_expired_is_told(self, checked, container):
        token = container_sas(container, se="2020-01-31T12:30Z")
        assert "expired on 2020-01-31" in failed(checked(token, container), "denied", BLOB)

    def test_a_token_that_may_not_write_is_told(self, checked, container):
        assert "write (w)" in failed(checked(container_sas(container, "rl"), container), "forbidden", BLOB)

    def test_a_token_of_the_account_that_may_make_no_container_is_told(self, checked):
        text = failed(checked(account_sas("rwdlac", kinds="o")), "forbidden", BLOB)
        assert "may not create containers" in text

    def test_a_token_of_the_account_that_may_delete_nothing_is_refused_before_anything_is_made(self, checked):
        assert "delete (d)" in failed(checked(account_sas("rwlac", kinds="sco")), "forbidden", BLOB)

    def test_a_container_that_is_not_there_is_named(self, checked):
        assert "“nowhere”" in failed(checked(container_sas("nowhere"), "nowhere"), "not_found", BLOB)

    def test_a_token_of_a_container_needs_its_name_in_the_url(self, checked):
        assert "names no container" in failed(checked(container_sas("data")), "config", BLOB)

    def test_a_dead_port_is_refused(self, checked):
        failed(checked(port=free_port()), "refused", KEY_STEP)

    def test_a_blocked_address_gets_no_byte(self, checked, settings):
        with (
            name_server({"landfall.blob.example.com": [["127.0.0.2"]]}) as dns,
            listening(hang, host="127.0.0.2") as peer,
        ):
            settings.EGRESS_NAMESERVERS, settings.EGRESS_DENY = [dns.address], ["127.0.0.2/32"]
            url = f"https://landfall.blob.example.com:{peer.port}/?{account_sas()}"
            failed(checked(storage_sas_url=url), "blocked", KEY_STEP)
        assert peer.connections == 0

    def test_an_account_that_is_not_there_is_named(self, checked, storage):
        url = f"https://nobody.blob.invalid/?{account_sas()}"
        assert "nobody.blob.invalid" in failed(checked(storage_sas_url=url), "dns", KEY_STEP)


LIST = 200, b"<EnumerationResults></EnumerationResults>"


class TestTidying:
    """Against a service of the tests' own, for what Azurite cannot be made to do. It notes what it is asked for."""

    @pytest.fixture
    def visit(self, checked, authority):
        def visit(limit=15, **replies):
            def answer(request):
                path, _, query = request.target.partition("?")
                what = "account" if path == "/" else "container" if "restype=container" in query else "blob"
                asked.append(f"{request.method} {what}")
                if request.method == "GET":
                    return LIST
                usual = {"PUT": 201, "DELETE": 202}[request.method]
                return replies.get(f"{request.method.lower()}_{what}", (usual, b""))

            asked: list[str] = []
            with serving(answer, authority, ACCOUNT_HOST) as server:
                return checked(port=server.port, limit=limit), asked

        return visit

    def test_all_is_done_in_order(self, visit):
        report, asked = visit()
        passed(report)
        assert asked == [
            "GET account", "PUT container", "GET container", "PUT blob", "DELETE blob", "DELETE container",
        ]  # fmt: skip

    def test_a_container_that_was_refused_is_not_removed(self, visit):
        report, asked = visit(put_container=(403, b"<Code>AuthorizationPermissionMismatch</Code>"))
        failed(report, "forbidden", BLOB)
        assert asked == ["GET account", "PUT container"]

    @pytest.mark.parametrize("reply", [(500, b""), (201, b"")])
    def test_a_container_that_may_be_there_is_removed(self, visit, reply):
        report, asked = visit(put_container=reply, put_blob=(500, b""))
        failed(report, "remote", BLOB)
        assert asked[-1] == "DELETE container"

    def test_a_check_that_is_cancelled_removes_the_container(self, visit):
        report, asked = visit(limit=1, put_blob=None)
        failed(report, "timeout", BLOB)
        assert asked[-2:] == ["DELETE blob", "DELETE container"]

    @pytest.mark.parametrize(("reply", "code"), [((403, b""), "forbidden"), ((500, b""), "remote"), (None, "timeout")])
    def test_a_container_that_cannot_be_removed_is_named(self, visit, monkeypatch, reply, code):
        monkeypatch.setattr("connectors.probes.undoing.LIMIT", 0.3)
        report, _ = visit(delete_container=reply)
        assert "The container “landfall-check-" in failed(report, code, BLOB)


class TestDeclaration:
    @pytest.mark.parametrize(
        "url",
        [
            "http://landfall.blob.core.windows.net/?sv=1&sig=x",
            "landfall.blob.core.windows.net/?sv=1&sig=x",
            "https://landfall.file.core.windows.net/?sv=1&sig=x",
            "https://10.0.0.1/?sv=1&sig=x",
            "https://landfall.dfs.core.windows.net/data?sv=1&sig=x",
            "https://landfall.blob.core.windows.net/data/a/b?sv=1&sig=x",
            "https://landfall.blob.core.windows.net/data",
            "https://landfall.blob.core.windows.net/?sv=1&sig=",
            "https://landfall.blob.core.windows.net/?sv=1&sig=x#y",
            "https://user:word@landfall.blob.core.windows.net/?sig=x",
            pytest.param(f"?{container_sas('data')}", id="a token alone"),
        ],
    )
    def test_what_is_no_sas_url_of_a_blob_service_is_refused(self, config, url):
        credentials = {"username": "u", "password": "p", "storage_account_key": "eA==", "storage_sas_url": url}
        with pytest.raises(Invalid) as refused:
            SYNAPSE.clean(config, credentials)
        assert [(one.path, one.code) for one in refused.value.problems] == [("credentials.storage_sas_url", "pattern")]
        assert url not in str(refused.value)

    def test_the_secrets_are_three(self):
        assert {"password", "storage_account_key", "storage_sas_url"} == SYNAPSE.secrets

    def test_a_token_of_the_future_is_not_refused_as_a_value(self, config):
        url = f"https://{ACCOUNT_HOST}/data?{container_sas('data', st=moment(hours=1))}"
        credentials = {"username": "u", "password": "p", "storage_account_key": "eA==", "storage_sas_url": url}
        assert SYNAPSE.clean(config, credentials)[1]["storage_sas_url"] == url
