"""Checks of FHIR stores of Google's, against a stand-in that verifies who asks."""

import json
import logging
from dataclasses import replace

import pytest

from connectors.probes.google import fhir_stores
from connectors.problems import Invalid
from connectors.types.gcp_healthcare import GcpHealthcare
from tests.connectors.checks import checked, failed, logged, passed
from tests.servers.fhir import outcome, statement
from tests.servers.google import HANG, LEAK, make_key, newer_refusal, service_account

HEALTHCARE = GcpHealthcare()
CONFIG = {"project_id": "the-project", "location": "europe-west3", "dataset": "clinic", "fhir_store": "the.fhir-store"}
FIND, READ, MAY = "find FHIR store", "read capability statement", "check the right to create resources"
ALL = ["resolve", "connect", "sign in", FIND, READ, MAY]
STORE = "/v1/projects/the-project/locations/europe-west3/datasets/clinic/fhirStores/the.fhir-store"
GET, METADATA, TEST = f"GET {STORE}", f"GET {STORE}/fhir/metadata", f"POST {STORE}:testIamPermissions"
STEP_OF = {GET: FIND, METADATA: READ, TEST: MAY}
FORBIDDEN = newer_refusal(403, "PERMISSION_DENIED", "IAM_PERMISSION_DENIED")
MISSING = newer_refusal(404, "NOT_FOUND")
# The same as a FHIR store tells it.
OUTCOME = {status: (status, outcome("processing")) for status in (400, 401, 403, 404, 429, 500)}


@pytest.fixture
def cloud(google, monkeypatch, caplog):
    """The Cloud Healthcare API with one FHIR store, in which the account may create resources."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(fhir_stores, "SERVICE", replace(fhir_stores.SERVICE, url=google.url))
    google.answers = {
        GET: (200, {"name": STORE.removeprefix("/v1/"), "version": "R4"}),
        METADATA: (200, statement()),
        TEST: lambda request: (200, json.loads(request.body)),
    }
    yield google
    for secret in (*google.tokens, LEAK, "BEGIN PRIVATE KEY"):
        assert secret not in logged(caplog)


def check(cloud, config=CONFIG, credentials=None, limit=15):
    report = checked(HEALTHCARE, config, credentials or cloud.credentials, limit)
    for secret in (*cloud.tokens, LEAK, "PRIVATE KEY"):
        assert secret not in repr(report)
    return report


class TestPassing:
    def test_a_store_that_may_be_written_to_passes_and_nothing_is_created(self, cloud):
        assert passed(check(cloud)) == ALL
        assert cloud.asked == ["POST /token", GET, METADATA, TEST]
        assert json.loads(cloud.request.body) == {"permissions": ["healthcare.fhirResources.create"]}
        assert set(cloud.tokens.values()) == {"https://www.googleapis.com/auth/cloud-healthcare"}

    @pytest.mark.parametrize("said", [FORBIDDEN, OUTCOME[403]])
    def test_who_may_only_create_resources_passes_too(self, cloud, said):
        cloud.answers |= {GET: FORBIDDEN, METADATA: said}
        assert passed(check(cloud)) == [name for name in ALL if name not in {FIND, READ}]

    def test_a_store_of_the_oldest_version_will_do(self, cloud):
        cloud.answers[METADATA] = 200, statement("1.0.2", "Conformance")
        assert passed(check(cloud)) == ALL

    def test_an_emulator_is_asked_without_signing_in(self, cloud):
        cloud.open = True
        report = check(cloud, {**CONFIG, "endpoint": f"{cloud.url}/"}, {"service_account_json": "{ }"})
        assert passed(report) == ["resolve", "connect", FIND, READ]
        assert cloud.asked == [GET, METADATA]
        assert not any("authorization" in request.headers for request in cloud.requests)


class TestFailing:
    def test_a_wrong_key(self, cloud):
        credentials = {"service_account_json": service_account(make_key(), cloud.token_uri)}
        failed(check(cloud, credentials=credentials), "denied", "sign in")
        assert cloud.asked == ["POST /token"]

    @pytest.mark.parametrize(("asked", "said"), [(GET, MISSING), (METADATA, MISSING), (METADATA, OUTCOME[404])])
    def test_a_missing_store(self, cloud, asked, said):
        cloud.answers[asked] = said
        told = failed(check(cloud), "not_found", STEP_OF[asked])
        assert "no FHIR store “the.fhir-store” in the dataset “clinic”" in told
        assert cloud.asked[-1] == asked

    @pytest.mark.parametrize("said", [(200, {}), (200, {"permissions": []}), (200, {"permissions": None}), FORBIDDEN])
    def test_who_may_not_create_is_told_the_right_that_is_missing(self, cloud, said):
        cloud.answers[TEST] = said
        told = failed(check(cloud), "forbidden", MAY)
        assert "healthcare.fhirResources.create" in told
        assert "loader@the-project" in told
        assert "no such store" not in told

    def test_who_may_do_nothing_is_told_that_there_may_be_no_store(self, cloud):
        cloud.answers |= {GET: FORBIDDEN, METADATA: OUTCOME[403], TEST: (200, {})}
        assert "the dataset “clinic” has no such store" in failed(check(cloud), "forbidden", MAY)

    @pytest.mark.parametrize("asked", [GET, METADATA, TEST])
    @pytest.mark.parametrize(
        ("said", "code"),
        [
            (newer_refusal(401, "UNAUTHENTICATED"), "denied"),
            (newer_refusal(403, "PERMISSION_DENIED", "SERVICE_DISABLED"), "forbidden"),
            (newer_refusal(403, "PERMISSION_DENIED", "BILLING_DISABLED"), "forbidden"),
            (newer_refusal(403, "PERMISSION_DENIED", "SECURITY_POLICY_VIOLATED"), "forbidden"),
            (newer_refusal(429, "RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED"), "quota"),
            (newer_refusal(400, "INVALID_ARGUMENT"), "remote"),
            (newer_refusal(503, "UNAVAILABLE"), "remote"),
            ((200, b"<html>a portal</html>"), "protocol"),
            ((200, []), "protocol"),
            ((404, b"<html>not here</html>"), "protocol"),
        ],
    )
    def test_every_other_answer_fails_in_its_own_words(self, cloud, asked, said, code):
        cloud.answers[asked] = said
        failed(check(cloud), code, STEP_OF[asked])

    @pytest.mark.parametrize(("status", "code"), [(400, "remote"), (401, "denied"), (429, "quota"), (500, "remote")])
    def test_what_the_store_says_in_its_own_form(self, cloud, status, code):
        cloud.answers[METADATA] = OUTCOME[status]
        failed(check(cloud), code, READ)

    def test_a_statement_that_is_none(self, cloud):
        cloud.answers[METADATA] = 200, statement(kind="Bundle")
        assert "Google Cloud Healthcare does not answer as a FHIR server" in failed(check(cloud), "protocol", READ)

    @pytest.mark.parametrize("asked", [GET, METADATA, TEST])
    def test_a_service_that_hangs(self, cloud, asked):
        cloud.answers[asked] = 200, HANG
        failed(check(cloud, limit=1.5), "timeout", STEP_OF[asked])

    def test_a_forbidden_address_is_refused_before_a_byte(self, cloud, settings):
        settings.EGRESS_ALLOW = []
        failed(check(cloud), "blocked", "resolve")
        failed(check(cloud, {**CONFIG, "endpoint": cloud.url}), "blocked", "resolve")
        assert cloud.requests == []


class TestConfig:
    @pytest.mark.parametrize("location", ["us-central1", "northamerica-northeast1", "us", "eu"])
    def test_locations(self, location, google):
        config = CONFIG | {"location": location}
        assert HEALTHCARE.clean(config, google.credentials)[0] == config

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("project_id", "The-Project"), ("location", "US"), ("location", "../x"), ("location", "us-"),
            ("dataset", "a/b"), ("dataset", ".."), ("dataset", "a b"), ("fhir_store", "."), ("fhir_store", "a:b"),
        ],
    )  # fmt: skip
    def test_what_is_no_name_is_refused(self, name, value, google):
        with pytest.raises(Invalid) as caught:
            HEALTHCARE.clean(CONFIG | {name: value}, google.credentials)
        assert [(fault.path, fault.code) for fault in caught.value.problems] == [(f"config.{name}", "pattern")]

    def test_what_people_recognise_it_by(self):
        assert HEALTHCARE.target(CONFIG) == "the-project/europe-west3/clinic/the.fhir-store"
        assert HEALTHCARE.host(CONFIG) == "healthcare.googleapis.com"
