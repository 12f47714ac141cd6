"""Buckets of Oracle: a real S3 service stands in for it, at the endpoint that a destination may name."""

import logging
import zlib

import pytest

from connectors.probes import http
from connectors.problems import CheckFailed, Invalid
from connectors.types.oracle_cloud_storage import OracleCloudStorage
from tests.connectors.checks import check as visit
from tests.connectors.checks import checked, failed, passed
from tests.connectors.loops import run
from tests.connectors.s3_stub import answer, error, stubbed
from tests.servers.dns import name_server
from tests.servers.process import free_port
from tests.servers.s3 import ADMIN, NOBODY, PEOPLE, READER, WRITER

ORACLE = OracleCloudStorage()
PLACE = {"bucket": "the-bucket", "region": "us-ashburn-1", "namespace": "axexample0000"}


@pytest.fixture(autouse=True)
def no_secret_is_logged(caplog):
    caplog.set_level(logging.DEBUG)
    yield
    logged = caplog.text + " ".join(str(vars(record)) for record in caplog.get_records("call"))
    assert not [person for person in PEOPLE.values() if person.secret_access_key in logged]


@pytest.fixture
def config(s3, request):
    """That of a destination with a bucket of this test's own."""
    bucket = s3.create(f"oracle-{zlib.crc32(request.node.nodeid.encode()):08x}")
    return PLACE | {"bucket": bucket, "endpoint": s3.endpoint()}


def check(config, person=ADMIN, **other):
    return checked(ORACLE, config, person.credentials | other)


def problems(config, credentials=ADMIN.credentials):
    with pytest.raises(Invalid) as caught:
        ORACLE.clean(config, credentials)
    return [(problem.path, problem.code) for problem in caught.value.problems]


class TestService:
    """A real one."""

    @pytest.mark.parametrize("person", [ADMIN, WRITER], ids=["who may do all", "who may only write"])
    def test_a_bucket_that_may_be_written_to_passes_and_nothing_is_left_in_it(self, s3, config, person):
        assert passed(check(config | {"prefix": "in/"}, person))[-2:] == ["write a test object", "remove it"]
        assert s3.objects(config["bucket"]) == []

    def test_a_wrong_secret_is_denied(self, config):
        report = check(config, WRITER, secret_access_key="not-the-writer's-secret")
        assert "secret access key does not belong" in failed(report, "denied", "find bucket")

    def test_an_unknown_key_is_denied(self, config):
        report = check(config, WRITER, access_key_id="8f3aexampleexample00")
        assert "does not know this access key ID" in failed(report, "denied", "find bucket")

    def test_a_missing_bucket_names_what_else_may_be_wrong(self, s3, config):
        said = failed(check(config | {"bucket": "there-is-none"}), "not_found", "find bucket")
        assert "There is no bucket “there-is-none”" in said
        for word in ("namespace “axexample0000”", "region “us-ashburn-1”", "may see the bucket"):
            assert word in said
        assert "there-is-none" not in s3.buckets()

    @pytest.mark.parametrize("person", [READER, NOBODY], ids=["who may only read", "who may nothing"])
    def test_who_may_not_write_is_told_oracles_word_for_it(self, config, person):
        said = failed(check(config, person), "forbidden", "write a test object")
        assert f"OBJECT_CREATE on the bucket “{config['bucket']}”" in said
        assert "s3:" not in said

    def test_who_may_not_remove_is_told_oracles_word_for_it(self, s3, config):
        kept = s3.create(f"{config['bucket']}-kept", deny="s3:DeleteObject")
        said = failed(check(config | {"bucket": kept}), "forbidden", "remove it")
        [left] = s3.objects(kept)
        assert f"“{left}” may still be there" in said
        assert f"OBJECT_DELETE on the bucket “{kept}”" in said
        assert "by hand" in said
        assert "s3:" not in said

    def test_a_dead_port_is_refused(self, config):
        failed(check(config | {"endpoint": f"http://localhost:{free_port()}"}), "refused", "connect")

    def test_a_ca_that_is_not_trusted_fails(self, s3, config):
        assert "not trusted" in failed(check(config | {"endpoint": s3.tls_endpoint()}), "tls", "tls")

    def test_https_to_a_port_that_speaks_http_fails(self, s3, config):
        endpoint = s3.endpoint().replace("http:", "https:")
        assert "does not speak TLS" in failed(check(config | {"endpoint": endpoint}), "tls", "tls")


class TestPlace:
    """Where a bucket is looked for."""

    def test_the_host_is_made_of_the_namespace_and_the_region(self, monkeypatch):
        asked = []

        async def call(method, url, *rest, **more):
            asked.append((method, url.split("?")[0], more["headers"]["Authorization"]))
            raise CheckFailed("dns", "The host does not exist.", "Check it.")

        # Oracle itself cannot be reached from the tests.
        monkeypatch.setattr(http, "call", call)
        report = check(PLACE)
        assert "namespace “axexample0000”" in report.remedy
        [(method, url, proof)] = asked
        assert method == "GET"
        assert url == "https://axexample0000.compat.objectstorage.us-ashburn-1.oraclecloud.com/the-bucket/"
        assert "/us-ashburn-1/s3/aws4_request" in proof

    def test_an_unknown_namespace_is_an_unknown_host(self, settings):
        with name_server({}) as dns:
            settings.EGRESS_NAMESERVERS = [dns.address]
            said = failed(check(PLACE), "dns", "resolve")
        assert "namespace “axexample0000”" in said
        assert {name for name, _ in dns.asked} == {"axexample0000.compat.objectstorage.us-ashburn-1.oraclecloud.com"}

    def test_a_host_of_oracles_that_stands_for_a_private_address_is_blocked(self, settings):
        settings.EGRESS_ALLOW = []
        with name_server({"axexample0000.compat.objectstorage.us-ashburn-1.oraclecloud.com": [["10.0.0.1"]]}) as dns:
            settings.EGRESS_NAMESERVERS = [dns.address]
            failed(check(PLACE), "blocked", "resolve")

    def test_an_endpoint_of_ones_own_is_asked_instead_with_the_bucket_in_the_path(self):
        async def at_stub():
            async with stubbed() as stub:
                report = await visit(ORACLE, PLACE | {"endpoint": stub.endpoint}, ADMIN.credentials)
                return report, stub.requests

        report, requests = run(at_stub())
        passed(report)
        assert [request.split(" ")[1].split("?")[0].rpartition("/")[0] for request in requests] == ["/the-bucket"] * 3

    @pytest.mark.parametrize(
        ("reply", "code", "word"),
        [
            (error(403, "SignatureDoesNotMatch"), "denied", "secret access key"),
            (error(404, "NoSuchBucket"), "not_found", "namespace"),
            (answer(404, b'{"code":"NamespaceNotFound","message":"You do not own it"}'), "protocol", "namespace"),
            (error(400, "AuthorizationHeaderMalformed", "<Region>eu-frankfurt-1</Region>"), "config", "eu-frankfurt-1"),
            (answer(429), "quota", "fewer requests"),
            (answer(503), "remote", "failure of its own"),
        ],
    )
    def test_refusals_are_told_in_words(self, reply, code, word):
        async def at_stub():
            async with stubbed(GET=reply) as stub:
                return await visit(ORACLE, PLACE | {"endpoint": stub.endpoint}, ADMIN.credentials)

        said = failed(run(at_stub()), code, "find bucket")
        assert word in said
        assert "You do not own it" not in said


class TestConfig:
    def test_nothing_is_invented(self):
        assert ORACLE.clean(PLACE, ADMIN.credentials) == (PLACE, ADMIN.credentials)
        assert ORACLE.target(PLACE) == "the-bucket in us-ashburn-1"
        assert ORACLE.host(PLACE) == "axexample0000.compat.objectstorage.us-ashburn-1.oraclecloud.com"
        assert ORACLE.host(PLACE | {"endpoint": "https://s3.example.com:9000/x"}) == "s3.example.com:9000"

    @pytest.mark.parametrize("bucket", ["b", "My_Bucket.1", "x" * 256])
    def test_names_that_oracle_takes_are_taken(self, bucket):
        assert ORACLE.clean(PLACE | {"bucket": bucket}, ADMIN.credentials)

    @pytest.mark.parametrize("bucket", ["a/b", "a b", "a..b", "..", "ünder", "x?y", "x#y", "%2e"])
    def test_other_names_are_refused(self, bucket):
        assert problems(PLACE | {"bucket": bucket}) == [("config.bucket", "pattern")]

    @pytest.mark.parametrize("region", ["us-ashburn-1", "uk-gov-london-1", "me-dcc-doha-1", "ap-singapore-2"])
    def test_identifiers_of_regions_are_taken(self, region):
        assert ORACLE.clean(PLACE | {"region": region}, ADMIN.credentials)

    @pytest.mark.parametrize("region", ["iad", "US-ASHBURN-1", "us-ashburn-1.evil.test", "us-ashburn-1/x", "us-1@x-1"])
    def test_other_words_for_regions_are_refused(self, region):
        assert problems(PLACE | {"region": region}) == [("config.region", "pattern")]

    @pytest.mark.parametrize("namespace", ["AxExample", "evil.test/x", "a.b", "a#", "-a", "a-", "a@b", "x" * 64])
    def test_what_is_no_namespace_is_refused(self, namespace):
        assert problems(PLACE | {"namespace": namespace}) == [("config.namespace", "pattern")]

    def test_what_begins_a_key_is_shown(self):
        masked = ORACLE.mask(WRITER.credentials)
        assert masked["access_key_id"] == "AKIA****************"
        assert set(masked["secret_access_key"][4:]) == {"*"}
