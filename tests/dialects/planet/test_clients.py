"""Planet's own SDK and CLI, unmodified, against a live server; every answer by the SDK's own models."""

import asyncio
import json
import os
import shlex
import subprocess
from contextlib import ExitStack, asynccontextmanager, closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.contrib.auth.models import User
from planet import Auth, Planet, Session, exceptions
from planet.cli import cli
from planet.clients.destinations import DestinationsClient
from planet.types.destinations import Destination, DestinationsResponse

from connectors.types import aws_s3
from tenants.models import Role
from tests.dialects.planet.client import REDACTED
from tests.dialects.planet.storages import TYPES
from tests.factories import make_key, make_tenant
from tests.servers.process import require
from tests.servers.s3 import READER, WRITER

UPDATES = {
    "amazon_s3": {"aws_access_key_id": WRITER.access_key_id, "aws_secret_access_key": WRITER.secret_access_key},
    "oracle_cloud_storage": {
        "customer_access_key_id": WRITER.access_key_id,
        "customer_secret_key": WRITER.secret_access_key,
    },
    "s3_compatible": WRITER.credentials,
}
SHORT = {
    "amazon_s3": "s3",
    "azure_blob_storage": "azure",
    "google_cloud_storage": "gcs",
    "oracle_cloud_storage": "ocs",
    "s3_compatible": "s3-compatible",
}
# What the CLI calls a parameter where it does not call it by its name.
OPTIONS = {
    "aws_region": "region",
    "aws_access_key_id": "access-key-id",
    "aws_secret_access_key": "secret-access-key",
    "customer_access_key_id": "access-key-id",
    "customer_secret_key": "secret-access-key",
}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Nothing of whoever runs the tests; the SDK keeps its profiles there."""
    for name in [name for name in os.environ if name.startswith("PL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def organisation(transactional_db):
    return make_tenant("acme")


@pytest.fixture
def key(organisation):
    return make_key(organisation, Role.EDITOR, user=User.objects.create_user("olga"))


@pytest.fixture
def member(organisation):
    return make_key(organisation, Role.EDITOR, user=User.objects.create_user("mel"))


@pytest.fixture
def base(live_server):
    return f"{live_server.url}/planet"


@pytest.fixture
def no_waits(monkeypatch):
    """Fails when the client is about to send a request again; it would wait for up to a minute in all."""

    def wait(*_args):
        pytest.fail("The client tries again.")

    monkeypatch.setattr("planet.http.Session._calculate_wait", wait)


class Sync:
    """The blocking SDK."""

    def __init__(self, base, key):
        self.session = Session(auth=Auth.from_key(key))
        self.api = Planet(session=self.session, base_url=base).destinations

    def __call__(self, method, *args, **kwargs):
        return getattr(self.api, method)(*args, **kwargs)

    def close(self):
        """The SDK itself leaves its connections and its loop to the end of the process."""
        self.session._call_sync(self.session.aclose())
        loop = self.session._loop
        loop.call_soon_threadsafe(loop.stop)
        self.session._loop_thread.join(10)
        loop.close()


class Async:
    """The same calls of the SDK that does not block."""

    def __init__(self, base, key, auth=None):
        self.base, self.auth = base, auth or Auth.from_key(key)

    @asynccontextmanager
    async def client(self):
        async with Session(auth=self.auth) as session:
            yield DestinationsClient(session, base_url=f"{self.base}/destinations/v1")

    def __call__(self, method, *args, **kwargs):
        async def call():
            async with self.client() as client:
                return await getattr(client, method)(*args, **kwargs)

        return asyncio.run(call())

    def close(self):
        """Nothing is left open."""


@pytest.fixture(params=[Sync, Async])
def open_client(request, base):
    """Either SDK, for a key."""
    with ExitStack() as stack:
        yield lambda key: stack.enter_context(closing(request.param(base, key)))


@pytest.fixture
def client(open_client, no_waits):
    """That is, one that does not try again."""
    return open_client


@pytest.fixture
def sdk(client, key):
    return client(key)


def one(answer):
    """A destination that the SDK's model takes."""
    Destination.model_validate(answer)
    return answer


def names(answer):
    return [one.name for one in DestinationsResponse.model_validate(answer).destinations]


class TestSdk:
    @pytest.mark.parametrize("type_", TYPES)
    def test_a_destination_of_each_type_from_creation_to_the_archive(self, sdk, storages, type_):
        body = storages.body(type_, "mine")
        made = one(sdk("create_destination", body))
        assert one(sdk("get_destination", made["id"])) == made
        assert names(sdk("list_destinations")) == ["mine"]
        secret = next(key for key, value in made["parameters"].items() if value == REDACTED)
        rotated = one(sdk("patch_destination", made["pl:ref"], {"parameters": patch(body)}))
        assert rotated["parameters"][secret] == REDACTED
        renamed = one(sdk("patch_destination", made["id"], {"name": "new name"}))
        assert renamed["pl:ref"].startswith("pl:destinations/new-name-")
        archived = one(sdk("patch_destination", made["id"], {"archive": True}))
        assert archived["archived"]
        assert names(sdk("list_destinations")) == []
        assert one(sdk("patch_destination", renamed["pl:ref"], {"archive": False}))["archived"] is None

    def test_every_filter(self, sdk, client, storages, member):
        mine = sdk("create_destination", storages.body("s3_compatible", "mine"))
        client(member)("create_destination", storages.body("s3_compatible", "his"))
        gone = sdk("create_destination", storages.body("s3_compatible", "gone"))
        sdk("patch_destination", gone["id"], {"archive": True})
        sdk("set_default_destination", mine["id"])
        for name in ("is_owner", "can_write", "is_default"):
            assert names(sdk("list_destinations", **{name: True})) == ["mine"]
            assert names(sdk("list_destinations", **{name: False})) == ["his"]
        assert names(sdk("list_destinations", archived=True)) == ["gone"]
        assert names(sdk("list_destinations", archived=False)) == names(sdk("list_destinations")) == ["his", "mine"]

    def test_the_default(self, sdk, storages):
        made = sdk("create_destination", storages.body("s3_compatible"))
        for ref in (made["id"], made["pl:ref"]):
            assert one(sdk("set_default_destination", ref)) == made | {"default": True}
        assert one(sdk("get_default_destination"))["id"] == made["id"]
        assert one(sdk("get_destination", "pl:destinations/default"))["id"] == made["id"]
        assert sdk("unset_default_destination") is None
        with pytest.raises(exceptions.MissingResource):
            sdk("get_default_destination")


def patch(body):
    """What a patch of the type takes, of a create request."""
    allowed = ("key", "token", "credentials", "explicit", "style")
    given = {key: value for key, value in body["parameters"].items() if any(word in key for word in allowed)}
    return given | UPDATES.get(body["type"], {})


class TestErrors:
    """Each class of error the SDK has a status for, raised at once: nothing is sent twice but after 429 and 502."""

    def test_bad_query(self, sdk, storages):
        with pytest.raises(exceptions.BadQuery, match='"code": 400'):
            sdk("create_destination", {"type": "ftp", "parameters": {}})
        with pytest.raises(exceptions.BadQuery, match="may not write"):
            sdk("create_destination", storages.body("s3_compatible", **READER.credentials))

    def test_invalid_key(self, client, organisation):
        with pytest.raises(exceptions.InvalidAPIKey, match='"code": 401'):
            client("unknown")("list_destinations")

    def test_no_permission(self, sdk, client, storages, member):
        made = sdk("create_destination", storages.body("s3_compatible"))
        sdk("set_default_destination", made["id"])
        other = client(member)
        for call in (
            ("patch_destination", made["id"], {"archive": True}),
            ("set_default_destination", made["id"]),
            ("unset_default_destination",),
        ):
            with pytest.raises(exceptions.NoPermission, match='"code": 403'):
                other(*call)

    def test_missing(self, sdk):
        for call in (("get_destination", "x"), ("patch_destination", "x", {"archive": True})):
            with pytest.raises(exceptions.MissingResource, match='"code": 404'):
                sdk(*call)

    def test_conflict(self, sdk, storages):
        sdk("create_destination", storages.body("s3_compatible", "mine"))
        with pytest.raises(exceptions.Conflict, match='"code": 409'):
            sdk("create_destination", storages.body("s3_compatible", "mine"))

    def test_server_error(self, sdk, monkeypatch, caplog):
        caplog.set_level(100)
        monkeypatch.setattr("destinations.dialects.planet.listing.asked", None)
        with pytest.raises(exceptions.ServerError, match='"code": 500'):
            sdk("list_destinations")

    def test_a_fault_of_the_check_is_one_of_the_server(self, sdk, storages, monkeypatch, caplog):
        caplog.set_level(100)
        monkeypatch.setattr(aws_s3, "_bucket", None)
        with pytest.raises(exceptions.ServerError, match='"code": 500'):
            sdk("create_destination", storages.body("amazon_s3"))

    def test_any_other(self, sdk, storages):
        body = storages.body("s3_compatible", "x" * 2**20)
        with pytest.raises(exceptions.APIError, match='"code": 413'):
            sdk("create_destination", body)


def test_too_many_requests_wait_and_come_through(open_client, key, settings, monkeypatch):
    """The one thing that the client tries again on purpose; how long it waits is not for the test to bear."""
    settings.PLANET_RATE = 1
    waits = []

    def wait(_self, number, _maximum):
        waits.append(number)
        settings.PLANET_RATE = 0
        return 0.01

    monkeypatch.setattr("planet.http.Session._calculate_wait", wait)
    sdk = open_client(key)
    for _ in range(30):  # more than two whole windows take
        sdk("list_destinations")
    assert waits == [1]


class TestSignIn:
    def profile(self, home, **values):
        folder = home / ".planet" / "mine"
        folder.mkdir(parents=True)
        (folder / "auth_client.json").write_text(json.dumps(values))
        return Auth.from_profile("mine", save_state_to_storage=False)

    def test_a_bearer(self, home, base, key):
        auth = self.profile(home, client_type="static_apikey", api_key=key, bearer_token_prefix="Bearer")
        assert names(Async(base, None, auth)("list_destinations")) == []

    def test_a_machine_signs_in_for_a_token(self, home, base, key):
        auth = self.profile(
            home,
            client_type="oidc_client_credentials_secret",
            auth_server=f"{base}/oauth",
            client_id=key[:12],
            client_secret=key,
            scopes=[],
            audiences=["https://api.planet.com"],
        )
        assert names(Async(base, None, auth)("list_destinations")) == []

    def test_nobody(self, home, base, organisation, no_waits):
        auth = self.profile(home, client_type="none")
        with pytest.raises(exceptions.InvalidAPIKey):
            Async(base, None, auth)("list_destinations")


class TestCli:
    @pytest.fixture
    def run(self, base, key, no_waits):
        """Runs `planet destinations` in this process, and gives what it prints, read."""

        def run(*words, exit_code=0, api_key=key):
            command = ["destinations", "--base-url", f"{base}/destinations/v1", *words]
            result = CliRunner().invoke(cli.main, ["--auth-api-key", api_key, *command])
            assert result.exit_code == exit_code, result.output
            return json.loads(result.stdout) if exit_code == 0 else result.stderr

        return run

    @staticmethod
    def options(parameters):
        words = []
        for key, value in parameters.items():
            name = f"--{OPTIONS.get(key, key).replace('_', '-')}"
            words += [name] if value is True else [name, value]
        return words

    @pytest.mark.parametrize("type_", TYPES)
    def test_every_command_for_each_type(self, run, storages, type_):
        more: dict[str, dict[str, object]] = {
            "amazon_s3": {"explicit_sse": True},
            "azure_blob_storage": {"storage_endpoint_suffix": "core.x.de"},
        }
        body = storages.body(type_, **more.get(type_, {}))
        made = one(run("create", SHORT[type_], *self.options(body["parameters"]), "--name", "mine"))
        for key in more.get(type_, {}):
            assert made["parameters"][key] == body["parameters"][key]
        assert run("get", made["id"]) == made
        assert names(run("list")) == ["mine"]
        assert one(run("update", SHORT[type_], made["id"], *self.options(patch(body))))["id"] == made["id"]
        assert run("rename", made["id"], "new name")["name"] == "new name"
        assert run("default", "set", made["id"])["default"] is True
        assert run("default", "get")["name"] == "new name"
        assert run("default", "unset") is None
        assert run("archive", made["id"])["archived"]
        assert names(run("list", "--archived", "true")) == ["new name"]
        assert run("unarchive", made["id"])["archived"] is None

    def test_without_a_name(self, run, storages):
        body = storages.body("s3_compatible")
        words = self.options(body["parameters"])
        assert run("create", "s3-compatible", *words, "--pretty")["name"] == body["parameters"]["bucket"]

    @pytest.mark.parametrize("name", ["is-owner", "can-write", "is-default", "archived"])
    def test_filters(self, run, storages, name):
        run("create", "s3-compatible", *self.options(storages.body("s3_compatible")["parameters"]))
        found = {value: len(names(run("list", f"--{name}", value))) for value in ("true", "false")}
        assert sorted(found.values()) == [0, 1]

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (["get", "nope"], 'Failed to get destination: {"code": 404,'),
            (["archive", "nope"], 'Failed to patch destination: {"code": 404,'),
            (["default", "set", "nope"], 'Failed to set default destination: {"code": 400,'),
            (["default", "get"], 'Failed to get default destination: {"code": 404,'),
            (["default", "unset"], 'Failed to unset default destination: {"code": 404,'),
        ],
    )
    def test_refusals_are_one_line(self, run, words, told):
        error = run(*words, exit_code=1)
        assert told in error
        assert error.count("\n") == 1

    def test_a_key_that_is_none(self, run):
        assert '"code": 401' in run("list", exit_code=1, api_key="unknown")

    def test_the_program_itself(self, base, key, storages, home):
        """As a person runs it: a process, the key in the environment."""
        words = shlex.split(f"destinations --base-url {base}/destinations/v1/ create s3-compatible --name mine")
        words += self.options(storages.body("s3_compatible")["parameters"])
        env = {"HOME": str(home), "PATH": os.environ["PATH"], "PL_API_KEY": key}
        done = subprocess.run([require("planet"), *words], check=False, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert one(json.loads(done.stdout))["name"] == "mine"
        assert list(Path(home).glob("*.json")) == []
