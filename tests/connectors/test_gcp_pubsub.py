"""Checks of topics of Google Pub/Sub, against a stand-in that verifies who asks."""

import json
import logging
from dataclasses import replace

import pytest

from connectors.probes.google import topics
from connectors.problems import Invalid
from connectors.types.gcp_pubsub import GcpPubsub
from tests.connectors.checks import checked, failed, logged, passed
from tests.servers.google import HANG, LEAK, make_key, newer_refusal, service_account

PUBSUB = GcpPubsub()
CONFIG = {"project_id": "the-project", "topic": "the.topic~+%1"}
ALL = ["resolve", "connect", "sign in", "find topic", "check the right to publish"]
FIND = "find topic"
MAY = "check the right to publish"
TOPIC = "/v1/projects/the-project/topics/the.topic~+%1"
GET = f"GET {TOPIC}"
TEST = f"POST {TOPIC}:testIamPermissions"
FORBIDDEN = newer_refusal(403, "PERMISSION_DENIED", "IAM_PERMISSION_DENIED")
MISSING = newer_refusal(404, "NOT_FOUND")


@pytest.fixture
def cloud(google, monkeypatch, caplog):
    """Pub/Sub with one topic, to which the account may publish."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(topics, "SERVICE", replace(topics.SERVICE, url=google.url))
    google.answers = {
        GET: (200, {"name": TOPIC.removeprefix("/v1/")}),
        TEST: lambda request: (200, json.loads(request.body)),
    }
    yield google
    for secret in (*google.tokens, LEAK, "BEGIN PRIVATE KEY"):
        assert secret not in logged(caplog)


def check(cloud, config=CONFIG, credentials=None, limit=15):
    report = checked(PUBSUB, config, credentials or cloud.credentials, limit)
    for secret in (*cloud.tokens, LEAK, "PRIVATE KEY"):
        assert secret not in repr(report)
    return report


def problems(config, credentials):
    with pytest.raises(Invalid) as caught:
        PUBSUB.clean(config, credentials)
    return {problem.path: problem.code for problem in caught.value.problems}


class TestPassing:
    def test_a_topic_that_may_be_published_to_passes_and_no_message_is_left(self, cloud):
        assert passed(check(cloud)) == ALL
        assert cloud.asked == ["POST /token", GET, TEST]
        assert json.loads(cloud.request.body) == {"permissions": ["pubsub.topics.publish"]}
        assert set(cloud.tokens.values()) == {"https://www.googleapis.com/auth/pubsub"}

    def test_who_may_only_publish_passes_too(self, cloud):
        cloud.answers[GET] = FORBIDDEN
        assert passed(check(cloud)) == [name for name in ALL if name != FIND]

    def test_an_emulator_is_asked_without_signing_in(self, cloud):
        cloud.open = True
        for base in (cloud.url, f"{cloud.url}/"):
            report = check(cloud, {**CONFIG, "endpoint": base}, {"service_account_json": "{ }"})
            assert passed(report) == ["resolve", "connect", FIND]
        assert cloud.asked == [GET, GET]
        assert not any("authorization" in request.headers for request in cloud.requests)


class TestFailing:
    def test_a_wrong_key(self, cloud):
        credentials = {"service_account_json": service_account(make_key(), cloud.token_uri)}
        failed(check(cloud, credentials=credentials), "denied", "sign in")
        assert cloud.asked == ["POST /token"]

    def test_a_missing_topic(self, cloud):
        cloud.answers[GET] = MISSING
        told = failed(check(cloud), "not_found", FIND)
        assert "no topic “the.topic~+%1” in the project “the-project”" in told
        assert cloud.asked[-1] == GET

    def test_a_missing_topic_of_an_emulator(self, cloud):
        cloud.open = True
        cloud.answers[GET] = MISSING
        failed(check(cloud, {**CONFIG, "endpoint": cloud.url}), "not_found", FIND)

    @pytest.mark.parametrize("said", [(200, {}), (200, {"permissions": []}), (200, {"permissions": None}), FORBIDDEN])
    def test_who_may_not_publish_is_told_the_right_that_is_missing(self, cloud, said):
        cloud.answers[TEST] = said
        told = failed(check(cloud), "forbidden", MAY)
        assert "pubsub.topics.publish" in told
        assert "loader@the-project" in told
        assert "no such topic" not in told

    def test_who_may_neither_look_nor_publish_is_told_that_there_may_be_no_topic(self, cloud):
        cloud.answers |= {GET: FORBIDDEN, TEST: (200, {})}
        assert "no such topic" in failed(check(cloud), "forbidden", MAY)

    @pytest.mark.parametrize("asked", [GET, TEST])
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
        failed(check(cloud), code, FIND if asked == GET else MAY)

    @pytest.mark.parametrize(("asked", "step"), [(GET, FIND), (TEST, MAY)])
    def test_a_service_that_hangs(self, cloud, asked, step):
        cloud.answers[asked] = 200, HANG
        failed(check(cloud, limit=1.5), "timeout", step)

    def test_a_forbidden_address_is_refused_before_a_byte(self, cloud, settings):
        settings.EGRESS_ALLOW = []
        failed(check(cloud), "blocked", "resolve")
        failed(check(cloud, {**CONFIG, "endpoint": cloud.url}), "blocked", "resolve")
        assert cloud.requests == []


class TestConfig:
    @pytest.mark.parametrize("project", ["the-project", "example.com:the-project", "123456789012", "test"])
    def test_projects(self, project, google):
        config = {"project_id": project, "topic": "events"}
        assert PUBSUB.clean(config, google.credentials)[0] == config

    @pytest.mark.parametrize("project", ["The-Project", "a/b", "../x", "a b", "-a", "projects/a"])
    def test_what_is_no_project_is_refused(self, project, google):
        assert problems({"project_id": project, "topic": "events"}, google.credentials) == {
            "config.project_id": "pattern"
        }

    @pytest.mark.parametrize(
        "topic", ["ab", "1abc", "google-topic", "a/b/c", "projects/p/topics/t", "a b c", "a" * 256]
    )
    def test_what_is_no_topic_is_refused(self, topic, google):
        assert problems({"project_id": "p", "topic": topic}, google.credentials) == {"config.topic": "pattern"}

    def test_what_people_recognise_it_by(self):
        assert PUBSUB.target(CONFIG) == "the-project/the.topic~+%1"
        assert PUBSUB.host(CONFIG) == "pubsub.googleapis.com"

    def test_the_mask_shows_four_characters(self, google):
        shown = PUBSUB.mask(google.credentials)["service_account_json"]
        text = google.credentials["service_account_json"]
        assert shown == text[:4] + "*" * (len(text) - 4)
