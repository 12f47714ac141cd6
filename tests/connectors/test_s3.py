"""Checks of buckets on a real S3 service."""

import datetime
import logging
import zlib

import pytest

from connectors.probes.s3 import checking
from connectors.problems import Invalid
from connectors.types.aws_s3 import AwsS3
from connectors.types.s3_compatible import S3Compatible
from tests.connectors import checks
from tests.connectors.checks import failed, passed
from tests.servers.dns import name_server
from tests.servers.process import free_port
from tests.servers.s3 import ADMIN, DOMAIN, NOBODY, PEOPLE, READER, WRITER

AWS, COMPATIBLE = AwsS3(), S3Compatible()
TOKEN = "the-session-token"
ALL = ["resolve", "connect", "tls", "find bucket", "write a test object", "remove it"]


def checked(connector, config, credentials=ADMIN.credentials):
    return checks.checked(connector, config, credentials)


@pytest.fixture
def bucket(s3, request):
    """The name of a bucket of this test's own."""
    return s3.create(f"test-{zlib.crc32(request.node.nodeid.encode()):08x}")


@pytest.fixture
def amazon(s3, bucket):
    """The config of an aws_s3 destination that is really the test server."""
    return {"bucket": bucket, "region": "us-east-1", "endpoint": s3.endpoint()}


@pytest.fixture
def compatible(s3, bucket):
    return {"bucket": bucket, "endpoint": s3.endpoint(), "use_path_style": True}


@pytest.fixture(autouse=True)
def silent_logs(caplog):
    """Nothing that is logged during any of these tests holds a secret, at whatever level."""
    caplog.set_level(logging.DEBUG)
    yield
    logged = " ".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.get_records("call"))
    assert not [
        secret for secret in (*(person.secret_access_key for person in PEOPLE.values()), TOKEN) if secret in logged
    ]


@pytest.mark.parametrize(
    ("person", "unproven"),
    [(ADMIN, {"tls"}), (WRITER, {"tls", "find bucket"})],
    ids=["who may do all", "who may only write"],
)
def test_a_bucket_that_may_be_written_to_passes_and_nothing_is_left_in_it(s3, amazon, person, unproven):
    assert passed(checked(AWS, amazon, person.credentials)) == [name for name in ALL if name not in unproven]
    assert s3.objects(amazon["bucket"]) == []


def test_a_compatible_service_passes(s3, compatible):
    assert passed(checked(COMPATIBLE, compatible))
    assert s3.objects(compatible["bucket"]) == []


def test_a_bucket_in_the_host_name_passes(s3, compatible):
    config = compatible | {"endpoint": s3.endpoint(DOMAIN), "use_path_style": False}
    assert passed(checked(COMPATIBLE, config))


def test_an_object_whose_name_is_given_is_overwritten_and_removed(s3, amazon, bucket):
    named = amazon | {"prefix": "in/", "test_object": "check.txt"}
    kept = s3.create(f"{bucket}-kept", deny="s3:DeleteObject")
    assert "“in/check.txt” may still be there" in checked(AWS, named | {"bucket": kept}).message
    assert s3.objects(kept) == ["in/check.txt"]
    s3.request("PUT", f"/{bucket}/in/check.txt", b"left by another check")
    assert passed(checked(AWS, named))
    assert s3.objects(bucket) == []


@pytest.mark.parametrize("name", ["a/b", "..", ".", "a b", "x" * 121, "ü"])
def test_the_name_of_the_object_is_one_that_every_service_takes(amazon, name):
    with pytest.raises(Invalid) as caught:
        AWS.clean(amazon | {"test_object": name}, ADMIN.credentials)
    assert [problem.path for problem in caught.value.problems] == ["config.test_object"]


def test_the_object_is_written_under_the_prefix_whatever_is_in_it(s3, amazon, bucket):
    prefix = "a b/dt=1/ü+(x)&;,:@!$'*~%41/"
    # With nobody allowed to remove it, it stays to be seen.
    kept = s3.create(f"{bucket}-kept", deny="s3:DeleteObject")
    assert passed(checked(AWS, amazon | {"prefix": prefix}))
    checked(AWS, amazon | {"prefix": prefix, "bucket": kept})
    [left] = s3.objects(kept)
    assert left.replace("&amp;", "&").replace("&#39;", "'").startswith(f"{prefix}.landfall-check-")


def test_storage_class_and_encryption_are_asked_for_with_the_write(s3, amazon, bucket):
    kept = s3.create(f"{bucket}-kept", deny="s3:DeleteObject")
    checked(AWS, amazon | {"bucket": kept, "storage_class": "STANDARD_IA", "server_side_encryption": "AES256"})
    [left] = s3.objects(kept)
    headers = s3.headers(f"/{kept}/{left}")
    assert headers["x-amz-storage-class"] == "STANDARD_IA"
    assert headers["x-amz-server-side-encryption"] == "AES256"


def test_a_bucket_with_versions_keeps_none_of_the_test_object(s3, amazon, bucket):
    versioned = s3.create(f"{bucket}-versions", versions=True)
    assert passed(checked(AWS, amazon | {"bucket": versioned}, WRITER.credentials))
    assert s3.versions(versioned) == []


def test_who_may_not_remove_versions_hides_the_object(s3, amazon, bucket):
    versioned = s3.create(f"{bucket}-versions", versions=True, deny="s3:DeleteObjectVersion")
    assert passed(checked(AWS, amazon | {"bucket": versioned}))
    assert s3.objects(versioned) == []


def test_a_wrong_secret_is_denied(amazon):
    report = checked(AWS, amazon, WRITER.credentials | {"secret_access_key": "not-the-writer's-secret"})
    assert "secret access key does not belong" in failed(report, "denied", "find bucket")


def test_an_unknown_key_is_denied(amazon):
    report = checked(AWS, amazon, WRITER.credentials | {"access_key_id": "AKIANOBODYKNOWSTHIS0"})
    assert "does not know this access key ID" in failed(report, "denied", "find bucket")


def test_a_session_token_of_nobody_is_denied(amazon):
    report = checked(AWS, amazon, ADMIN.credentials | {"session_token": TOKEN})
    failed(report, "denied", "find bucket")


def test_a_missing_bucket_is_not_found_and_not_made(s3, amazon):
    report = checked(AWS, amazon | {"bucket": "there-is-none"})
    assert "There is no bucket “there-is-none”" in failed(report, "not_found", "find bucket")
    assert "there-is-none" not in s3.buckets()


def test_a_missing_bucket_is_not_made_by_who_may_not_look(s3, amazon):
    report = checked(AWS, amazon | {"bucket": "there-is-none"}, WRITER.credentials)
    failed(report, "forbidden", "write a test object")
    assert "there-is-none" not in s3.buckets()


def test_a_missing_bucket_names_the_style_of_addresses_as_a_cause(s3, compatible):
    missing = compatible | {"bucket": "there-is-none"}
    assert "switch use_path_style off" in failed(checked(COMPATIBLE, missing), "not_found", "find bucket")
    missing |= {"endpoint": s3.endpoint(DOMAIN), "use_path_style": False}
    assert "switch use_path_style on" in failed(checked(COMPATIBLE, missing), "not_found", "find bucket")


def test_a_service_that_ignores_the_host_name_is_not_written_to(s3, compatible, bucket):
    before = s3.buckets()
    # To this service it is a write of the object “x.landfall-check-…” into the bucket that begins the prefix.
    config = compatible | {"use_path_style": False, "prefix": f"{bucket}/x"}
    assert "Switch use_path_style on" in failed(checked(COMPATIBLE, config), "config", "find bucket")
    assert s3.buckets() == before
    assert s3.objects(bucket) == []


@pytest.mark.parametrize("person", [READER, NOBODY], ids=["who may only read", "who may nothing"])
def test_who_may_not_write_is_told_the_right_that_is_missing(s3, amazon, person):
    report = checked(AWS, amazon | {"prefix": "in/"}, person.credentials)
    said = failed(report, "forbidden", "write a test object")
    assert f"s3:PutObject on arn:aws:s3:::{amazon['bucket']}/in/*" in said
    assert s3.objects(amazon["bucket"]) == []


def test_who_may_write_but_not_remove_is_told_what_is_left(s3, amazon, bucket, caplog):
    kept = s3.create(f"{bucket}-kept", deny="s3:DeleteObject")
    said = failed(checked(AWS, amazon | {"bucket": kept}, WRITER.credentials), "forbidden", "remove it")
    [left] = s3.objects(kept)
    assert f"“{left}” may still be there" in said
    assert f"s3:DeleteObject on arn:aws:s3:::{kept}/*" in said
    [record] = [record for record in caplog.records if record.message == "s3_object_left"]
    assert (record.bucket, record.object) == (kept, left)


def test_a_storage_class_that_the_service_lacks_is_a_fault_of_the_config(s3, amazon):
    said = failed(checked(AWS, amazon | {"storage_class": "FSX_OPENZFS"}), "config", "write a test object")
    assert "storage class" in said


def test_clocks_that_differ_are_named(amazon, monkeypatch):
    long_ago = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: long_ago)
    assert "clock" in failed(checked(AWS, amazon), "config", "find bucket")


def test_nothing_is_taken_from_the_environment(amazon, monkeypatch):
    nowhere = f"http://127.0.0.1:{free_port()}"
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.setenv(name, "from-the-environment")
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, nowhere)
    assert passed(checked(AWS, amazon))


def test_a_dead_port_is_refused(amazon):
    report = checked(AWS, amazon | {"endpoint": f"http://localhost:{free_port()}"})
    failed(report, "refused", "connect")
    assert [step["status"] for step in report.steps] == ["passed", "failed", *["skipped"] * 4]


def test_an_unknown_host_names_the_style_of_addresses_as_a_cause(compatible, settings):
    config = compatible | {"endpoint": "http://nowhere.invalid", "use_path_style": False}
    with name_server({}) as dns:
        settings.EGRESS_NAMESERVERS = [dns.address]
        assert "switch use_path_style on" in failed(checked(COMPATIBLE, config), "dns", "resolve")
    assert {name for name, _ in dns.asked} == {f"{compatible['bucket']}.nowhere.invalid"}


@pytest.mark.parametrize("host", ["169.254.169.254", "10.0.0.1", "[::ffff:10.0.0.1]"])
def test_a_private_address_is_blocked(compatible, host):
    failed(checked(COMPATIBLE, compatible | {"endpoint": f"http://{host}"}), "blocked", "resolve")


@pytest.fixture
def secure(s3, compatible, authority):
    """The config of a compatible service over TLS, whose CA is trusted."""
    return compatible | {"endpoint": s3.tls_endpoint(), "ca_certificate": authority.pem}


def test_tls_passes_with_the_ca_of_the_service(secure):
    assert passed(checked(COMPATIBLE, secure)) == ALL


def test_tls_passes_with_the_bucket_in_the_host_name(s3, secure):
    config = secure | {"endpoint": s3.tls_endpoint(DOMAIN), "use_path_style": False}
    assert passed(checked(COMPATIBLE, config))


def test_a_ca_that_is_not_trusted_fails(secure, stranger):
    without = {name: value for name, value in secure.items() if name != "ca_certificate"}
    for config in (without, secure | {"ca_certificate": stranger.pem}):
        assert "not trusted" in failed(checked(COMPATIBLE, config), "tls", "tls")


def test_a_certificate_for_another_host_fails(s3, secure):
    config = secure | {"endpoint": s3.tls_endpoint("127.0.0.1")}
    assert "is not for the host “127.0.0.1”" in failed(checked(COMPATIBLE, config), "tls", "tls")


def test_a_dot_in_the_bucket_does_not_go_with_certificates_and_the_style_is_named(s3, secure, bucket):
    dotted = s3.create(f"{bucket}.dotted")
    config = secure | {"endpoint": s3.tls_endpoint(DOMAIN), "use_path_style": False, "bucket": dotted}
    assert "switch use_path_style on" in failed(checked(COMPATIBLE, config), "tls", "tls")
    assert passed(checked(COMPATIBLE, config | {"use_path_style": True}))


def test_https_to_a_port_that_speaks_http_fails(s3, secure):
    config = secure | {"endpoint": s3.endpoint().replace("http:", "https:")}
    assert "does not speak TLS" in failed(checked(COMPATIBLE, config), "tls", "tls")


def test_http_to_a_port_that_speaks_https_fails(s3, secure):
    config = secure | {"endpoint": s3.tls_endpoint().replace("https:", "http:")}
    failed(checked(COMPATIBLE, config), "protocol", "find bucket")


def test_the_effect_says_what_is_written():
    assert ".landfall-check-" in checking.EFFECT
    assert {AWS.effect, COMPATIBLE.effect} == {checking.EFFECT}
