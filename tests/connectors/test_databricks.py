"""Checks of Databricks against a stand-in that verifies tokens, rights and statements."""

import asyncio
import logging
import time

import pytest

from connectors.probes.databricks import STEPS
from connectors.problems import Invalid
from connectors.types.databricks_delta import DatabricksDelta
from tests.connectors.checks import check, checked, failed, logged, passed
from tests.servers.databricks import CLUSTER, LEAK, TOKEN, WAREHOUSE
from tests.servers.http import hang, listening
from tests.servers.process import free_port

DELTA = DatabricksDelta()
SIGN_IN, COMPUTE, FIND, CREATE, REMOVE = STEPS[3:]
CREDENTIALS = {"token": TOKEN}
WAREHOUSE_PATH, CLUSTER_PATH = f"/sql/1.0/warehouses/{WAREHOUSE}", f"sql/protocolv1/o/0/{CLUSTER}"

pytestmark = pytest.mark.usefixtures("system_trust")


@pytest.fixture(autouse=True)
def nothing_secret_is_told(caplog):
    caplog.set_level(logging.DEBUG)
    yield
    assert TOKEN not in logged(caplog)
    assert LEAK not in logged(caplog)


@pytest.fixture
def config(databricks):
    place = {"host": "localhost", "port": databricks.port, "http_path": WAREHOUSE_PATH}
    return place | {"catalog": "lake", "schema": "raw"}


@pytest.fixture
def told(config):
    """Run a check that must fail, and return what it says."""

    def run(code, step, **changes):
        report = checked(DELTA, config | changes, CREDENTIALS)
        assert LEAK not in repr(report)
        return failed(report, code, step)

    return run


def problems(config=None, **credentials):
    valid = {"host": "dbc.cloud.databricks.com", "http_path": WAREHOUSE_PATH}
    with pytest.raises(Invalid) as caught:
        DELTA.clean(valid | (config or {}), CREDENTIALS | credentials)
    return {problem.path: problem.code for problem in caught.value.problems}


def test_a_check_makes_a_table_and_leaves_nothing(databricks, config):
    assert passed(checked(DELTA, config, CREDENTIALS)) == list(STEPS)
    assert databricks.tables == []
    assert databricks.statements[1].startswith("CREATE TABLE `lake`.`raw`.`landfall_check_")


def test_what_is_left_out_is_filled_in(config):
    del config["catalog"], config["schema"]
    assert passed(checked(DELTA, config, CREDENTIALS)) == list(STEPS)


@pytest.mark.parametrize("path", [f"sql/1.0/warehouses/{WAREHOUSE}", f"/sql/1.0/endpoints/{WAREHOUSE}"])
def test_every_spelling_of_a_warehouse_is_read(config, path):
    assert passed(checked(DELTA, config | {"http_path": path}, CREDENTIALS)) == list(STEPS)


def test_odd_names_are_quoted(databricks, config):
    databricks.schemas.add(("the `lake`", "raw data"))
    odd = {"catalog": "the `lake`", "schema": "raw data"}
    assert passed(checked(DELTA, config | odd, CREDENTIALS))


@pytest.mark.parametrize("state", ["STOPPED", "STOPPING", "STARTING"])
def test_a_warehouse_that_does_not_run_is_not_started(databricks, config, state):
    databricks.state = state
    report = checked(DELTA, config, CREDENTIALS)
    assert passed(report) == list(STEPS[:5])
    assert "not running" in report.steps[-1]["message"]
    assert databricks.statements == []


def test_of_a_cluster_it_is_checked_that_it_exists(databricks, config):
    report = checked(DELTA, config | {"http_path": CLUSTER_PATH}, CREDENTIALS)
    assert passed(report) == list(STEPS[:5])
    assert "Clusters take no statements" in report.steps[-1]["message"]


def test_a_wrong_token_is_denied(config):
    report = checked(DELTA, config, {"token": "dapi-of-nobody"})
    assert "does not accept the credentials" in failed(report, "denied", SIGN_IN)


@pytest.mark.parametrize("path", ["/sql/1.0/warehouses/0000", "/sql/protocolv1/o/0/0123-nothing"])
def test_missing_compute_is_not_found(told, path):
    assert path in told("not_found", COMPUTE, http_path=path)


def test_a_deleted_warehouse_is_not_found(told, databricks):
    databricks.state = "DELETED"
    assert "was deleted" in told("not_found", COMPUTE)


@pytest.mark.parametrize("changes", [{"schema": "missing"}, {"catalog": "missing"}])
def test_a_missing_schema_is_not_found(told, changes):
    assert "“missing”" in told("not_found", FIND, **changes)


@pytest.mark.parametrize(
    ("lacking", "step", "right"), [("USE", FIND, "USE SCHEMA"), ("CREATE", CREATE, "CREATE TABLE")]
)
def test_who_lacks_a_right_is_told_which(told, databricks, lacking, step, right):
    databricks.rights.remove(lacking)
    assert right in told("forbidden", step)


def test_a_table_that_cannot_be_removed_is_named(told, databricks, caplog):
    databricks.rights.remove("DROP")
    said = told("forbidden", REMOVE)
    [left] = databricks.tables
    assert f"The table {left} may still be there." in said
    assert [record.table for record in caplog.records if record.message == "table_left"] == [left]


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (401, {}, "denied"),
        (403, {}, "denied"),
        (403, {"error_code": "403", "message": "blocked by Databricks IP ACL"}, "forbidden"),
        (404, {}, "protocol"),
        (429, {}, "quota"),
        (503, {}, "remote"),
        (302, {}, "protocol"),
        (200, b"not JSON", "protocol"),
        (200, [], "protocol"),
        (200, b"[" * 60000, "protocol"),
    ],
)
def test_every_answer_to_a_sign_in_has_its_code(told, databricks, status, body, expected):
    databricks.replies["Me"] = (status, body)
    told(expected, SIGN_IN)


@pytest.mark.parametrize("state", [None, "ODD", 1])
def test_an_odd_state_is_no_answer(told, databricks, state):
    databricks.state = state
    told("protocol", COMPUTE)


@pytest.mark.parametrize(
    ("status", "reply", "expected"),
    [
        (200, {"status": {"state": "CANCELED"}}, "timeout"),
        (200, {"status": {"state": "FAILED", "error": {"error_code": "PERMISSION_DENIED"}}}, "forbidden"),
        (200, {"status": {"state": "FAILED", "sql_state": "42501"}}, "forbidden"),
        (200, {"status": {"state": "FAILED", "sql_state": "42704"}}, "not_found"),
        (200, {"status": {"state": "FAILED", "error": LEAK}}, "remote"),
        (200, {"status": LEAK}, "protocol"),
        (403, {"error_code": "PERMISSION_DENIED", "message": LEAK}, "forbidden"),
        (429, {"error_code": "RESOURCE_EXHAUSTED", "message": LEAK}, "quota"),
    ],
)
def test_a_statement_that_fails_has_its_code(told, databricks, status, reply, expected):
    databricks.replies["DESCRIBE"] = (status, reply)
    told(expected, FIND)


def test_a_table_that_may_have_been_made_is_removed(told, databricks):
    databricks.replies["CREATE"] = (503, b"")
    told("remote", CREATE)
    assert databricks.statements[-1].startswith("DROP TABLE IF EXISTS")


def test_a_check_that_is_given_up_leaves_nothing(databricks, config):
    databricks.silent.add("CREATE")
    started = time.monotonic()
    failed(checked(DELTA, config, CREDENTIALS, limit=2), "timeout", CREATE)
    assert time.monotonic() - started < 10
    assert databricks.tables == []


def test_a_check_that_is_cancelled_leaves_nothing(databricks, config):
    databricks.silent.add("CREATE")

    async def cancelled():
        task = asyncio.create_task(check(DELTA, config, CREDENTIALS))
        while not databricks.tables:
            await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert databricks.tables == []


def test_a_removal_that_hangs_is_bounded(told, databricks, monkeypatch):
    monkeypatch.setattr("connectors.probes.trial.REMOVE_LIMIT", 0.5)
    databricks.replies["DROP"] = None
    assert "may still be there" in told("timeout", REMOVE)


def test_a_workspace_that_hangs_ends_in_time(config):
    with listening(hang) as server:
        report = checked(DELTA, config | {"port": server.port}, CREDENTIALS, limit=0.5)
    failed(report, "timeout", "tls")


def test_a_dead_port_is_refused(told):
    told("refused", "connect", port=free_port())


def test_a_certificate_for_another_name_is_refused(told):
    assert "is not for the host" in told("tls", "tls", host="127.0.0.1")


def test_a_private_address_is_blocked(told, settings):
    settings.EGRESS_ALLOW = []
    told("blocked", "resolve")


@pytest.mark.parametrize("path", ["/sql/1.0/warehouses/", "/sql/1.0/warehouses/a/b", "/sql/1.0/warehouses/a?b=c", "x"])
def test_a_path_leads_to_compute(path):
    assert problems({"http_path": path}) == {"config.http_path": "pattern"}


def test_a_token_can_be_sent_in_a_header():
    assert problems(token="dapi\r\nX-More: y") == {"credentials.token": "pattern"}


def test_a_staging_bucket_is_named_as_buckets_are():
    assert problems({"staging_bucket": "s3://bucket"}) == {"config.staging_bucket": "pattern"}
