"""Checks of datasets of BigQuery, against a stand-in that verifies who asks and keeps what it is given."""

import logging
import time
from dataclasses import replace

import pytest

from connectors.probes.google import tables
from connectors.problems import Invalid
from connectors.types.bigquery import BigQuery
from tests.connectors.checks import checked, failed, logged, passed
from tests.servers.bigquery import DATASETS, DENIED, LAKE, TABLES, Project
from tests.servers.google import HANG, LEAK, make_key, newer_refusal, refusal, service_account

BIGQUERY = BigQuery()
CONFIG = {"project_id": "the-project", "dataset": "lake"}
WHOLE = {"project_id": "the-project", "location": "EU"}
FIND, MAKE_DATASET, MAKE_TABLE = "find dataset", "create a test dataset", "create a test table"
REMOVE = "remove it"
NAME = "landfall_check_0123"


@pytest.fixture
def cloud(google, monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr("secrets.token_hex", lambda size: "0123")
    monkeypatch.setattr(tables, "SERVICE", replace(tables.SERVICE, url=google.url))
    yield google
    for secret in (*google.tokens, LEAK, "BEGIN PRIVATE KEY"):
        assert secret not in logged(caplog)


@pytest.fixture
def project(cloud):
    return Project(cloud)


def check(cloud, config=CONFIG, credentials=None, limit=15):
    report = checked(BIGQUERY, config, credentials or cloud.credentials, limit)
    for secret in (*cloud.tokens, LEAK, "PRIVATE KEY"):
        assert secret not in repr(report)
    return report


class TestPassing:
    def test_a_table_is_made_and_removed(self, cloud, project):
        assert passed(check(cloud)) == ["resolve", "connect", "sign in", FIND, MAKE_TABLE, REMOVE]
        assert cloud.asked == ["POST /token", f"GET {LAKE}", f"POST {TABLES}", f"DELETE {TABLES}/{NAME}"]
        assert project.kept == {LAKE}
        assert set(cloud.tokens.values()) == {"https://www.googleapis.com/auth/bigquery"}

    def test_a_table_that_is_left_removes_itself(self, cloud, project):
        passed(check(cloud))
        (table,) = project.made
        assert 0 < int(table["expirationTime"]) / 1000 - time.time() <= 3600

    @pytest.mark.parametrize("location", ["EU", "eu"])
    def test_the_location_may_be_said(self, cloud, project, location):
        passed(check(cloud, {**CONFIG, "location": location}))

    def test_who_may_not_look_at_the_dataset_passes_too(self, cloud, project):
        cloud.answers[f"GET {LAKE}"] = DENIED
        assert FIND not in passed(check(cloud, {**CONFIG, "location": "EU"}))
        assert project.kept == {LAKE}

    def test_without_a_dataset_one_is_made_and_removed(self, cloud, project):
        assert passed(check(cloud, WHOLE)) == ["resolve", "connect", "sign in", MAKE_DATASET, REMOVE]
        assert cloud.asked == ["POST /token", f"POST {DATASETS}", f"DELETE {DATASETS}/{NAME}"]
        assert project.made[0]["location"] == "EU"
        assert project.kept == {LAKE}

    def test_an_emulator_is_asked_without_signing_in(self, cloud, project):
        cloud.open = True
        report = check(cloud, {**CONFIG, "endpoint": cloud.url}, {"service_account_json": "{ }"})
        assert passed(report) == ["resolve", "connect", FIND, MAKE_TABLE, REMOVE]
        assert not any("authorization" in request.headers for request in cloud.requests)


class TestFailing:
    def test_a_wrong_key(self, cloud, project):
        credentials = {"service_account_json": service_account(make_key(), cloud.token_uri)}
        failed(check(cloud, credentials=credentials), "denied", "sign in")
        assert cloud.asked == ["POST /token"]

    def test_a_missing_dataset(self, cloud, project):
        told = failed(check(cloud, {**CONFIG, "dataset": "none"}), "not_found", FIND)
        assert "no dataset “none” in the project “the-project”" in told
        assert project.made == []

    def test_a_missing_dataset_that_may_not_be_looked_at(self, cloud, project):
        cloud.answers |= {f"GET {LAKE}": DENIED, f"POST {TABLES}": refusal(404, "notFound")}
        failed(check(cloud), "not_found", MAKE_TABLE)

    def test_a_missing_project(self, cloud, project):
        cloud.answers[f"POST {DATASETS}"] = refusal(404, "notFound")
        assert "no project “the-project”" in failed(check(cloud, WHOLE), "not_found", MAKE_DATASET)

    def test_another_location(self, cloud, project):
        told = failed(check(cloud, {**CONFIG, "location": "us-east4"}), "config", FIND)
        assert "not in the location “us-east4”" in told
        assert project.made == []

    @pytest.mark.parametrize(("config", "path", "what"), [(CONFIG, TABLES, "table"), (WHOLE, DATASETS, "dataset")])
    @pytest.mark.usefixtures("project")
    def test_who_may_not_create_is_told_the_right_that_is_missing(self, cloud, config, path, what):
        cloud.answers[f"POST {path}"] = DENIED
        told = failed(check(cloud, config), "forbidden", f"create a test {what}")
        assert f"bigquery.{what}s.create" in told
        assert cloud.asked[-1] == f"POST {path}"

    @pytest.mark.parametrize(("config", "path", "what"), [(CONFIG, TABLES, "table"), (WHOLE, DATASETS, "dataset")])
    @pytest.mark.usefixtures("project")
    def test_who_may_not_remove_is_told_what_is_left(self, cloud, config, path, what):
        cloud.answers[f"DELETE {path}/{NAME}"] = DENIED
        told = failed(check(cloud, config), "forbidden", REMOVE)
        assert f"bigquery.{what}s.delete" in told
        assert f"test {what} “{NAME}” may still be there" in told

    @pytest.mark.parametrize("asked", [f"GET {LAKE}", f"POST {TABLES}"])
    @pytest.mark.parametrize(
        ("said", "code"),
        [
            (refusal(401, "authError"), "denied"),
            (refusal(403, "accessNotConfigured"), "forbidden"),
            (newer_refusal(403, "PERMISSION_DENIED", "SERVICE_DISABLED"), "forbidden"),
            (refusal(403, "billingNotEnabled"), "forbidden"),
            (refusal(403, "vpcServiceControls"), "forbidden"),
            (refusal(403, "quotaExceeded"), "quota"),
            (refusal(403, "rateLimitExceeded"), "quota"),
            (refusal(400, "invalid"), "remote"),
            (refusal(503, "backendError"), "remote"),
            ((200, b"<html>a portal</html>"), "protocol"),
            ((404, b"<html>not here</html>"), "protocol"),
        ],
    )
    def test_every_other_answer_fails_in_its_own_words(self, cloud, project, asked, said, code):
        cloud.answers[asked] = said
        failed(check(cloud), code, FIND if asked.startswith("GET") else MAKE_TABLE)
        assert project.kept == {LAKE}

    @pytest.mark.parametrize(
        ("config", "path", "step"), [(CONFIG, TABLES, MAKE_TABLE), (WHOLE, DATASETS, MAKE_DATASET)]
    )
    def test_what_is_never_answered_is_undone(self, cloud, project, config, path, step):
        def lost(request):
            project.create(request)
            return 200, HANG

        cloud.answers[f"POST {path}"] = lost
        report = check(cloud, config, limit=1.5)
        failed(report, "timeout", step)
        assert "removed to be safe" in next(one["message"] for one in report.steps if one["name"] == REMOVE)
        assert project.kept == {LAKE}

    def test_a_service_that_hangs(self, cloud, project):
        cloud.answers[f"GET {LAKE}"] = 200, HANG
        failed(check(cloud, limit=1.5), "timeout", FIND)

    def test_a_forbidden_address_is_refused_before_a_byte(self, cloud, settings):
        settings.EGRESS_ALLOW = []
        failed(check(cloud), "blocked", "resolve")
        assert cloud.requests == []


class TestConfig:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("dataset", "a-b"),
            ("dataset", "a.b"),
            ("dataset", "a/b"),
            ("location", "europe"),
            ("location", "EU/x"),
            ("project_id", "A"),
        ],
    )
    def test_names_that_cannot_be_are_refused(self, google, name, value):
        with pytest.raises(Invalid) as caught:
            BIGQUERY.clean({**CONFIG, name: value}, google.credentials)
        assert [(problem.path, problem.code) for problem in caught.value.problems] == [(f"config.{name}", "pattern")]

    @pytest.mark.parametrize("location", ["EU", "US", "us-east4", "northamerica-northeast1", "europe-west12"])
    def test_locations(self, google, location):
        assert BIGQUERY.clean({**CONFIG, "location": location}, google.credentials)[0]["location"] == location

    def test_what_people_recognise_it_by(self):
        assert (BIGQUERY.target(CONFIG), BIGQUERY.target(WHOLE)) == ("the-project.lake", "the-project")
        assert BIGQUERY.host(CONFIG) == "bigquery.googleapis.com"


class TestTable:
    """Where one table is named, rows go to that and nothing is made."""

    CONFIG = {**CONFIG, "table": "orders"}
    ORDERS = f"{TABLES}/orders"
    FIND, MAY = "find table", "check the right to insert"
    RIGHT = "bigquery.tables.updateData"

    @pytest.fixture
    def table(self, cloud, project):
        cloud.answers[f"GET {self.ORDERS}"] = (200, {"id": "the-project:lake.orders"})
        cloud.answers[f"POST {self.ORDERS}:testIamPermissions"] = self.grant
        return project

    def grant(self, request):
        assert self.RIGHT in request.body.decode()
        return 200, {"permissions": [self.RIGHT]}

    def test_a_table_that_may_be_inserted_into_passes_and_nothing_is_made(self, cloud, table):
        assert passed(check(cloud, self.CONFIG)) == ["resolve", "connect", "sign in", FIND, self.FIND, self.MAY]
        asked = ["POST /token", f"GET {LAKE}", f"GET {self.ORDERS}", f"POST {self.ORDERS}:testIamPermissions"]
        assert cloud.asked == asked
        assert table.made == []

    def test_who_may_not_look_at_the_table_passes_too(self, cloud, table):
        cloud.answers[f"GET {self.ORDERS}"] = DENIED
        assert self.FIND not in passed(check(cloud, self.CONFIG))

    def test_a_missing_table_is_not_found(self, cloud, table):
        cloud.answers[f"GET {self.ORDERS}"] = refusal(404, "notFound")
        said = failed(check(cloud, self.CONFIG), "not_found", self.FIND)
        assert "no table “orders” in the dataset “lake”" in said

    def test_a_missing_dataset_is_not_found(self, cloud, table):
        cloud.answers[f"GET {LAKE}"] = refusal(404, "notFound")
        assert "no dataset “lake”" in failed(check(cloud, self.CONFIG), "not_found", FIND)

    @pytest.mark.parametrize("granted", [(200, {}), (200, {"permissions": ["bigquery.tables.get"]}), DENIED])
    def test_who_may_not_insert_is_told_the_right(self, cloud, table, granted):
        cloud.answers[f"POST {self.ORDERS}:testIamPermissions"] = granted
        assert self.RIGHT in failed(check(cloud, self.CONFIG), "forbidden", self.MAY)

    def test_an_emulator_knows_no_rights(self, cloud, table):
        cloud.open = True
        report = check(cloud, {**self.CONFIG, "endpoint": cloud.url}, {"service_account_json": "{ }"})
        assert passed(report) == ["resolve", "connect", FIND, self.FIND]
        assert "knows no rights" in next(step["message"] for step in report.steps if step["name"] == self.MAY)

    def test_a_table_is_in_a_dataset(self, cloud):
        with pytest.raises(Invalid) as caught:
            BIGQUERY.clean({"project_id": "the-project", "table": "orders"}, cloud.credentials)
        assert [(one.path, one.code) for one in caught.value.problems] == [("config.dataset", "required")]
