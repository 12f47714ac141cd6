"""Checks of containers on Azurite, and against a stand-in for answers that it cannot be made to give."""

import asyncio
import logging
import os
import zlib
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.problems import Invalid
from connectors.types.azure_blob_storage import AzureBlobStorage
from tests.connectors import checks
from tests.connectors.checks import Peer, failed, listening, passed
from tests.connectors.s3_stub import HANG, Stub, answer, error
from tests.servers.azure import ACCOUNT, KEY, account_sas, container_sas, moment
from tests.servers.dns import name_server
from tests.servers.process import free_port

AZURE = AzureBlobStorage()
TOKEN, FIND, WRITE, REMOVE = "read the SAS token", "find container", "write a test blob", "remove it"
ALL = [TOKEN, "resolve", "connect", "tls", FIND, WRITE, REMOVE]
OTHER_KEY = KEY[4:]


def checked(config, token, limit=15):
    return checks.checked(AZURE, config, {"sas_token": token}, limit)


@pytest.fixture
def container(azurite, request):
    """The name of a container of this test's own."""
    return azurite.create(f"test-{zlib.crc32(request.node.nodeid.encode()):08x}")


@pytest.fixture
def config(azurite, container):
    return {"account": ACCOUNT, "container": container, "endpoint": azurite.endpoint()}


@pytest.fixture
def secure(azurite_tls, authority):
    """The config of a container on a service that speaks TLS, whose CA is trusted."""
    endpoint = azurite_tls.endpoint()
    container = azurite_tls.create(f"test-{zlib.crc32(os.urandom(8)):08x}")
    return {"account": ACCOUNT, "container": container, "endpoint": endpoint, "ca_certificate": authority.pem}


@pytest.fixture(autouse=True)
def silent_logs(caplog):
    """Nothing that is logged during any of these tests holds a signature, at whatever level."""
    caplog.set_level(logging.DEBUG)
    yield
    assert "sig=" not in checks.logged(caplog)


class TestPassing:
    @pytest.mark.parametrize("mark", ["", "?"])
    def test_a_container_that_may_be_written_to_passes_and_nothing_is_left_in_it(
        self, azurite, config, container, mark
    ):
        report = checked(config, mark + container_sas(container))
        assert passed(report) == [name for name in ALL if name != "tls"]
        assert azurite.blobs(container) == []

    def test_a_blob_whose_name_is_given_is_overwritten_and_removed(self, azurite, config, container):
        named = config | {"test_object": "check.txt"}
        azurite.allow(container, "writers", "w")
        report = checked(named, container_sas(container, "", policy="writers", se=""))
        assert "“check.txt” may still be there" in report.message
        assert azurite.blobs(container) == ["check.txt"]
        assert passed(checked(named, container_sas(container)))
        assert azurite.blobs(container) == []

    @pytest.mark.parametrize("rights", ["wd", "cd"])
    def test_a_token_that_may_not_list_passes_without_that_step(self, azurite, config, container, rights):
        report = checked(config, container_sas(container, rights))
        assert passed(report) == [name for name in ALL if name not in {"tls", FIND}]
        assert azurite.blobs(container) == []

    @pytest.mark.parametrize(("rights", "kinds"), [("rwdl", "sco"), ("rwdl", "o"), ("wd", "co")])
    def test_a_token_of_the_account_passes(self, config, rights, kinds):
        assert passed(checked(config, account_sas(rights, kinds=kinds)))

    def test_a_token_whose_rights_are_in_a_stored_policy_passes(self, azurite, config, container):
        azurite.allow(container, "writers", "wdl")
        token = container_sas(container, "", policy="writers", se="")
        assert "sp=" not in token
        assert passed(checked(config, token))

    def test_a_token_that_began_to_be_valid_passes(self, config, container):
        assert passed(checked(config, container_sas(container, st="2020-01-01")))

    def test_tls_passes_with_the_ca_of_the_service(self, azurite_tls, secure):
        assert passed(checked(secure, container_sas(secure["container"], spr="https"))) == ALL
        assert azurite_tls.blobs(secure["container"]) == []


class TestTokens:
    """What a token says of itself is told before anybody is asked."""

    @pytest.fixture
    def config(self):
        return {"account": ACCOUNT, "container": "data", "endpoint": f"http://127.0.0.1:{free_port()}"}

    def said(self, config, token, code):
        report = checked(config, token)
        text = failed(report, code, TOKEN)
        assert {step["status"] for step in report.steps[1:]} == {"skipped"}
        return text

    def test_an_expired_token_is_denied(self, config):
        assert "expired on 2020-01-31 at 12:30 UTC" in self.said(
            config, container_sas("data", se="2020-01-31T12:30Z"), "denied"
        )

    def test_a_token_that_is_not_valid_yet_is_denied(self, config):
        token = container_sas("data", st=moment(minutes=30))
        assert "is not valid before 20" in self.said(config, token, "denied")

    def test_a_moment_without_a_zone_is_utc(self, config):
        assert "2020-01-31 at 00:00 UTC" in self.said(config, container_sas("data", se="2020-01-31"), "denied")

    @pytest.mark.parametrize(
        ("rights", "lacking"),
        [
            ("rl", "write (w) and to delete (d)"),
            ("rwl", "lacks the permission to delete (d)."),
            ("rdl", "lacks the permission to write (w)."),
        ],
    )
    def test_a_right_that_is_missing_is_named(self, config, rights, lacking):
        assert lacking in self.said(config, container_sas("data", rights), "forbidden")

    @pytest.mark.parametrize(("kind", "what"), [("b", "a single blob"), ("d", "a directory")])
    def test_a_token_for_less_than_the_container_is_named(self, config, kind, what):
        assert what in self.said(config, container_sas("data", sr=kind), "config")

    def test_a_token_of_the_account_must_cover_blobs(self, config):
        assert "b in ss" in self.said(config, account_sas(services="fq"), "forbidden")
        assert "o in srt" in self.said(config, account_sas(kinds="sc"), "forbidden")

    def test_a_token_for_https_is_not_sent_in_clear(self, config):
        assert "HTTPS only" in self.said(config, container_sas("data", spr="https"), "config")

    def test_what_is_no_moment_is_left_to_the_service(self, config):
        failed(checked(config, container_sas("data", se="tomorrow", st="yesterday")), "refused", "connect")


class TestFailing:
    @pytest.mark.parametrize(
        "token",
        [
            lambda name: container_sas(name, key=OTHER_KEY),
            lambda name: account_sas(key=OTHER_KEY),
            lambda name: container_sas("another-container"),
            lambda name: container_sas(name, "", policy="gone", se=""),
        ],
        ids=["another key", "another account's key", "another container", "a policy that is gone"],
    )
    def test_a_token_that_is_not_right_is_denied(self, azurite, config, container, token):
        assert "does not accept the SAS token" in failed(checked(config, token(container)), "denied", FIND)
        assert azurite.blobs(container) == []

    def test_a_missing_container_is_not_found_and_not_made(self, azurite, config):
        config |= {"container": "there-is-none"}
        for rights, step in (("rwdl", FIND), ("wd", WRITE)):
            said = failed(checked(config, container_sas("there-is-none", rights)), "not_found", step)
            assert "There is no container “there-is-none”" in said
        assert "there-is-none" not in azurite.containers()

    def test_what_a_stored_policy_does_not_let_write_shows_when_it_is_tried(self, azurite, config, container):
        azurite.allow(container, "some", "dl")
        said = failed(checked(config, container_sas(container, "", policy="some", se="")), "forbidden", WRITE)
        assert "permission to write (w)" in said
        assert azurite.blobs(container) == []

    def test_who_may_write_but_not_remove_is_told_what_is_left(self, azurite, config, container, caplog):
        azurite.allow(container, "some", "wl")
        said = failed(checked(config, container_sas(container, "", policy="some", se="")), "forbidden", REMOVE)
        [left] = azurite.blobs(container)
        assert f"“{left}” may still be there" in said
        assert "permission to delete (d)" in said
        [record] = [record for record in caplog.records if record.message == "blob_left"]
        assert (record.container, record.blob) == (container, left)

    def test_an_account_that_does_not_exist_is_an_unknown_host(self, settings):
        config = {"account": "nobodysaccount", "container": "data"}
        with name_server({}) as dns:
            settings.EGRESS_NAMESERVERS = [dns.address]
            said = failed(checked(config, container_sas("data")), "dns", "resolve")
        assert "Check the name of the account" in said
        assert {name for name, _ in dns.asked} == {"nobodysaccount.blob.core.windows.net"}

    def test_another_account_at_the_same_endpoint_is_not_found(self, azurite, config, container):
        config |= {"endpoint": azurite.endpoint().replace(ACCOUNT, "stranger")}
        failed(checked(config, container_sas(container)), "not_found", FIND)

    def test_a_dead_port_is_refused(self, config, container):
        failed(
            checked(config | {"endpoint": f"http://localhost:{free_port()}"}, container_sas(container)),
            "refused",
            "connect",
        )

    @pytest.mark.parametrize("host", ["169.254.169.254", "10.0.0.1", "[::ffff:10.0.0.1]"])
    def test_a_private_address_is_blocked(self, config, container, host):
        failed(checked(config | {"endpoint": f"http://{host}"}, container_sas(container)), "blocked", "resolve")

    def test_a_ca_that_is_not_trusted_fails(self, secure, stranger):
        without = {name: value for name, value in secure.items() if name != "ca_certificate"}
        for config in (without, secure | {"ca_certificate": stranger.pem}):
            assert "not trusted" in failed(checked(config, container_sas(config["container"])), "tls", "tls")

    def test_a_certificate_for_another_host_fails(self, azurite_tls, secure):
        config = secure | {"endpoint": azurite_tls.endpoint("127.0.0.1")}
        assert "is not for the host" in failed(checked(config, container_sas(config["container"])), "tls", "tls")

    def test_http_to_a_port_that_speaks_https_fails(self, secure):
        config = secure | {"endpoint": secure["endpoint"].replace("https:", "http:")}
        failed(checked(config, container_sas(config["container"])), "protocol", FIND)

    def test_https_to_a_port_that_speaks_http_fails(self, azurite, config, container):
        config |= {"endpoint": azurite.endpoint().replace("http:", "https:")}
        assert "does not speak TLS" in failed(checked(config, container_sas(container)), "tls", "tls")


FOUND = answer(200, b"<EnumerationResults/>")
WRITTEN, REMOVED = answer(201), answer(202)


def against(limit=10, **script):
    """The report of checking a stub as if it were Azure, and the stub."""

    async def visit():
        stub = Stub({"GET": FOUND, "PUT": WRITTEN, "DELETE": REMOVED, **script})
        server = await asyncio.start_server(stub.serve, "127.0.0.1", 0)
        stub.port = server.sockets[0].getsockname()[1]
        try:
            where = {"account": ACCOUNT, "container": "data", "endpoint": stub.endpoint}
            return await checks.check(AZURE, where, {"sas_token": container_sas("data")}, limit), stub
        finally:
            server.close()
            await asyncio.gather(*stub.tasks)

    return asyncio.run(visit())


class TestAnswers:
    def test_each_request_names_the_test_blob_and_carries_the_token_as_it_is(self):
        report, stub = against()
        assert passed(report)[-3:] == [FIND, WRITE, REMOVE]
        assert stub.methods == ["GET", "PUT", "DELETE"]
        targets = [urlsplit(request.split()[1]) for request in stub.requests]
        asked = parse_qs(targets[0].query)
        [name] = asked["prefix"]
        assert name.startswith(".landfall-check-")
        assert (targets[0].path, asked["comp"], asked["maxresults"]) == ("/data", ["list"], ["1"])
        assert [target.path for target in targets[1:]] == [f"/data/{name}"] * 2
        assert all("sig=" in target.query and "%2B" not in target.path for target in targets)
        assert "x-ms-blob-type: BlockBlob" in stub.requests[1]

    @pytest.mark.parametrize(
        ("said", "code"),
        [
            (error(403, "AuthenticationFailed"), "denied"),
            (error(403, "AuthorizationFailure"), "denied"),
            (answer(403), "denied"),
            (error(403, "AuthorizationSourceIPMismatch"), "forbidden"),
            (error(403, "AuthorizationServiceMismatch"), "forbidden"),
            (error(403, "AccountIsDisabled"), "forbidden"),
            (error(403, "KeyBasedAuthenticationNotPermitted"), "forbidden"),
            (error(403, "KeyVaultEncryptionKeyNotFound"), "config"),
            (error(400, "AccountRequiresHttps"), "config"),
            (error(400, "OutOfRangeInput"), "config"),
            (error(400, "InvalidQueryParameterValue"), "config"),
            (error(404, "ContainerNotFound"), "not_found"),
            (answer(404, x_ms_error_code="ContainerNotFound"), "not_found"),
            (error(404, "ResourceNotFound"), "not_found"),
            (error(409, "ContainerBeingDeleted"), "not_found"),
            (error(503, "ServerBusy"), "quota"),
            (answer(429), "quota"),
            (error(500, "InternalError"), "remote"),
            (answer(502, b"<html>Bad gateway</html>"), "remote"),
            (answer(404, b"<html>Nothing here</html>"), "protocol"),
            (answer(200, b"<html>Welcome</html>"), "protocol"),
            (answer(307, Location="http://127.0.0.1:1/"), "protocol"),
            (error(400, "SomethingNobodyHeardOf"), "protocol"),
        ],
    )
    def test_what_an_answer_means(self, said, code):
        report, stub = against(GET=said)
        failed(report, code, FIND)
        assert stub.methods == ["GET"]

    @pytest.mark.parametrize(
        ("said", "code"),
        [
            (answer(403), "forbidden"),
            (error(403, "AuthorizationPermissionMismatch"), "forbidden"),
            (error(409, "AccountLimitExceeded"), "quota"),
            (answer(200), "protocol"),
        ],
    )
    def test_what_an_answer_to_the_write_means(self, said, code):
        report, _ = against(PUT=said)
        failed(report, code, WRITE)

    def test_a_write_that_failed_in_the_service_is_removed_to_be_safe(self):
        report, stub = against(PUT=answer(500))
        failed(report, "remote", WRITE)
        assert stub.methods == ["GET", "PUT", "DELETE"]
        assert "removed to be safe" in report.steps[-1]["message"]

    def test_a_write_that_hangs_is_removed_when_the_time_is_up(self):
        report, stub = against(limit=0.5, PUT=HANG)
        assert report.code == "timeout"
        assert stub.methods == ["GET", "PUT", "DELETE"]

    def test_a_removal_that_hangs_ends_and_says_what_is_left(self, monkeypatch):
        monkeypatch.setattr("connectors.probes.undoing.LIMIT", 0.3)
        report, _ = against(DELETE=HANG)
        assert "may still be there" in failed(report, "timeout", REMOVE)

    @pytest.mark.parametrize(
        ("said", "code"),
        [
            (error(403, "AuthorizationPermissionMismatch"), "forbidden"),
            (error(409, "BlobImmutableDueToPolicy"), "forbidden"),
            (answer(500), "remote"),
        ],
    )
    def test_what_an_answer_to_the_removal_means(self, said, code):
        report, _ = against(DELETE=said)
        assert "may still be there" in failed(report, code, REMOVE)

    def test_a_blob_that_is_gone_already_is_removed(self):
        report, _ = against(DELETE=error(404, "BlobNotFound"))
        passed(report)

    @pytest.mark.parametrize("hang_up", [True, False])
    def test_a_server_that_says_nothing(self, hang_up):
        async def visit():
            async with listening(lambda: Peer(hang_up=hang_up)) as port:
                where = {"account": ACCOUNT, "container": "data", "endpoint": f"http://127.0.0.1:{port}"}
                return await checks.check(AZURE, where, {"sas_token": container_sas("data")}, 0.5)

        failed(asyncio.run(visit()), "protocol" if hang_up else "timeout", FIND)


class TestFields:
    CONFIG = {"account": "landfall", "container": "data"}
    TOKEN = "sv=2021-12-02&sr=c&sp=rwdl&sig=c2lnbmF0dXJl%3D"

    def test_what_is_left_out_has_the_defaults_of_the_public_cloud(self):
        config, _ = AZURE.clean(self.CONFIG, {"sas_token": self.TOKEN})
        assert config == self.CONFIG | {"storage_endpoint_suffix": "core.windows.net"}
        assert AZURE.host(config) == "landfall.blob.core.windows.net"
        assert AZURE.target(config) == "data in landfall"

    def test_other_clouds_have_another_suffix(self):
        config, _ = AZURE.clean(
            self.CONFIG | {"storage_endpoint_suffix": "core.usgovcloudapi.net"}, {"sas_token": self.TOKEN}
        )
        assert AZURE.host(config) == "landfall.blob.core.usgovcloudapi.net"

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("account", "ab"),
            ("account", "a" * 25),
            ("account", "Landfall"),
            ("account", "land-fall"),
            ("account", "evil.example.com/"),
            ("container", "ab"),
            ("container", "a" * 64),
            ("container", "Data"),
            ("container", "a--b"),
            ("container", "-ab"),
            ("container", "a/b"),
            ("storage_endpoint_suffix", "blob.core.windows.net"),
            ("storage_endpoint_suffix", "https://core.windows.net"),
            ("storage_endpoint_suffix", "core.windows.net/path"),
            ("storage_endpoint_suffix", "windows"),
            ("endpoint", "https://landfall.blob.core.windows.net?sig=x"),
            ("endpoint", "ftp://landfall.blob.core.windows.net"),
        ],
    )
    def test_what_cannot_be_is_refused(self, name, value):
        with pytest.raises(Invalid) as caught:
            AZURE.clean(self.CONFIG | {name: value}, {"sas_token": self.TOKEN})
        assert [(one.path, one.code) for one in caught.value.problems] == [(f"config.{name}", "pattern")]

    @pytest.mark.parametrize(
        "token",
        [
            f"https://landfall.blob.core.windows.net/data?{TOKEN}",
            "sv=2021-12-02&sr=c&sp=rwdl",
            "sv=2021-12-02&sig=",
            "the account key==",
            f"{TOKEN}\nsv=1",
            f"{TOKEN}#x",
            f"{TOKEN}ü",
        ],
    )
    def test_what_is_no_token_is_refused_and_not_repeated(self, token):
        with pytest.raises(Invalid) as caught:
            AZURE.clean(self.CONFIG, {"sas_token": token})
        [problem] = caught.value.problems
        assert (problem.path, problem.code) == ("credentials.sas_token", "pattern")
        assert token not in problem.message

    def test_the_token_is_kept_as_sent_and_not_shown(self):
        _, credentials = AZURE.clean(self.CONFIG, {"sas_token": f"?{self.TOKEN}"})
        assert credentials == {"sas_token": f"?{self.TOKEN}"}
        assert AZURE.mask(credentials) == {"sas_token": "********"}


def test_the_effect_says_what_is_written():
    assert ".landfall-check-" in AZURE.effect
