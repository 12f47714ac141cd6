"""Checks of buckets on Google Cloud Storage: a real emulator behind a sign-in that verifies."""

import logging
import zlib
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.probes.google import storage
from connectors.types.google_cloud_storage import GoogleCloudStorage
from tests.connectors.checks import checked, failed, logged, passed
from tests.servers.google import HANG, LEAK, newer_refusal, refusal

GCS = GoogleCloudStorage()
ALL = ["resolve", "connect", "sign in", "find bucket", "write a test object", "remove it"]
FIND = "find bucket"
WRITE = "write a test object"
REMOVE = "remove it"


@pytest.fixture
def bucket(gcs, request):
    return gcs.create(f"test-{zlib.crc32(request.node.nodeid.encode()):08x}")


@pytest.fixture
def cloud(gcs, google, monkeypatch, caplog):
    """Cloud Storage: the emulator behind a gate that verifies the token."""
    caplog.set_level(logging.DEBUG)
    google.behind = gcs.port
    monkeypatch.setattr(storage, "SERVICE", replace(storage.SERVICE, url=google.url))
    yield google
    for secret in (*google.tokens, LEAK, "BEGIN PRIVATE KEY"):
        assert secret not in logged(caplog)


@pytest.fixture
def numbered(monkeypatch):
    """The random number of the test object is known."""
    monkeypatch.setattr("secrets.token_hex", lambda size: "0123")


def check(cloud, bucket, limit=15, **others):
    report = checked(GCS, {"bucket": bucket, **others}, cloud.credentials, limit)
    for secret in (*cloud.tokens, LEAK, "PRIVATE KEY", cloud.credentials["service_account_json"]):
        assert secret not in repr(report)
    return report


class TestPassing:
    def test_a_bucket_that_may_be_written_to_passes_and_nothing_is_left_in_it(self, gcs, cloud, bucket):
        assert passed(check(cloud, bucket)) == ALL
        assert gcs.objects(bucket) == []
        assert [asked.split()[0] for asked in cloud.asked] == ["POST", "GET", "POST", "DELETE"]

    def test_no_more_is_asked_for_than_to_read_and_write_objects(self, cloud, bucket):
        passed(check(cloud, bucket))
        assert set(cloud.tokens.values()) == {"https://www.googleapis.com/auth/devstorage.read_write"}

    @pytest.mark.parametrize("prefix", ["in/", "a b/dt=1/ü+(x)&;,:@!$'*~%41/#?"])
    def test_the_object_is_written_under_the_prefix_whatever_is_in_it(self, gcs, cloud, bucket, prefix):
        passed(check(cloud, bucket, prefix=prefix))
        write, remove = cloud.requests[-2:]
        query = parse_qs(urlsplit(write.target).query)
        assert query["name"][0].startswith(f"{prefix}.landfall-check-")
        assert query["ifGenerationMatch"] == ["0"]
        assert cloud.asked[-1] == f"DELETE /storage/v1/b/{bucket}/o/{query['name'][0]}"
        assert parse_qs(urlsplit(remove.target).query)["generation"]
        assert gcs.objects(bucket) == []

    def test_an_object_whose_name_is_given_is_overwritten_and_removed(self, gcs, cloud, bucket):
        cloud.answers[f"DELETE /storage/v1/b/{bucket}/o/in/check.txt"] = refusal(403, "forbidden")
        assert (
            "“in/check.txt” may still be there" in check(cloud, bucket, prefix="in/", test_object="check.txt").message
        )
        cloud.answers.clear()
        assert passed(check(cloud, bucket, prefix="in/", test_object="check.txt")) == ALL
        assert "ifGenerationMatch" not in cloud.requests[-2].target
        assert gcs.objects(bucket) == []

    def test_who_may_not_look_at_the_bucket_passes_too(self, gcs, cloud, bucket):
        cloud.answers[f"GET /storage/v1/b/{bucket}"] = refusal(403, "forbidden")
        assert passed(check(cloud, bucket)) == [name for name in ALL if name != FIND]
        assert gcs.objects(bucket) == []

    def test_an_emulator_is_asked_without_signing_in(self, gcs, cloud, bucket):
        for key in (cloud.credentials["service_account_json"], "{ }"):
            report = checked(GCS, {"bucket": bucket, "endpoint": gcs.url}, {"service_account_json": key})
            assert passed(report) == [name for name in ALL if name != "sign in"]
        assert cloud.requests == []
        assert gcs.objects(bucket) == []


class TestFailing:
    @pytest.mark.parametrize("looks", [True, False])
    def test_a_missing_bucket(self, cloud, looks):
        if not looks:
            cloud.answers["GET /storage/v1/b/there-is-none"] = refusal(403, "forbidden")
            cloud.answers["POST /upload/storage/v1/b/there-is-none/o"] = refusal(404, "notFound")
        report = check(cloud, "there-is-none")
        assert "no bucket “there-is-none”" in failed(report, "not_found", FIND if looks else WRITE)

    def test_a_missing_bucket_of_an_emulator(self, gcs):
        config = {"bucket": "there-is-none", "endpoint": gcs.url}
        failed(checked(GCS, config, {"service_account_json": "{ }"}), "not_found", FIND)

    def test_who_may_not_write_is_told_the_right_that_is_missing(self, gcs, cloud, bucket):
        cloud.answers[f"POST /upload/storage/v1/b/{bucket}/o"] = refusal(403, "forbidden")
        told = failed(check(cloud, bucket), "forbidden", WRITE)
        assert "storage.objects.create" in told
        assert cloud.asked[-1].startswith("POST")

    @pytest.mark.parametrize(
        ("reason", "word"), [("forbidden", "storage.objects.delete"), ("retentionPolicyNotMet", "retention policy")]
    )
    @pytest.mark.usefixtures("numbered")
    def test_who_may_not_remove_is_told_what_is_left(self, cloud, bucket, reason, word, caplog):
        cloud.answers[f"DELETE /storage/v1/b/{bucket}/o/.landfall-check-0123"] = refusal(403, reason)
        told = failed(check(cloud, bucket), "forbidden", REMOVE)
        assert word in told
        assert "test object “.landfall-check-0123” may still be there" in told
        assert cloud.asked[-1].startswith("DELETE")
        (record,) = [record for record in caplog.records if record.message == "google_trial_left"]
        assert record.left == f"{bucket}/.landfall-check-0123"

    @pytest.mark.parametrize(
        ("said", "code"),
        [
            (refusal(401, "authError"), "denied"),
            (refusal(403, "accountDisabled"), "forbidden"),
            (refusal(403, "accessNotConfigured"), "forbidden"),
            (newer_refusal(403, "PERMISSION_DENIED", "SERVICE_DISABLED"), "forbidden"),
            (newer_refusal(403, "PERMISSION_DENIED", "BILLING_DISABLED"), "forbidden"),
            (refusal(403, "vpcServiceControls"), "forbidden"),
            (refusal(403, "rateLimitExceeded"), "quota"),
            (refusal(429, "userRateLimitExceeded"), "quota"),
            ((429, b""), "quota"),
            (refusal(400, "invalid"), "remote"),
            (refusal(503, "backendError"), "remote"),
            ((502, b"<html>"), "remote"),
            ((302, b""), "protocol"),
            ((200, b"<html>a portal</html>"), "protocol"),
            ((404, b"<html>not here</html>"), "protocol"),
            ((403, b"<html>a proxy</html>"), "protocol"),
            ((403, {"error": "in another form"}), "protocol"),
            ((200, b"[" * 50_000), "protocol"),
        ],
    )
    def test_every_other_answer_fails_in_its_own_words(self, gcs, cloud, bucket, said, code):
        cloud.answers[f"GET /storage/v1/b/{bucket}"] = said
        failed(check(cloud, bucket), code, FIND)
        assert gcs.objects(bucket) == []

    def test_an_object_is_removed_when_it_is_not_known_whether_it_arrived(self, gcs, cloud, bucket):
        def lost(request):
            cloud._pass_on(request)
            return 503, b""

        cloud.answers[f"POST /upload/storage/v1/b/{bucket}/o"] = lost
        report = check(cloud, bucket)
        failed(report, "remote", WRITE)
        assert "removed to be safe" in report.steps[-1]["message"]
        assert cloud.asked[-1].startswith("DELETE")
        assert gcs.objects(bucket) == []

    def test_a_write_that_is_never_answered_is_undone(self, gcs, cloud, bucket):
        def lost(request):
            cloud._pass_on(request)
            return 200, HANG

        cloud.answers[f"POST /upload/storage/v1/b/{bucket}/o"] = lost
        failed(check(cloud, bucket, limit=1.5), "timeout", WRITE)
        assert gcs.objects(bucket) == []

    @pytest.mark.usefixtures("numbered")
    def test_a_removal_that_is_never_answered_has_an_end(self, cloud, bucket, monkeypatch):
        monkeypatch.setattr("connectors.probes.undoing.LIMIT", 0.5)
        cloud.answers[f"DELETE /storage/v1/b/{bucket}/o/.landfall-check-0123"] = 200, HANG
        assert "may still be there" in failed(check(cloud, bucket), "timeout", REMOVE)

    def test_a_service_that_hangs(self, cloud, bucket):
        cloud.answers[f"GET /storage/v1/b/{bucket}"] = 200, HANG
        failed(check(cloud, bucket, limit=1.5), "timeout", FIND)


class TestConfig:
    @pytest.mark.parametrize("name", ["abc", "a_b-c.d", "a.b", "a" * 63, f"{'a' * 63}.{'b' * 63}"])
    def test_names_of_buckets(self, name):
        assert GCS.clean({"bucket": name, "endpoint": "http://localhost"}, {"service_account_json": "{ }"})

    @pytest.mark.parametrize("name", ["ab", "A-bucket", "-abc", "abc-", "a..b", "192.0.2.1", "a" * 64, "a/b", "a b"])
    def test_what_is_no_name_of_a_bucket_is_refused(self, name):
        assert GCS.Config(data={"bucket": name}).is_valid() is False

    def test_what_people_recognise_it_by(self):
        assert GCS.target({"bucket": "data", "prefix": "in/"}) == "gs://data/in/"
        assert GCS.host({"bucket": "data"}) == "storage.googleapis.com"
        assert GCS.host({"bucket": "data", "endpoint": "http://Localhost:4443"}) == "localhost:4443"
