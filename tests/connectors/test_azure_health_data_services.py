"""Checks of a FHIR service of Azure's, against a FHIR server that verifies tokens."""

import asyncio
import logging

import pytest

from connectors.probes import entra as sign_in
from connectors.probes import fhir
from connectors.problems import Invalid
from connectors.types.azure_health_data_services import AzureHealthDataServices
from tests.connectors import checks
from tests.connectors.checks import failed, passed
from tests.servers.entra import CLIENT, LEAK, SECRET, TENANT, refusal
from tests.servers.fhir import outcome, statement
from tests.servers.process import free_port

FHIR = AzureHealthDataServices()
READ, SIGN_IN, ASK, REMOVE = "read capability statement", "sign in", "ask to write a resource", "remove it"
ALL = ["resolve", "connect", "tls", READ, SIGN_IN, ASK]
PUBLIC = "core.windows.net"
CREDENTIALS = {"tenant_id": TENANT, "client_id": CLIENT, "client_secret": SECRET}

pytestmark = pytest.mark.usefixtures("system_trust")


@pytest.fixture(autouse=True)
def nothing_secret_is_told(caplog, entra):
    caplog.set_level(logging.DEBUG)
    yield
    for text in (SECRET, LEAK, *entra.tokens):
        assert text not in checks.logged(caplog)


@pytest.fixture
def cloud(azure_fhir, entra, monkeypatch):
    """A FHIR service, and Entra where the checks look for that of the public cloud."""
    monkeypatch.setitem(sign_in.CLOUDS, PUBLIC, entra.url)
    return azure_fhir


def checked(cloud, limit=15, url="", **credentials):
    report = checks.checked(FHIR, {"fhir_server_url": url or cloud.url}, CREDENTIALS | credentials, limit)
    assert LEAK not in repr(report)
    return report


def skipped(report):
    return {step["name"]: step["message"] for step in report.steps if step["status"] == "skipped"}


class TestPassing:
    @pytest.mark.parametrize("slash", ["", "/"])
    def test_a_service_that_may_be_written_to_passes_and_nothing_is_stored(self, cloud, entra, slash):
        report = checked(cloud, url=cloud.url + slash)
        assert passed(report) == ALL
        assert skipped(report) == {REMOVE: "Nothing was stored."}
        assert (cloud.methods, cloud.server.kept, entra.asked) == (["GET", "PUT"], {}, 1)

    def test_only_what_needs_it_carries_the_token(self, cloud, entra):
        checked(cloud)
        [token] = entra.tokens
        read, ask = cloud.requests
        assert "authorization" not in read.headers
        assert ask.headers["authorization"] == f"Bearer {token}"
        assert (ask.headers["if-match"], ask.headers["content-type"]) == ('W/"1"', "application/fhir+json")
        assert ask.target.startswith("/fhir/Basic/")

    @pytest.mark.parametrize("version", ["1.0.2", "3.0.2", "4.3.0", "5.0.0-ballot"])
    def test_every_version_of_fhir_will_do(self, cloud, version):
        cloud.server.statement = statement(version, "Conformance" if version < "2" else "CapabilityStatement")
        assert passed(checked(cloud)) == ALL

    @pytest.mark.parametrize("status", [404, 409, 412])
    def test_every_way_to_refuse_a_version_will_do(self, cloud, status):
        cloud.server.replies["PUT"] = status, outcome("conflict")
        assert passed(checked(cloud)) == ALL

    def test_what_a_careless_server_stores_is_removed(self, cloud):
        cloud.server.careful = False
        assert passed(checked(cloud)) == [*ALL, REMOVE]
        assert (cloud.methods, cloud.server.kept) == (["GET", "PUT", "DELETE"], {})


class TestReading:
    @pytest.mark.parametrize(
        ("said", "code", "words"),
        [
            ((404, b""), "not_found", "no FHIR service at this URL of localhost:"),
            ((403, b""), "forbidden", "network settings"),
            ((429, b""), "quota", "fewer requests"),
            ((503, b""), "remote", "failure of its own"),
            ((302, b""), "protocol", "does not answer as a FHIR server does"),
            ((401, b""), "protocol", "does not answer as a FHIR server does"),
            ((200, b"<html>Welcome</html>"), "protocol", "does not answer as a FHIR server does"),
            ((200, [statement()]), "protocol", "does not answer as a FHIR server does"),
            ((200, b"[" * 100_000), "protocol", "does not answer as a FHIR server does"),
            ((200, outcome("exception")), "protocol", "does not answer as a FHIR server does"),
            ((200, statement("latest")), "protocol", "does not answer as a FHIR server does"),
            ((200, statement(kind="Patient")), "protocol", "does not answer as a FHIR server does"),
            ((200, statement() | {"rest": [{"mode": "client"}]}), "protocol", "does not answer as a FHIR server does"),
            ((200, statement() | {"rest": {"mode": "server"}}), "protocol", "does not answer as a FHIR server does"),
            ((200, statement() | {"rest": ["server"]}), "protocol", "does not answer as a FHIR server does"),
            ((200, statement() | {"copyright": "x" * fhir.LIMIT}), "protocol", "is too large to be read"),
            ((200, b'{"a":[' + b"[]," * 200_000 + b"[]]}"), "protocol", "is too large to be read"),
            (
                (200, b'{"a":[' + (b"[" * 900 + b"]" * 900 + b",") * 400 + b"[]]}"),
                "protocol",
                "is too large to be read",
            ),
        ],
    )
    def test_what_an_answer_means(self, cloud, entra, said, code, words):
        cloud.server.replies["GET"] = said
        assert words in failed(checked(cloud), code, READ)
        assert (cloud.methods, entra.asked) == (["GET"], 0)

    def test_a_statement_is_read_to_its_end(self, cloud):
        filler = fhir.LIMIT - 2_000_000
        cloud.server.statement = {"copyright": "x" * filler} | statement()
        assert passed(checked(cloud)) == ALL

    def test_a_path_that_is_none_of_the_service(self, cloud):
        failed(checked(cloud, url=cloud.url.replace("/fhir", "/other")), "not_found", READ)

    def test_a_service_that_hangs(self, cloud):
        cloud.server.replies["GET"] = None
        failed(checked(cloud, limit=1), "timeout", READ)

    def test_a_dead_port_is_refused(self, cloud):
        failed(checked(cloud, url=f"https://localhost:{free_port()}"), "refused", "connect")

    def test_a_certificate_for_another_host_fails_and_nobody_signs_in(self, cloud, entra):
        said = failed(checked(cloud, url=cloud.url.replace("localhost", "127.0.0.1")), "tls", "tls")
        assert "is not for the host" in said
        assert entra.asked == 0

    def test_a_private_address_is_blocked_before_a_secret_is_sent(self, cloud, entra, settings):
        settings.EGRESS_ALLOW = []
        failed(checked(cloud), "blocked", "resolve")
        assert entra.asked == 0


class TestSigningIn:
    @pytest.mark.parametrize(
        ("wrong", "code", "said"),
        [
            ({"tenant_id": CLIENT}, "not_found", "in the cloud of Azure that the FHIR server URL is in"),
            ({"client_id": TENANT}, "not_found", f"has no application {TENANT}"),
            ({"client_secret": "another"}, "denied", "value of a client secret, not its ID"),
        ],
    )
    def test_what_is_wrong_is_named_and_nothing_is_asked(self, cloud, wrong, code, said):
        told = failed(checked(cloud, **wrong), code, SIGN_IN)
        assert said in told
        assert "storage" not in told
        assert cloud.methods == ["GET"]

    @pytest.mark.parametrize(("number", "code"), [(500011, "forbidden"), (90038, "config")])
    def test_no_words_of_another_service_are_used(self, cloud, entra, number, code):
        entra.reply = refusal(number)
        assert "storage" not in failed(checked(cloud), code, SIGN_IN)

    @pytest.mark.parametrize("claims", [{"exp": 1}, {"aud": "https://storage.azure.com"}, {"iss": "https://other/"}])
    def test_a_token_that_the_service_does_not_accept(self, cloud, entra, claims):
        entra.claims = claims
        assert "does not accept the service principal" in failed(checked(cloud), "denied", ASK)
        assert cloud.server.kept == {}

    @pytest.mark.parametrize(
        ("url", "cloud_"),
        [
            ("https://w-f.fhir.azurehealthcareapis.com", PUBLIC),
            ("https://w-f.fhir.azurehealthcareapis.us", "core.usgovcloudapi.net"),
            ("https://W-F.fhir.AzureHealthcareApis.US:443/", "core.usgovcloudapi.net"),
            ("https://w-f.fhir.azurehealthcareapis.cn/x", "core.chinacloudapi.cn"),
            ("https://fhir.azurehealthcareapis.us.example.com", PUBLIC),
            ("https://example.com/a.azurehealthcareapis.us", PUBLIC),
        ],
    )
    def test_the_host_tells_which_cloud_to_sign_in_to(self, url, cloud_):
        assert sign_in.cloud_of({"fhir_server_url": url}) == cloud_


class TestAsking:
    def test_who_may_not_write_is_told_the_role(self, cloud):
        cloud.rights.clear()
        assert "“FHIR Data Contributor” on the FHIR service" in failed(checked(cloud), "forbidden", ASK)
        assert cloud.methods == ["GET", "PUT"]

    @pytest.mark.parametrize(
        ("said", "code", "words"),
        [
            ((404, b"<html>not here</html>"), "protocol", "does not answer as a FHIR server does"),
            ((412, {}), "protocol", "does not answer as a FHIR server does"),
            ((302, b""), "protocol", "does not answer as a FHIR server does"),
            ((400, outcome("invalid")), "remote", "does not accept the test resource"),
            ((405, outcome("not-supported")), "remote", "does not accept the test resource"),
            ((422, outcome("processing")), "remote", "does not accept the test resource"),
            ((429, outcome("throttled")), "quota", "fewer requests"),
        ],
    )
    def test_what_an_answer_means(self, cloud, said, code, words):
        cloud.server.replies["PUT"] = said
        assert words in failed(checked(cloud), code, ASK)
        assert cloud.methods == ["GET", "PUT"]

    def test_what_may_have_been_stored_is_removed_to_be_safe(self, cloud):
        cloud.server.replies["PUT"] = 500, outcome("exception")
        report = checked(cloud)
        failed(report, "remote", ASK)
        assert cloud.methods == ["GET", "PUT", "DELETE"]
        assert "not known whether the test resource was stored" in skipped(report)[REMOVE]

    def test_a_service_that_hangs_is_asked_to_remove_it(self, cloud):
        cloud.server.replies["PUT"] = None
        failed(checked(cloud, limit=2), "timeout", ASK)
        assert cloud.methods == ["GET", "PUT", "DELETE"]

    def test_a_check_that_is_cancelled_removes_what_it_may_have_stored(self, cloud):
        async def cancelled():
            task = asyncio.create_task(checks.check(FHIR, {"fhir_server_url": cloud.url}, CREDENTIALS))
            while "PUT" not in cloud.methods:
                await asyncio.sleep(0.02)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        cloud.server.replies["PUT"] = None
        asyncio.run(cancelled())
        assert cloud.methods == ["GET", "PUT", "DELETE"]

    @pytest.mark.parametrize(
        ("said", "code"), [((403, outcome("forbidden")), "forbidden"), ((409, outcome("conflict")), "protocol")]
    )
    def test_what_cannot_be_removed_is_named(self, cloud, caplog, said, code):
        cloud.server.careful = False
        cloud.server.replies["DELETE"] = said
        told = failed(checked(cloud), code, REMOVE)
        [left] = cloud.server.kept
        assert f"The test resource “{left}” may still be there." in told
        assert [record.resource for record in caplog.records if record.message == "fhir_resource_left"] == [left]

    def test_what_is_gone_already_need_not_be_removed(self, cloud):
        cloud.server.careful = False
        cloud.server.replies["DELETE"] = 410, outcome("deleted")
        assert passed(checked(cloud)) == [*ALL, REMOVE]


class TestFields:
    URL = "https://clinic-records.fhir.azurehealthcareapis.com"

    def test_nothing_is_invented(self):
        config = {"fhir_server_url": f"{self.URL}/"}
        assert FHIR.clean(config, CREDENTIALS) == (config, CREDENTIALS)
        assert FHIR.host(config) == "clinic-records.fhir.azurehealthcareapis.com"
        assert FHIR.target(config) == f"{self.URL}/"

    @pytest.mark.parametrize(
        "url",
        [
            "http://clinic.fhir.azurehealthcareapis.com", "clinic.fhir.azurehealthcareapis.com", "https://",
            f"{URL}?x=1", f"{URL}/#a", f"{URL}/metadata", f"{URL}/metadata/", f"{URL}/a b", "https://a:b@clinic.example",
        ],
    )  # fmt: skip
    def test_what_is_no_base_of_a_service_is_refused(self, url):
        with pytest.raises(Invalid) as caught:
            FHIR.clean({"fhir_server_url": url}, CREDENTIALS)
        assert [(fault.path, fault.code) for fault in caught.value.problems] == [("config.fhir_server_url", "pattern")]
