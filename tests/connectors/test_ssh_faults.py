"""SSH servers that misbehave in ways that OpenSSH's cannot be brought to; and what a config may say of a tunnel."""

import asyncio
import logging
import subprocess
import sys
import time
from contextlib import asynccontextmanager

import asyncssh
import pytest

from config.paths import BASE_DIR
from connectors import egress
from connectors.identity import Identity
from connectors.probes.ssh import STEPS, client
from connectors.probes.ssh.server import FIELDS
from connectors.problems import Invalid
from connectors.types.databricks_delta import DatabricksDelta
from connectors.types.mssql import MsSQL
from connectors.types.mysql import MySQL
from connectors.types.panoply import Panoply
from connectors.types.postgres import Postgres
from connectors.types.redshift import Redshift
from tests.connectors.checks import Peer, against, check, failed, logged

POSTGRES = Postgres()
REACH, ENTER, OPEN = STEPS
IDENTITY = Identity.generate()
LOADER = {"username": "loader", "password": "the password of the loader"}
BASE = {"host": "db.internal", "database": "lake"}
TUNNELLED = [POSTGRES, Redshift(), MySQL(), MsSQL(), DatabricksDelta()]
by_type = pytest.mark.parametrize("connector", TUNNELLED, ids=[each.type for each in TUNNELLED])


@pytest.fixture(autouse=True)
def _the_key_is_not_logged(caplog):
    caplog.set_level(logging.DEBUG)
    asyncssh.set_debug_level(3)
    yield
    asyncssh.set_debug_level(1)
    assert not any(line in logged(caplog) for line in IDENTITY.private.splitlines())


def visiting(port, limit=10):
    config = {**BASE, "ssh_host": "127.0.0.1", "ssh_port": port, "ssh_user": "tunneller"}
    return check(POSTGRES, config, LOADER, limit=limit, identity=IDENTITY)


class Server(asyncssh.SSHServer):
    """Lets everyone in with whatever key, and opens no tunnel."""

    def connection_made(self, conn):
        self.connection = conn

    def begin_auth(self, username):
        return True

    def public_key_auth_supported(self):
        return True

    def validate_public_key(self, username, key):
        return True

    def connection_requested(self, dest_host, dest_port, orig_host, orig_port):
        return False


@asynccontextmanager
async def serving(server, **options):
    key = asyncssh.generate_private_key("ssh-ed25519")
    listener = await asyncssh.listen("127.0.0.1", 0, server_factory=server, server_host_keys=[key], **options)
    try:
        yield listener.get_port()
    finally:
        listener.close()
        for connection in list(listener.connections()) if hasattr(listener, "connections") else ():
            connection.abort()
        await listener.wait_closed()


def report_of(server, limit=10, **options):
    async def both():
        async with serving(server, **options) as port:
            started = time.monotonic()
            report = await visiting(port, limit)
            assert time.monotonic() - started < limit + 2
            return report

    return asyncio.run(both())


@pytest.mark.parametrize(
    ("peer", "code"),
    [
        (lambda: Peer(b"HTTP/1.1 400 Bad Request\r\n\r\n", hang_up=True), "protocol"),
        (lambda: Peer(b"\x00" * 64, hang_up=True), "protocol"),
        (lambda: Peer(b"\xff" * 20_000), "protocol"),
        (lambda: Peer(b"SSH-1.5-museum\r\n"), "protocol"),
        (lambda: Peer(b"SSH-2.0-liar\r\n\x00\x00\x00\x0cgarbage garbage garbage"), "protocol"),
        (lambda: Peer(b"SSH-2.0-liar\r\n\xff\xff\xff\xffgarbage garbage garbage"), "protocol"),
        (lambda: Peer(hang_up=True), "protocol"),
        (lambda: Peer(hang_up=True, after=False), "protocol"),
        (lambda: Peer(b"SSH-2.0-busy\r\n", hang_up=True), "remote"),
    ],
    ids=["http", "zeros", "no line", "version 1", "no packet", "huge packet", "hangs up", "at once", "after greeting"],
)
def test_what_is_not_an_ssh_server_is_told_apart(peer, code):
    failed(against(peer, visiting), code, REACH)


def test_a_silent_server_ends_in_a_timeout():
    started = time.monotonic()
    failed(against(Peer, lambda port: visiting(port, 1)), "timeout", REACH)
    assert time.monotonic() - started < 3


def test_a_silent_server_is_given_up_before_the_outer_limit(monkeypatch):
    monkeypatch.setattr(client, "GREETING_LIMIT", 0.2)
    assert "said nothing" in failed(against(Peer, visiting), "timeout", REACH)


def test_a_server_that_never_decides_who_may_enter_ends_in_a_timeout(monkeypatch):
    class Undecided(Server):
        async def validate_public_key(self, username, key):
            await asyncio.sleep(60)

    monkeypatch.setattr(client, "SIGN_IN_LIMIT", 0.5)
    assert "sign-in" in failed(report_of(Undecided), "timeout", ENTER)


def test_a_server_that_is_full_says_so():
    class Full(Server):
        def begin_auth(self, username):
            self.connection.disconnect(asyncssh.DISC_TOO_MANY_CONNECTIONS, "full, the secret reason")
            return True

    text = failed(report_of(Full), "quota", REACH)
    assert "secret reason" not in text


def test_a_server_that_hangs_up_during_the_sign_in_is_told():
    class Rude(Server):
        def validate_public_key(self, username, key):
            self.connection.abort()
            return True

    failed(report_of(Rude), "remote", ENTER)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, "forbidden"),
        (asyncssh.OPEN_CONNECT_FAILED, "refused"),
        (asyncssh.OPEN_UNKNOWN_CHANNEL_TYPE, "forbidden"),
        (asyncssh.OPEN_RESOURCE_SHORTAGE, "quota"),
        (99, "forbidden"),
    ],
)
def test_why_no_tunnel_is_opened_is_understood_by_its_number(number, code):
    class Closed(Server):
        def connection_requested(self, dest_host, dest_port, orig_host, orig_port):
            raise asyncssh.ChannelOpenError(number, "a text that nobody vetted")

    assert "vetted" not in failed(report_of(Closed), code, OPEN)


def test_a_tunnel_that_is_never_answered_ends_in_a_timeout(monkeypatch):
    class Slow(Server):
        async def _never(self, *_):
            await asyncio.sleep(60)

        def connection_requested(self, dest_host, dest_port, orig_host, orig_port):
            return self._never()

    monkeypatch.setattr(egress, "CONNECT_LIMIT", 0.5)
    assert "db.internal:5432" in failed(report_of(Slow), "timeout", OPEN)


def test_a_server_that_goes_away_when_the_tunnel_is_opened_is_told():
    class Gone(Server):
        def connection_requested(self, dest_host, dest_port, orig_host, orig_port):
            self.connection.abort()
            return False

    failed(report_of(Gone), "remote", OPEN)


@pytest.mark.parametrize("mode", ["verify-full", "disable"])
def test_a_server_that_goes_away_in_the_middle_ends_the_check(mode):
    """It plays the database too, and dies at its first word."""

    class Dying(Server):
        def connection_requested(self, dest_host, dest_port, orig_host, orig_port):
            async def talk(reader, writer):
                await reader.read(1)
                self.connection.abort()

            return talk

    async def both():
        async with serving(Dying) as port:
            config = {**BASE, "sslmode": mode, "ssh_host": "127.0.0.1", "ssh_port": port, "ssh_user": "tunneller"}
            return await check(POSTGRES, config, LOADER, identity=IDENTITY)

    failed(asyncio.run(both()), "remote", "tls" if mode == "verify-full" else "sign in")


def test_a_host_that_is_no_name_is_refused_as_ever():
    async def both():
        async with serving(Server) as port:
            config = {"ssh_host": "127.0.0.1", "ssh_port": port, "ssh_user": "tunneller", **BASE, "host": "0x7f.1"}
            return await check(POSTGRES, config, LOADER, identity=IDENTITY)

    failed(asyncio.run(both()), "blocked", OPEN)


def problems(connector, changes):
    config, credentials = valid(connector)
    with pytest.raises(Invalid) as caught:
        connector.clean({**config, **changes}, credentials)
    return {problem.path: problem.code for problem in caught.value.problems}


def valid(connector):
    if isinstance(connector, DatabricksDelta):
        return {"host": "dbc.example.com", "http_path": "/sql/1.0/warehouses/abc"}, {"token": "dapi-a-token"}
    return BASE, LOADER


ALL = {"ssh_host": "bastion.example.com", "ssh_port": 2222, "ssh_user": "tunneller", "ssh_host_key": IDENTITY.public}


@by_type
def test_a_tunnel_may_be_described_whole_or_not_at_all(connector):
    config, credentials = valid(connector)
    assert not any(name.startswith("ssh_") for name in connector.clean(config, credentials)[0])
    whole, _ = connector.clean({**config, **ALL}, credentials)
    assert ALL.items() <= whole.items()
    for given in ({"ssh_user": "a"}, {"ssh_port": 22}, {"ssh_host_key": IDENTITY.public}):
        assert problems(connector, given)["config.ssh_host"] == "required"
    for alone in ({"ssh_host": "a.example.com"}, {"ssh_host": "a.example.com", "ssh_port": 22}):
        assert problems(connector, alone) == {"config.ssh_user": "required"}


@by_type
def test_the_fields_of_a_tunnel_come_last(connector):
    assert tuple(connector.config.fields)[-4:] == FIELDS


@by_type
def test_a_destination_beyond_a_tunnel_is_known_by_where_that_begins(connector):
    config, credentials = valid(connector)
    straight, _ = connector.clean(config, credentials)
    tunnelled, _ = connector.clean({**config, **ALL}, credentials)
    assert connector.host(straight) == config["host"]
    assert connector.host(tunnelled) == "bastion.example.com"
    assert connector.target(tunnelled) == f"{connector.target(straight)} through bastion.example.com"


def test_the_library_is_not_loaded_before_it_is_needed():
    program = "import sys; import connectors.registry; print(*sys.modules)"
    environment = {"DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": str(BASE_DIR)}
    command = [sys.executable, "-c", program]
    loaded = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.split()
    assert "connectors.probes.ssh" in loaded
    assert "asyncssh" not in loaded


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ssh_user", "two words"),
        ("ssh_user", "nul\0"),
        ("ssh_port", 0),
        ("ssh_host", "https://bastion.example.com"),
        ("ssh_host_key", "SHA256:AAAA"),
        ("ssh_host_key", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5"),
        ("ssh_host_key", "ssh-ed25519 !!!!"),
        # Named, because a new key in each process would make each one's tests others.
        pytest.param("ssh_host_key", IDENTITY.private.strip(), id="a private key"),
        pytest.param("ssh_host_key", f"{IDENTITY.public}\n{IDENTITY.public}", id="two keys"),
    ],
)
def test_what_cannot_be_is_refused(field, value):
    assert list(problems(POSTGRES, {**ALL, field: value})) == [f"config.{field}"]


def test_the_port_is_the_usual_one_when_left_out(monkeypatch):
    asked = []

    async def remember(host, port):
        asked.append((host, port))
        raise OSError

    monkeypatch.setattr(egress, "open_socket", remember)
    config = {**BASE, "ssh_host": "bastion.example.com", "ssh_user": "tunneller"}
    asyncio.run(check(POSTGRES, config, LOADER, identity=IDENTITY))
    assert asked == [("bastion.example.com", 22)]


def test_panoply_has_no_tunnel():
    assert problems(Panoply(), {"ssh_host": "a.example.com"}) == {"config.ssh_host": "unknown"}
    assert not set(STEPS) & set(Panoply().steps)


def test_a_key_pair_is_one_that_openssh_takes():
    key = asyncssh.import_private_key(IDENTITY.private)
    public = asyncssh.import_public_key(IDENTITY.public)
    assert (key.get_algorithm(), key.public_data) == ("ssh-ed25519", public.public_data)
    assert IDENTITY.public.endswith(" landfall")
    assert IDENTITY.private not in repr(IDENTITY)
    assert Identity.generate().public != IDENTITY.public
