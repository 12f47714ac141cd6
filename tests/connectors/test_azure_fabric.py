"""Checks of lakehouses on Azurite, which speaks the API of OneLake, and against a stand-in for answers of OneLake's."""

import asyncio
import logging
import os
import zlib
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

import pytest

from connectors.probes import entra as sign_in
from connectors.problems import Invalid
from connectors.types.azure_fabric import AzureFabric
from tests.connectors import checks
from tests.connectors.checks import failed, passed
from tests.servers.entra import CLIENT, LEAK, SECRET, TENANT, refusal
from tests.servers.http import Request, close, garbage, hang, listening
from tests.servers.process import free_port
from tests.servers.rest import serving

FABRIC = AzureFabric()
SIGN_IN, FIND_WORKSPACE, FIND = "sign in", "find workspace", "find lakehouse"
TRY, REMOVE = "write and read a test file", "remove it"
ALL = ["resolve", "connect", "tls", SIGN_IN, FIND_WORKSPACE, FIND, TRY, REMOVE]
SERVICE = "connectors.probes.onelake.lakehouse.SERVICE"
CREDENTIALS = {"tenant_id": TENANT, "client_id": CLIENT, "client_secret": SECRET}
GUIDS = {"workspace": "01234567-89ab-cdef-0123-456789abcdef", "lakehouse": "FEDCBA98-7654-3210-fedc-ba9876543210"}
WRITTEN = b"A connection check wrote this file. It may be removed.\n"

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
    monkeypatch.setitem(sign_in.CLOUDS, sign_in.PUBLIC, entra.url)
    return entra


@pytest.fixture
def onelake_at(monkeypatch):
    """Says at which URL the checks find OneLake."""
    return lambda url: monkeypatch.setattr(SERVICE, url)


@pytest.fixture
def config(azurite_entra, cloud, onelake_at):
    """The config of a lakehouse in a workspace of this test's own."""
    onelake_at(azurite_entra.endpoint())
    workspace = azurite_entra.create(f"test-{zlib.crc32(os.urandom(8)):08x}")
    azurite_entra.put(workspace, "Lake_1.Lakehouse/Files")
    return {"workspace": workspace, "lakehouse": "Lake_1"}


def checked(config, limit=15, **credentials):
    report = checks.checked(FABRIC, config, CREDENTIALS | credentials, limit)
    assert LEAK not in repr(report)
    return report


class TestPassing:
    @pytest.mark.parametrize("prefix", [{}, {"prefix": "landing/"}, {"prefix": "a b/ü%2F+&?#=-"}])
    def test_a_lakehouse_that_may_be_written_to_passes_and_nothing_is_left_in_it(
        self, azurite_entra, config, cloud, prefix
    ):
        assert passed(checked(config | prefix)) == ALL
        assert azurite_entra.blobs(config["workspace"]) == ["Lake_1.Lakehouse/Files"]
        assert cloud.asked == 1

    def test_a_lakehouse_is_found_by_its_guid(self, azurite_entra, config):
        workspace, lakehouse = GUIDS.values()
        if workspace not in azurite_entra.containers():
            azurite_entra.create(workspace)
        azurite_entra.put(workspace, f"{lakehouse}/Files")
        assert passed(checked(GUIDS)) == ALL


class TestFailing:
    @pytest.mark.parametrize(
        ("wrong", "code", "said"),
        [
            ({"tenant_id": CLIENT}, "not_found", "in the public cloud of Azure, as Fabric is"),
            ({"client_id": TENANT}, "not_found", f"has no application {TENANT}"),
            ({"client_secret": "another"}, "denied", "value of a client secret, not its ID"),
        ],
    )
    def test_who_cannot_sign_in_is_told_why(self, config, wrong, code, said):
        told = failed(checked(config, **wrong), code, SIGN_IN)
        assert said in told
        assert "storage" not in told

    @pytest.mark.parametrize(("number", "code"), [(500011, "forbidden"), (90038, "config")])
    def test_no_words_of_another_service_are_used(self, config, cloud, number, code):
        cloud.reply = refusal(number)
        assert "storage" not in failed(checked(config), code, SIGN_IN)

    @pytest.mark.parametrize("claims", [{"exp": 1}, {"aud": "https://graph.microsoft.com"}, {"iss": "https://other/"}])
    def test_a_token_that_onelake_does_not_accept(self, azurite_entra, config, cloud, claims):
        cloud.claims = claims
        assert "OneLake does not accept the service principal" in failed(checked(config), "denied", FIND_WORKSPACE)

    def test_a_missing_workspace_is_told_apart_from_a_missing_lakehouse(self, azurite_entra, config):
        said = failed(checked(config | {"workspace": "there-is-none"}), "not_found", FIND_WORKSPACE)
        assert "There is no workspace “there-is-none”" in said
        said = failed(checked(config | {"lakehouse": "Lake_2"}), "not_found", FIND)
        assert f"There is no lakehouse “Lake_2” in the workspace “{config['workspace']}”" in said
        assert azurite_entra.blobs(config["workspace"]) == ["Lake_1.Lakehouse/Files"]

    def test_a_private_address_is_blocked_before_a_secret_is_sent(self, config, cloud, settings):
        settings.EGRESS_ALLOW = []
        failed(checked(config), "blocked", "resolve")
        assert cloud.asked == 0

    def test_a_dead_port_is_refused(self, config, onelake_at):
        onelake_at(f"https://localhost:{free_port()}")
        failed(checked(config), "refused", "connect")

    def test_a_certificate_for_another_host_fails_and_nobody_signs_in(self, config, onelake_at, azurite_entra, cloud):
        onelake_at(azurite_entra.endpoint("127.0.0.1"))
        assert "is not for the host" in failed(checked(config), "tls", "tls")
        assert cloud.asked == 0

    @pytest.mark.parametrize("talk", [garbage, close])
    def test_a_port_that_does_not_speak_tls(self, config, onelake_at, talk):
        with listening(talk) as server:
            onelake_at(f"https://localhost:{server.port}")
            failed(checked(config), "tls", "tls")

    def test_a_port_that_hangs(self, config, onelake_at):
        with listening(hang) as server:
            onelake_at(f"https://localhost:{server.port}")
            failed(checked(config, limit=0.5), "timeout", "tls")


class OneLake:
    """Answers as it is told by what it is asked, and keeps that."""

    def __init__(self, **replies):
        self.replies = {
            "WORKSPACE": (200, b""), "LAKEHOUSE": (200, b""), "PUT": (201, b""), "GET": (200, WRITTEN),
            "DELETE": (202, b""),
        } | replies  # fmt: skip
        self.requests: list[Request] = []
        self.asked: list[str] = []

    def answer(self, request):
        self.requests.append(request)
        looked = "WORKSPACE" if request.target.endswith("?restype=container") else "LAKEHOUSE"
        self.asked.append(looked if request.method == "HEAD" else request.method)
        return self.replies[self.asked[-1]]


STEP_OF = {"WORKSPACE": FIND_WORKSPACE, "LAKEHOUSE": FIND, "PUT": TRY}
ASKED = ["WORKSPACE", "LAKEHOUSE", "PUT", "GET", "DELETE"]
CONFIG = {"workspace": "My Workspace & I", "lakehouse": "Lake_1", "prefix": "in/"}


def error(status, code):
    """As the Blob API tells errors: by a header, and in XML to whoever reads a body."""
    body = f"<Error><Code>{code}</Code><Message>{LEAK}</Message></Error>".encode()
    return status, body, {"x-ms-error-code": code}


FORBIDDEN = error(403, "Forbidden")


@pytest.fixture
def stood_in(cloud, authority, onelake_at):
    @contextmanager
    def run(**replies):
        onelake = OneLake(**replies)
        with serving(onelake.answer, authority) as server:
            onelake_at(server.url("", "localhost"))
            yield onelake

    return run


@pytest.fixture
def against(stood_in):
    """The report of checking a stand-in, and the stand-in."""

    def run(limit=10, config=CONFIG, **replies):
        with stood_in(**replies) as onelake:
            return checked(config, limit), onelake

    return run


class TestAnswers:
    def test_each_request_names_the_file_and_carries_the_token(self, against, cloud):
        report, onelake = against()
        assert passed(report) == ALL
        assert onelake.asked == ASKED
        workspace, files, *targets = [unquote(request.target) for request in onelake.requests]
        assert workspace == "/My Workspace & I?restype=container"
        assert files == "/My Workspace & I/Lake_1.Lakehouse/Files"
        assert targets[0].startswith(f"{files}/in/.landfall-check-")
        assert len(set(targets)) == 1
        [token] = cloud.tokens
        for request in onelake.requests:
            assert request.headers["authorization"] == f"Bearer {token}"
            assert request.headers["x-ms-version"] >= "2017-11-09"
        assert onelake.requests[2].headers["x-ms-blob-type"] == "BlockBlob"

    def test_a_guid_is_not_told_what_it_names(self, against):
        _, onelake = against(config=GUIDS | {"test_object": "check.txt"})
        path = f"/{GUIDS['workspace']}/{GUIDS['lakehouse']}/Files/check.txt"
        assert onelake.requests[-1].target == path

    def test_who_may_not_look_may_still_write(self, against):
        report, onelake = against(WORKSPACE=FORBIDDEN, LAKEHOUSE=FORBIDDEN)
        assert passed(report) == [name for name in ALL if name not in {FIND_WORKSPACE, FIND}]
        assert onelake.asked == ASKED

    @pytest.mark.parametrize("asked", STEP_OF)
    @pytest.mark.parametrize(
        ("said", "code", "words"),
        [
            (error(401, "InvalidAuthenticationInfo"), "denied", "OneLake does not accept"),
            ((401, b""), "denied", "OneLake does not accept"),
            (error(404, "WorkspaceNotFound"), "not_found", "no workspace “My Workspace & I”"),
            (error(404, "ArtifactNotFound"), "not_found", "no lakehouse “Lake_1”"),
            (error(400, "FriendlyNameSupportDisabled"), "config", "by their GUIDs"),
            (error(503, "ServerBusy"), "quota", "fewer"),
            ((429, b""), "quota", "fewer"),
            ((500, b""), "remote", "capacity of the workspace is not paused"),
            ((302, b""), "protocol", "does not answer as OneLake does"),
            ((204, b""), "protocol", "does not answer as OneLake does"),
        ],
    )
    def test_what_an_answer_means(self, against, asked, said, code, words):
        report, _ = against(**{asked: said})
        assert words in failed(report, code, STEP_OF[asked])
        assert "account" not in report.message + report.remedy

    def test_a_write_to_what_is_not_there(self, against):
        report, _ = against(LAKEHOUSE=FORBIDDEN, PUT=(404, b""))
        assert "no lakehouse “Lake_1”" in failed(report, "not_found", TRY)

    @pytest.mark.parametrize("said", [FORBIDDEN, (403, b"")])
    def test_who_may_not_write_is_told_the_role(self, against, said):
        report, onelake = against(PUT=said)
        assert "Make it a Contributor of the workspace" in failed(report, "forbidden", TRY)
        assert onelake.asked == ["WORKSPACE", "LAKEHOUSE", "PUT"]

    @pytest.mark.parametrize(
        ("said", "code", "words"),
        [
            (FORBIDDEN, "forbidden", "may not read what it wrote"),
            ((404, b""), "remote", "does not give back the file"),
            ((200, b"something else"), "remote", "does not give back the file"),
            ((500, b""), "remote", "failure of its own"),
        ],
    )
    def test_what_cannot_be_read_back_fails_and_is_removed(self, against, said, code, words):
        report, onelake = against(GET=said)
        assert words in failed(report, code, TRY)
        assert onelake.asked == ASKED

    def test_who_may_not_remove_is_told_the_role_and_what_is_left(self, against, caplog):
        report, onelake = against(DELETE=FORBIDDEN)
        said = failed(report, "forbidden", REMOVE)
        left = unquote(urlsplit(onelake.requests[-1].target).path).partition("/Files/")[2]
        assert f"“{left}” may still be there" in said
        assert "Contributor" in said
        assert [record.file for record in caplog.records if record.message == "file_left"] == [left]

    def test_a_write_that_failed_in_the_service_is_removed_to_be_safe(self, against):
        report, onelake = against(PUT=(500, b""), DELETE=(404, b""))
        failed(report, "remote", TRY)
        assert onelake.asked == ["WORKSPACE", "LAKEHOUSE", "PUT", "DELETE"]

    @pytest.mark.parametrize("asked", ["PUT", "GET"])
    def test_a_service_that_hangs_is_asked_to_remove_the_file_when_the_time_is_up(self, against, asked):
        report, onelake = against(limit=2, **{asked: None})
        failed(report, "timeout", TRY)
        assert onelake.asked[-2:] == [asked, "DELETE"]

    def test_a_check_that_is_cancelled_removes_what_it_may_have_written(self, stood_in):
        async def cancelled(onelake):
            task = asyncio.create_task(checks.check(FABRIC, CONFIG, CREDENTIALS))
            while "PUT" not in onelake.asked:
                await asyncio.sleep(0.02)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        with stood_in(PUT=None) as onelake:
            asyncio.run(cancelled(onelake))
        assert onelake.asked[-2:] == ["PUT", "DELETE"]


class TestFields:
    def test_nothing_is_invented(self):
        config, _ = FABRIC.clean(CONFIG, CREDENTIALS)
        assert config == CONFIG
        assert FABRIC.host(config) == "onelake.blob.fabric.microsoft.com"
        assert FABRIC.target(config) == "Lake_1/in/ in My Workspace & I"

    @pytest.mark.parametrize(
        ("name", "value", "code"),
        [
            ("workspace", "a/b", "pattern"),
            ("workspace", "a\\b", "pattern"),
            ("workspace", "..", "pattern"),
            ("workspace", "a\nb", "pattern"),
            ("workspace", "a" * 257, "max_length"),
            ("lakehouse", "Lake.Lakehouse", "pattern"),
            ("lakehouse", "1Lake", "pattern"),
            ("lakehouse", "a b", "pattern"),
            ("lakehouse", GUIDS["lakehouse"], "invalid"),
            ("prefix", "a/../b", "pattern"),
            ("test_object", "a/b", "pattern"),
        ],
    )
    def test_what_onelake_does_not_take_is_refused(self, name, value, code):
        with pytest.raises(Invalid) as caught:
            FABRIC.clean(CONFIG | {name: value}, CREDENTIALS)
        assert [(fault.path, fault.code) for fault in caught.value.problems] == [(f"config.{name}", code)]

    def test_names_and_guids_are_not_mixed(self):
        with pytest.raises(Invalid) as caught:
            FABRIC.clean(CONFIG | {"workspace": GUIDS["workspace"]}, CREDENTIALS)
        assert [fault.path for fault in caught.value.problems] == ["config.lakehouse"]
        assert FABRIC.clean(GUIDS, CREDENTIALS)[0] == GUIDS
