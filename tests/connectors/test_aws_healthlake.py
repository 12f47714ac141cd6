"""Checks of data stores of AWS HealthLake, against one of the tests' own that verifies signatures."""

import logging

import pytest

from connectors.problems import Invalid
from connectors.types.aws_healthlake import AwsHealthLake
from tests.connectors import checks
from tests.connectors.checks import failed, passed
from tests.servers.entra import LEAK
from tests.servers.fhir import REGION, STORE, Amazon, outcome, statement
from tests.servers.process import free_port

HEALTHLAKE = AwsHealthLake()
FIND, READ, ASK = "find data store", "read capability statement", "ask to create a resource"
ALL = ["resolve", "connect", "tls", FIND, READ, ASK]
DESCRIBE, CAPABILITIES, CREATE = "DescribeFHIRDatastore", "GetCapabilities", "CreateResource"
CONFIG = {"datastore_id": STORE, "region": REGION}
ARN = f"arn:aws:healthlake:{REGION}:*:datastore/fhir/{STORE}"
STEP_OF = {DESCRIBE: FIND, CAPABILITIES: READ, CREATE: ASK}

pytestmark = pytest.mark.usefixtures("system_trust")


@pytest.fixture(autouse=True)
def nothing_secret_is_told(caplog):
    caplog.set_level(logging.DEBUG)
    yield
    for text in (Amazon.secret, LEAK):
        assert text not in checks.logged(caplog)


def checked(cloud, key="owner", limit=15, config=None, **credentials):
    there = CONFIG | {"endpoint": cloud.url} | (config or {})
    report = checks.checked(HEALTHLAKE, there, cloud.keys(key) | credentials, limit)
    assert LEAK not in repr(report)
    return report


def skipped(report):
    return [step["name"] for step in report.steps if step["status"] == "skipped"]


def named(status, error):
    """A fault as Amazon's newer services tell it."""
    return status, {"__type": f"com.amazonaws.healthlake#{error}", "message": LEAK}


class TestPassing:
    def test_a_data_store_that_may_be_written_to_passes_and_nothing_is_stored(self, healthlake):
        assert passed(checked(healthlake)) == ALL
        assert healthlake.asked == [DESCRIBE, CAPABILITIES, CREATE]
        assert healthlake.server.kept == {}

    def test_who_may_only_create_resources_passes_too(self, healthlake):
        report = checked(healthlake, "writer")
        assert passed(report) == ["resolve", "connect", "tls", ASK]
        assert skipped(report) == [FIND, READ]

    @pytest.mark.parametrize("status", ["ACTIVE", "UPDATING", "UPDATE_FAILED"])
    def test_a_data_store_that_serves_is_fit(self, healthlake, status):
        healthlake.properties["DatastoreStatus"] = status
        assert passed(checked(healthlake)) == ALL

    @pytest.mark.parametrize("said", [(400, outcome("invalid")), (422, outcome("processing"))])
    def test_a_refusal_of_the_resource_is_all_that_is_asked_for(self, healthlake, said):
        healthlake.replies[CREATE] = said
        assert passed(checked(healthlake)) == ALL

    def test_a_refusal_in_amazons_words_will_do(self, healthlake):
        healthlake.replies[CREATE] = named(400, "ValidationException")
        assert passed(checked(healthlake)) == ALL

    def test_an_endpoint_may_have_a_path(self, healthlake, monkeypatch):
        route = type(healthlake)._route
        monkeypatch.setattr(
            type(healthlake),
            "_route",
            lambda self, request: route(self, type(request)(
                request.method, request.target.removeprefix("/base"), request.headers, request.body
            )),
        )  # fmt: skip
        assert passed(checked(healthlake, config={"endpoint": f"{healthlake.url}/base/"})) == ALL


class TestFinding:
    @pytest.mark.parametrize(
        ("status", "code", "said"),
        [
            ("CREATING", "remote", "still being created"),
            ("CREATE_FAILED", "not_found", "could not be created"),
            ("DELETING", "not_found", "is deleted"),
            ("DELETED", "not_found", "is deleted"),
            ("SLEEPING", "protocol", "does not answer as Amazon's services do"),
            (None, "protocol", "does not answer as Amazon's services do"),
            (["ACTIVE"], "protocol", "does not answer as Amazon's services do"),
        ],
    )
    def test_a_data_store_that_does_not_serve(self, healthlake, status, code, said):
        healthlake.properties["DatastoreStatus"] = status
        assert said in failed(checked(healthlake), code, FIND)
        assert healthlake.asked == [DESCRIBE]

    @pytest.mark.parametrize("properties", [None, [], "ACTIVE"])
    def test_an_answer_without_properties(self, healthlake, properties):
        healthlake.properties = properties
        failed(checked(healthlake), "protocol", FIND)

    def test_a_missing_data_store(self, healthlake):
        missing = {"datastore_id": "f" * 32}
        said = failed(checked(healthlake, config=missing), "not_found", FIND)
        assert f"There is no data store “{'f' * 32}” in {REGION}" in said
        failed(checked(healthlake, "writer", config=missing), "not_found", ASK)

    def test_a_wrong_secret(self, healthlake):
        said = failed(checked(healthlake, secret_access_key="another secret"), "denied", FIND)
        assert "does not belong to this access key ID" in said

    def test_an_unknown_key(self, healthlake):
        assert "does not know this access key" in failed(checked(healthlake, "nobody"), "denied", FIND)

    def test_a_signature_for_another_region(self, healthlake):
        failed(checked(healthlake, config={"region": "us-west-2"}), "denied", FIND)

    def test_a_session_token_is_sent_and_signed(self, healthlake):
        assert passed(checked(healthlake, session_token="the-session-token-of-the-test")) == ALL


class TestReading:
    @pytest.mark.parametrize(
        ("said", "words"),
        [
            ((200, b"<html>"), "does not answer as a FHIR server does"),
            ((200, outcome("exception")), "does not answer as a FHIR server does"),
            ((200, statement("R4")), "does not answer as a FHIR server does"),
            ((404, b""), "does not answer as Amazon's services do"),
        ],
    )
    def test_what_is_no_capability_statement(self, healthlake, said, words):
        healthlake.replies[CAPABILITIES] = said
        assert words in failed(checked(healthlake), "protocol", READ)

    @pytest.mark.parametrize("said", [(403, outcome("forbidden")), named(403, "AccessDeniedException")])
    def test_who_may_not_read_it_may_still_write(self, healthlake, said):
        healthlake.replies[CAPABILITIES] = said
        report = checked(healthlake)
        assert (passed(report), skipped(report)) == ([name for name in ALL if name != READ], [READ])

    def test_a_data_store_that_its_server_does_not_know(self, healthlake):
        healthlake.replies[CAPABILITIES] = 404, outcome("not-found")
        failed(checked(healthlake), "not_found", READ)


class TestAsking:
    @pytest.mark.parametrize("said", [None, (403, outcome("forbidden"))])
    def test_who_may_not_create_is_told_the_right(self, healthlake, said):
        if said:
            healthlake.replies[CREATE] = said
        said = failed(checked(healthlake, "owner" if said else "reader"), "forbidden", ASK)
        assert f"healthlake:CreateResource on {ARN}" in said

    @pytest.mark.parametrize("said", [(201, {}), (200, b""), (400, b"<html>"), (404, b""), (302, b"")])
    def test_who_takes_or_refuses_everything_is_not_amazon(self, healthlake, said):
        healthlake.replies[CREATE] = said
        assert "does not answer as Amazon's services do" in failed(checked(healthlake), "protocol", ASK)


@pytest.mark.parametrize("asked", [DESCRIBE, CAPABILITIES, CREATE])
@pytest.mark.parametrize(
    ("said", "code"),
    [
        (named(400, "ThrottlingException"), "quota"),
        (named(403, "ExpiredTokenException"), "denied"),
        (named(400, "InvalidSignatureException"), "denied"),
        (named(500, "InternalServerException"), "remote"),
        ((429, b""), "quota"),
        ((503, outcome("exception")), "remote"),
        ((401, outcome("login")), "denied"),
    ],
)
def test_what_an_answer_means_to_whatever_is_asked(healthlake, asked, said, code):
    healthlake.replies[asked] = said
    failed(checked(healthlake), code, STEP_OF[asked])


@pytest.mark.parametrize("asked", [DESCRIBE, CAPABILITIES, CREATE])
def test_a_service_that_hangs(healthlake, asked):
    healthlake.replies[asked] = None
    failed(checked(healthlake, limit=1), "timeout", STEP_OF[asked])


def test_a_dead_port_is_refused(healthlake):
    failed(checked(healthlake, config={"endpoint": f"https://localhost:{free_port()}"}), "refused", "connect")


def test_a_certificate_for_another_host_fails(healthlake):
    elsewhere = {"endpoint": healthlake.url.replace("localhost", "127.0.0.1")}
    assert "is not for the host" in failed(checked(healthlake, config=elsewhere), "tls", "tls")
    assert healthlake.asked == []


class TestFields:
    KEYS = {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": " any text, blanks too "}

    def test_nothing_is_invented(self):
        assert HEALTHLAKE.clean(CONFIG, self.KEYS) == (CONFIG, self.KEYS)
        assert HEALTHLAKE.host(CONFIG) == f"healthlake.{REGION}.amazonaws.com"
        assert HEALTHLAKE.host(CONFIG | {"region": "cn-north-1"}) == "healthlake.cn-north-1.amazonaws.com.cn"
        assert HEALTHLAKE.host(CONFIG | {"endpoint": "https://vpce.example.com:8443/x"}) == "vpce.example.com:8443"
        assert HEALTHLAKE.target(CONFIG) == f"{STORE} in {REGION}"

    @pytest.mark.parametrize(
        ("name", "value", "code"),
        [
            ("datastore_id", "a/b", "pattern"),
            ("datastore_id", "..", "pattern"),
            ("datastore_id", "a" * 33, "max_length"),
            ("region", "Ireland", "pattern"),
            ("endpoint", "https://x.test/?a", "pattern"),
        ],
    )
    def test_what_amazon_does_not_take_is_refused(self, name, value, code):
        with pytest.raises(Invalid) as caught:
            HEALTHLAKE.clean(CONFIG | {name: value}, self.KEYS)
        assert [(fault.path, fault.code) for fault in caught.value.problems] == [(f"config.{name}", code)]
