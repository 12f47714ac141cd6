"""Checks on Azurite with tokens of Entra's, and against a stand-in for answers that Azurite cannot be made to give."""

import asyncio
import logging
import os
import zlib
from contextlib import contextmanager
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from connectors.probes import entra as sign_in
from connectors.problems import Invalid
from connectors.types.azure_databricks import AzureDatabricks
from tests.connectors import checks
from tests.connectors.checks import failed, passed
from tests.servers.azure import ACCOUNT
from tests.servers.dns import name_server
from tests.servers.entra import CLIENT, LEAK, SECRET, TENANT, refusal
from tests.servers.http import Request, close, garbage, hang, listening
from tests.servers.process import free_port
from tests.servers.rest import serving

DATABRICKS = AzureDatabricks()
SIGN_IN, FIND, WRITE, REMOVE = "sign in", "find container", "write a test blob", "remove it"
ALL = ["resolve", "connect", "tls", SIGN_IN, FIND, WRITE, REMOVE]
PUBLIC = "core.windows.net"
SERVICE = "connectors.probes.blob.container.SERVICE"
CREDENTIALS = {"tenant_id": TENANT, "client_id": CLIENT, "client_secret": SECRET}

pytestmark = pytest.mark.usefixtures("system_trust")


@pytest.fixture(autouse=True)
def nothing_secret_is_told(caplog, entra):
    caplog.set_level(logging.DEBUG)
    yield
    for text in (SECRET, LEAK, *entra.tokens):
        assert text not in checks.logged(caplog)


@pytest.fixture
def cloud(entra, monkeypatch):
    """Entra, where the checks look for that of the public cloud."""
    monkeypatch.setitem(sign_in.CLOUDS, PUBLIC, entra.url)
    return entra


@pytest.fixture
def storage_at(monkeypatch):
    """Says at which URL the checks find the storage of every account."""
    return lambda url: monkeypatch.setattr(SERVICE, url)


@pytest.fixture
def config(azurite_entra, cloud, storage_at):
    """The config of a container of this test's own."""
    storage_at(azurite_entra.endpoint())
    return {"account": ACCOUNT, "container": azurite_entra.create(f"test-{zlib.crc32(os.urandom(8)):08x}")}


def checked(config, limit=15, **credentials):
    report = checks.checked(DATABRICKS, config, CREDENTIALS | credentials, limit)
    assert LEAK not in repr(report)
    return report


class TestPassing:
    @pytest.mark.parametrize("prefix", [{}, {"prefix": "landing/"}, {"prefix": "a b/ü%2F+&?#=-"}])
    def test_a_container_that_may_be_written_to_passes_and_nothing_is_left_in_it(
        self, azurite_entra, config, cloud, prefix
    ):
        assert passed(checked(config | prefix)) == ALL
        assert azurite_entra.blobs(config["container"]) == []
        assert cloud.asked == 1

    def test_a_tenant_may_be_named_by_a_domain(self, config, cloud):
        cloud.reply = 200, {"access_token": cloud._token()}
        assert passed(checked(config, tenant_id="contoso.onmicrosoft.com")) == ALL


class TestSigningIn:
    @pytest.mark.parametrize(
        ("wrong", "code", "said"),
        [
            ({"tenant_id": CLIENT}, "not_found", f"There is no tenant “{CLIENT}” at localhost:"),
            ({"client_id": TENANT}, "not_found", f"has no application {TENANT}"),
            ({"client_secret": "another"}, "denied", "value of a client secret, not its ID"),
        ],
    )
    def test_what_is_wrong_is_named(self, config, azurite_entra, wrong, code, said):
        assert said in failed(checked(config, **wrong), code, SIGN_IN)
        assert azurite_entra.blobs(config["container"]) == []

    @pytest.mark.parametrize(
        ("number", "code", "said"),
        [
            (900023, "not_found", "no tenant"),
            (90038, "config", "storage endpoint suffix"),
            (7000229, "not_found", "service principal there"),
            (7000222, "denied", "has expired"),
            (7000112, "denied", "is disabled"),
            (700025, "config", "public client"),
            (53003, "forbidden", "Conditional Access"),
            (500011, "forbidden", "subscription"),
            (90055, "quota", "fewer"),
            (90033, "remote", "failure of its own"),
            (1234567, "denied", "sign-in log"),
        ],
    )
    def test_every_refusal_has_its_own_words(self, config, cloud, number, code, said):
        cloud.reply = refusal(number)
        assert said in failed(checked(config), code, SIGN_IN)

    @pytest.mark.parametrize(
        ("reply", "code"),
        [
            ((400, {"error": "invalid_client", "error_codes": "90002"}), "denied"),
            ((400, {"error": "invalid_client", "error_codes": [[90002], None, {}, "7000222"]}), "denied"),
            ((400, {"error": "temporarily_unavailable"}), "remote"),
            ((429, {}), "quota"),
            ((503, b"<html>"), "remote"),
            ((400, {}), "protocol"),
            ((404, {"error": "x"}), "protocol"),
            ((302, b""), "protocol"),
            ((200, b"<html>a portal</html>"), "protocol"),
            ((200, []), "protocol"),
            ((200, b"[" * 50_000), "protocol"),
            ((200, {"access_token": ["x"]}), "protocol"),
            ((200, {"access_token": ""}), "protocol"),
            ((200, {"access_token": "x\r\nHost: y"}), "protocol"),
        ],
    )
    def test_every_answer_but_a_token_fails(self, config, cloud, reply, code):
        cloud.reply = reply
        failed(checked(config), code, SIGN_IN)

    def test_a_sign_in_that_hangs_ends_in_time(self, config, cloud):
        cloud.reply = None
        failed(checked(config, limit=1), "timeout", SIGN_IN)

    def test_a_sign_in_that_cannot_be_reached(self, config, monkeypatch):
        monkeypatch.setitem(sign_in.CLOUDS, PUBLIC, f"https://localhost:{free_port()}")
        failed(checked(config), "refused", SIGN_IN)

    def test_a_sign_in_whose_certificate_is_not_trusted_is_sent_nothing(self, config, monkeypatch, stranger):
        with serving(lambda request: (200, {}), stranger) as server:
            monkeypatch.setitem(sign_in.CLOUDS, PUBLIC, server.url(host="localhost"))
            failed(checked(config), "tls", SIGN_IN)
            assert server.requests == []

    def test_the_secret_goes_to_microsoft_alone(self):
        assert sign_in.CLOUDS == {
            "core.windows.net": "https://login.microsoftonline.com",
            "core.usgovcloudapi.net": "https://login.microsoftonline.us",
            "core.chinacloudapi.cn": "https://login.partner.microsoftonline.cn",
        }

    def test_each_cloud_has_its_own_sign_in(self, config, cloud, monkeypatch):
        monkeypatch.setitem(sign_in.CLOUDS, "core.chinacloudapi.cn", f"https://localhost:{free_port()}")
        failed(checked(config | {"storage_endpoint_suffix": "core.chinacloudapi.cn"}), "refused", SIGN_IN)
        assert cloud.asked == 0


class TestFailing:
    @pytest.mark.parametrize("claims", [{"exp": 1}, {"aud": "https://graph.microsoft.com"}, {"iss": "https://other/"}])
    def test_a_token_that_the_account_does_not_accept(self, azurite_entra, config, cloud, claims):
        cloud.claims = claims
        assert "does not accept the service principal" in failed(checked(config), "denied", FIND)
        assert azurite_entra.blobs(config["container"]) == []

    def test_a_missing_container_is_not_found_and_not_made(self, azurite_entra, config):
        said = failed(checked(config | {"container": "there-is-none"}), "not_found", FIND)
        assert "There is no container “there-is-none”" in said
        assert "there-is-none" not in azurite_entra.containers()

    def test_an_account_that_does_not_exist_is_an_unknown_host(self, cloud, settings):
        with name_server({}) as dns:
            settings.EGRESS_NAMESERVERS = [dns.address]
            report = checked({"account": "nobodysaccount", "container": "data"})
        assert "Check the name of the account" in failed(report, "dns", "resolve")
        assert {name for name, _ in dns.asked} == {"nobodysaccount.blob.core.windows.net"}
        assert cloud.asked == 0

    def test_a_private_address_is_blocked_before_a_secret_is_sent(self, config, cloud, settings):
        settings.EGRESS_ALLOW = []
        failed(checked(config), "blocked", "resolve")
        assert cloud.asked == 0

    def test_a_dead_port_is_refused(self, config, storage_at):
        storage_at(f"https://localhost:{free_port()}")
        failed(checked(config), "refused", "connect")

    def test_a_certificate_for_another_host_fails(self, config, storage_at, azurite_entra):
        storage_at(azurite_entra.endpoint("127.0.0.1"))
        assert "is not for the host" in failed(checked(config), "tls", "tls")

    @pytest.mark.parametrize("talk", [garbage, close])
    def test_a_port_that_does_not_speak_tls(self, config, storage_at, talk):
        with listening(talk) as server:
            storage_at(f"https://localhost:{server.port}")
            failed(checked(config), "tls", "tls")

    def test_a_port_that_hangs(self, config, storage_at):
        with listening(hang) as server:
            storage_at(f"https://localhost:{server.port}")
            failed(checked(config, limit=0.5), "timeout", "tls")


class Storage:
    """Answers by method as it is told, and keeps what it was asked."""

    def __init__(self, **replies):
        self.replies = {"GET": (200, b"<EnumerationResults/>"), "PUT": (201, b""), "DELETE": (202, b"")} | replies
        self.requests: list[Request] = []

    def answer(self, request):
        self.requests.append(request)
        return self.replies[request.method]

    @property
    def methods(self):
        return [request.method for request in self.requests]


def error(status, code):
    return status, f"<Error><Code>{code}</Code><Message>{LEAK}</Message></Error>".encode()


MISMATCH = error(403, "AuthorizationPermissionMismatch")


@pytest.fixture
def stood_in(cloud, authority, storage_at):
    """A stand-in for Azure with these replies, and the config of a container there."""

    @contextmanager
    def run(**replies):
        storage = Storage(**replies)
        with serving(storage.answer, authority) as server:
            storage_at(server.url("/", "localhost"))
            yield storage, {"account": ACCOUNT, "container": "data", "prefix": "in/"}

    return run


@pytest.fixture
def against(stood_in):
    """The report of checking a stand-in, and the stand-in."""

    def run(limit=10, **replies):
        with stood_in(**replies) as (storage, config):
            return checked(config, limit), storage

    return run


class TestAnswers:
    def test_each_request_names_the_test_blob_and_carries_the_token(self, against, cloud):
        report, storage = against()
        assert passed(report) == ALL
        assert storage.methods == ["GET", "PUT", "DELETE"]
        asked, *targets = [urlsplit(request.target) for request in storage.requests]
        [name] = parse_qs(asked.query)["prefix"]
        assert name.startswith("in/.landfall-check-")
        assert [(unquote(target.path), target.query) for target in targets] == [(f"/data/{name}", "")] * 2
        [token] = cloud.tokens
        for request in storage.requests:
            assert request.headers["authorization"] == f"Bearer {token}"
            assert request.headers["x-ms-version"] >= "2017-11-09"
        assert storage.requests[1].headers["x-ms-blob-type"] == "BlockBlob"

    def test_who_may_not_list_may_still_write(self, against):
        report, storage = against(GET=MISMATCH)
        assert passed(report) == [name for name in ALL if name != FIND]
        assert storage.methods == ["GET", "PUT", "DELETE"]

    @pytest.mark.parametrize(
        ("said", "code", "words"),
        [
            (error(401, "InvalidAuthenticationInfo"), "denied", "of the tenant"),
            (error(403, "AuthorizationFailure"), "forbidden", "network settings"),
            (error(403, "AccountIsDisabled"), "forbidden", "Enable the account"),
            ((403, b""), "forbidden", "Storage Blob Data Contributor"),
            (error(404, "ContainerNotFound"), "not_found", "no container “data”"),
            (error(409, "ContainerBeingDeleted"), "not_found", "being deleted"),
            (error(503, "ServerBusy"), "quota", "fewer"),
            ((500, b""), "remote", "failure"),
            ((401, b""), "protocol", "does not answer"),
            ((200, b"<html>Welcome</html>"), "protocol", "does not answer"),
        ],
    )
    def test_what_an_answer_means(self, against, said, code, words):
        report, storage = against(GET=said)
        assert words in failed(report, code, FIND)
        assert storage.methods == ["GET"]

    @pytest.mark.parametrize("said", [MISMATCH, (403, b"")])
    def test_who_may_not_write_is_told_the_role(self, against, said):
        report, storage = against(GET=MISMATCH, PUT=said)
        assert "“Storage Blob Data Contributor” on the container" in failed(report, "forbidden", WRITE)
        assert storage.methods == ["GET", "PUT"]

    def test_who_may_not_remove_is_told_the_role_and_what_is_left(self, against, caplog):
        report, storage = against(DELETE=MISMATCH)
        said = failed(report, "forbidden", REMOVE)
        left = unquote(urlsplit(storage.requests[-1].target).path).removeprefix("/data/")
        assert f"“{left}” may still be there" in said
        assert "Storage Blob Data Contributor" in said
        assert [record.blob for record in caplog.records if record.message == "blob_left"] == [left]

    def test_a_write_that_failed_in_the_service_is_removed_to_be_safe(self, against):
        report, storage = against(PUT=(500, b""))
        failed(report, "remote", WRITE)
        assert storage.methods == ["GET", "PUT", "DELETE"]

    def test_a_write_that_hangs_is_removed_when_the_time_is_up(self, against):
        report, storage = against(limit=2, PUT=None)
        failed(report, "timeout", WRITE)
        assert storage.methods == ["GET", "PUT", "DELETE"]

    def test_a_check_that_is_cancelled_removes_what_it_may_have_written(self, stood_in):
        async def cancelled(storage, config):
            task = asyncio.create_task(checks.check(DATABRICKS, config, CREDENTIALS))
            while "PUT" not in storage.methods:
                await asyncio.sleep(0.02)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        with stood_in(PUT=None) as (storage, config):
            asyncio.run(cancelled(storage, config))
        assert storage.methods == ["GET", "PUT", "DELETE"]


class TestFields:
    CONFIG = {"account": "landfall", "container": "data"}

    def test_what_is_left_out_has_the_defaults_of_the_public_cloud(self):
        config, _ = DATABRICKS.clean(self.CONFIG, CREDENTIALS)
        assert config == self.CONFIG | {"storage_endpoint_suffix": "core.windows.net"}
        assert DATABRICKS.host(config) == "landfall.blob.core.windows.net"
        assert DATABRICKS.target(config | {"prefix": "in/"}) == "data/in/ in landfall"

    @pytest.mark.parametrize(
        ("name", "value", "code"),
        [
            ("account", "Landfall", "pattern"),
            ("container", "a--b", "pattern"),
            ("prefix", "../", "pattern"),
            ("prefix", "a/./b", "pattern"),
            ("prefix", "a\\b", "pattern"),
            ("prefix", "a\nb", "pattern"),
            ("prefix", "x" * 241, "max_length"),
            ("storage_endpoint_suffix", "evil.example.com", "choice"),
        ],
    )
    def test_a_config_that_cannot_be_is_refused(self, name, value, code):
        with pytest.raises(Invalid) as caught:
            DATABRICKS.clean(self.CONFIG | {name: value}, CREDENTIALS)
        assert [(one.path, one.code) for one in caught.value.problems] == [(f"config.{name}", code)]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("tenant_id", "common"),
            ("tenant_id", "a/../b.com"),
            ("tenant_id", "contoso.com?x"),
            ("client_id", "landfall"),
            ("client_id", f"{CLIENT}0"),
        ],
    )
    def test_a_name_that_cannot_be_is_refused(self, name, value):
        with pytest.raises(Invalid) as caught:
            DATABRICKS.clean(self.CONFIG, CREDENTIALS | {name: value})
        assert [(one.path, one.code) for one in caught.value.problems] == [(f"credentials.{name}", "pattern")]

    def test_only_the_secret_is_masked(self):
        assert DATABRICKS.mask(CREDENTIALS) == CREDENTIALS | {"client_secret": "********"}
