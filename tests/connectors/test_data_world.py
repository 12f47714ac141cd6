"""Checks of data.world against a stand-in that verifies tokens."""

import logging

import pytest

from connectors.problems import Invalid
from connectors.types.data_world import DataWorld
from tests.connectors.checks import checked, failed, logged, passed
from tests.servers.data_world import LEAK, TOKEN, USER
from tests.servers.http import hang, listening
from tests.servers.process import free_port

DATA_WORLD = DataWorld()
SIGN_IN, OWNER, DATASET, WRITE = DATA_WORLD.steps[3:]
CREDENTIALS = {"access_token": TOKEN}

pytestmark = pytest.mark.usefixtures("system_trust")


@pytest.fixture(autouse=True)
def nothing_secret_is_told(caplog):
    caplog.set_level(logging.DEBUG)
    yield
    assert TOKEN not in logged(caplog)
    assert LEAK not in logged(caplog)


@pytest.fixture
def config(data_world):
    return {"host": "localhost", "port": data_world.port, "owner": "the-company", "dataset": "sales"}


@pytest.fixture
def told(config):
    """Run a check that must fail, and return what it says."""

    def run(code, step, **changes):
        report = checked(DATA_WORLD, config | changes, CREDENTIALS)
        assert LEAK not in repr(report)
        return failed(report, code, step)

    return run


def problems(config=None, **credentials):
    with pytest.raises(Invalid) as caught:
        DATA_WORLD.clean({"owner": "the-company"} | (config or {}), CREDENTIALS | credentials)
    return {problem.path: problem.code for problem in caught.value.problems}


@pytest.mark.parametrize("level", ["WRITE", "ADMIN"])
def test_who_may_write_passes(data_world, config, level):
    data_world.datasets["the-company/sales"] = level
    report = checked(DATA_WORLD, config, CREDENTIALS)
    assert passed(report) == [step for step in DATA_WORLD.steps if step != OWNER]


@pytest.mark.parametrize(("level", "status"), [("WRITE", "passed"), ("READ", "failed")])
def test_a_dataset_of_very_many_files_is_read_too(data_world, config, level, status):
    files = [{"name": f"file-{number}.csv", "description": '"accessLevel": "ADMIN"'} for number in range(5000)]
    large = {"description": '"accessLevel": "ADMIN"', "accessLevel": level, "files": files}
    data_world.replies["/v0/datasets/the-company/sales"] = (200, large)
    assert checked(DATA_WORLD, config, CREDENTIALS).status == status


def test_without_a_dataset_the_users_own_are_writable(config):
    del config["dataset"]
    report = checked(DATA_WORLD, config | {"owner": USER}, CREDENTIALS)
    assert passed(report) == [step for step in DATA_WORLD.steps if step != DATASET]


def test_without_a_dataset_nothing_is_claimed_about_other_owners(config):
    del config["dataset"]
    report = checked(DATA_WORLD, config, CREDENTIALS)
    assert passed(report) == list(DATA_WORLD.steps[:5])


def test_a_wrong_token_is_denied(config):
    report = checked(DATA_WORLD, config, {"access_token": "not-the-token"})
    assert "does not accept the access token" in failed(report, "denied", SIGN_IN)


def test_a_missing_owner_is_not_found(told, config):
    assert "“nobody”" in told("not_found", DATASET, owner="nobody")
    del config["dataset"]
    assert "“nobody”" in told("not_found", OWNER, owner="nobody")


def test_a_missing_dataset_is_not_found(told):
    assert "no dataset “nothing”" in told("not_found", DATASET, dataset="nothing")


@pytest.mark.parametrize("level", ["READ", "NONE", "SOMETHING_NEW"])
def test_who_may_only_read_is_told(told, data_world, level):
    data_world.datasets["the-company/sales"] = level
    assert "may not write" in told("forbidden", WRITE)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (401, {}, "denied"),
        (403, {}, "denied"),
        (404, {}, "protocol"),
        (429, {}, "quota"),
        (503, {}, "remote"),
        (302, {}, "protocol"),
        (200, b"not JSON", "protocol"),
        (200, [], "protocol"),
        (200, {"id": 1}, "protocol"),
        (200, b"[" * 60000, "protocol"),
    ],
)
def test_every_answer_to_a_sign_in_has_its_code(told, data_world, status, body, expected):
    data_world.replies["/v0/user"] = (status, body)
    told(expected, SIGN_IN)


def test_a_dataset_without_a_level_is_no_answer(told, data_world):
    data_world.datasets["the-company/sales"] = None
    told("protocol", DATASET)


def test_a_service_that_stops_answering_ends_in_time(data_world, config):
    data_world.replies["/v0/datasets/the-company/sales"] = None
    failed(checked(DATA_WORLD, config, CREDENTIALS, limit=1), "timeout", DATASET)


def test_a_service_that_hangs_ends_in_time(config):
    with listening(hang) as server:
        report = checked(DATA_WORLD, config | {"port": server.port}, CREDENTIALS, limit=0.5)
    failed(report, "timeout", "tls")


def test_a_dead_port_is_refused(told):
    told("refused", "connect", port=free_port())


def test_a_certificate_for_another_name_is_refused(told):
    assert "is not for the host" in told("tls", "tls", host="127.0.0.1")


def test_a_private_address_is_blocked(told, data_world, settings):
    settings.EGRESS_ALLOW = []
    told("blocked", "resolve")
    assert data_world.requests == []


@pytest.mark.parametrize("name", ["The-Company", "a/b", "..", "a--b", "-a", "a?b"])
def test_ids_are_as_in_addresses(name):
    assert problems({"owner": name, "dataset": name}) == {"config.owner": "pattern", "config.dataset": "pattern"}


def test_a_token_can_be_sent_in_a_header():
    assert problems(access_token="a\r\nX-More: y") == {"credentials.access_token": "pattern"}


def test_what_is_left_out_is_filled_in():
    config, _ = DATA_WORLD.clean({"owner": "the-company"}, CREDENTIALS)
    assert config == {
        "owner": "the-company", "output_file_format": "csv", "host": "api.data.world", "port": 443,
    }  # fmt: skip
    assert DATA_WORLD.target(config) == "the-company"
