"""What the environment and the home of whoever runs Landfall say about proxies, servers and keys is not for checks."""

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.egress.paths import typed
from tests.egress.watching import decoy
from tests.servers.http import garbage, listening

ROOT = Path(__file__).resolve().parents[2]
PATHS = [path.name for path in typed() if "encrypted" not in path.name and "SSH" not in path.name]
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "socks_proxy", "ws_proxy", "wss_proxy", "grpc_proxy")
OURS = "of-whoever-runs-landfall"


@pytest.fixture
def home(tmp_path):
    """Files that clients look for, each of which says that something else is to be connected to, or signed in with."""

    def write(name, *lines):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join([*lines, ""]))
        path.chmod(0o600)

    with decoy("127.0.0.1") as place:
        host, port = "127.0.0.1", place.port
        write(".netrc", f"default login {OURS} password {OURS}")
        write(".pgpass", f"*:*:*:*:{OURS}")
        write(".pg_service.conf", "[landfall]", f"hostaddr={host}", f"port={port}", f"user={OURS}")
        write(".my.cnf", "[client]", f"host={host}", f"port={port}", f"user={OURS}", f"password={OURS}")
        write(".aws/config", "[default]", f"endpoint_url = http://{host}:{port}", "region = eu-north-1")
        write(".aws/credentials", "[default]", f"aws_access_key_id = {OURS}", f"aws_secret_access_key = {OURS}")
        write(".ssh/config", "Host *", f"  ProxyCommand nc {host} {port}", f"  Hostname {host}", f"  Port {port}")
        yield tmp_path, place


@pytest.fixture
def environment(home):
    folder, place = home
    at = f"127.0.0.1:{place.port}"
    proxies = {spelt: f"http://{OURS}:{OURS}@{at}" for name in PROXIES for spelt in (name, name.upper())}
    return {
        **{name: value for name, value in os.environ.items() if name.lower() not in (*PROXIES, "no_proxy")},
        **proxies,
        "NO_PROXY": "", "no_proxy": "", "HOME": str(folder), "NETRC": str(folder / ".netrc"),
        "PGHOST": "127.0.0.1", "PGHOSTADDR": "127.0.0.1", "PGPORT": str(place.port), "PGUSER": OURS,
        "PGPASSWORD": OURS, "PGSERVICE": "landfall", "PGSERVICEFILE": str(folder / ".pg_service.conf"),
        "PGPASSFILE": str(folder / ".pgpass"), "PGOPTIONS": f"-c application_name={OURS}", "PGAPPNAME": OURS,
        "PGSSLROOTCERT": str(folder / ".pgpass"), "PGSSLCERT": str(folder / ".pgpass"), "PGSSLMODE": "require",
        "PGREQUIREAUTH": "none", "PGTARGETSESSIONATTRS": "read-only", "PGDATABASE": OURS,
        "MYSQL_HOST": "127.0.0.1", "MYSQL_TCP_PORT": str(place.port), "MYSQL_PWD": OURS,
        "AWS_ENDPOINT_URL": f"http://{at}", "AWS_ENDPOINT_URL_S3": f"http://{at}", "AWS_ACCESS_KEY_ID": OURS,
        "AWS_SECRET_ACCESS_KEY": OURS, "AWS_SESSION_TOKEN": OURS, "AWS_PROFILE": "default", "AWS_REGION": "eu-north-1",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{at}/", "AWS_EC2_METADATA_SERVICE_ENDPOINT": f"http://{at}/",
        "STORAGE_EMULATOR_HOST": f"http://{at}", "PUBSUB_EMULATOR_HOST": at, "BIGQUERY_EMULATOR_HOST": f"http://{at}",
        "GOOGLE_APPLICATION_CREDENTIALS": str(folder / ".netrc"), "GCE_METADATA_HOST": at,
        "AZURE_STORAGE_CONNECTION_STRING": f"BlobEndpoint=http://{at}/;", "IDENTITY_ENDPOINT": f"http://{at}/",
        "SSH_AUTH_SOCK": str(folder / "agent"), "SSLKEYLOGFILE": "",
        "DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": str(ROOT),
    }  # fmt: skip


def test_no_check_uses_what_is_there_for_others(home, environment):
    heard: dict[str, bytearray] = {name: bytearray() for name in PATHS}

    def told(name):
        def talk(handler):
            handler.request.settimeout(0.2)
            try:
                heard[name].extend(handler.request.recv(65536))
            finally:
                garbage(handler)

        return talk

    with ExitStack() as stack:
        servers = {name: stack.enter_context(listening(told(name))) for name in PATHS}
        ports = json.dumps({name: server.port for name, server in servers.items()})
        command = [sys.executable, str(ROOT / "tests" / "egress" / "everybody.py"), ports]
        output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=100)
        outcomes = json.loads(output.stdout)
    _, place = home
    assert place.visits() == 0
    assert [name for name in PATHS if outcomes[name] in {"passed", "unexpected", "refused"}] == []
    unseen = {name for name, server in servers.items() if not server.connections}
    assert unseen == set()
    assert [name for name, words in heard.items() if OURS.encode() in words] == []
    assert [name for name, words in heard.items() if b"http://" in words.split(b"\r\n")[0]] == []
    assert [name for name, words in heard.items() if b"Proxy-" in words or b"CONNECT " in words] == []


@pytest.mark.parametrize("sslmode", ["disable", "verify-full"])
def test_a_database_is_used_as_the_destination_says(postgres, environment, authority, sslmode):
    """All of the driver's variables are those of the installation's own database."""
    secure = {"ca_certificate": authority.pem} if sslmode == "verify-full" else {}
    program = f"""
import asyncio, django
django.setup()
from connectors import registry
from connectors.running import run
config = {{"host": "localhost", "port": {postgres.port}, "database": "postgres", "schema": "public"}}
config |= {{"sslmode": "{sslmode}", **{secure!r}}}
credentials = {{"username": {postgres.username!r}, "password": {postgres.password!r}}}
connector = registry.get("postgres")
print(asyncio.run(run(connector, *connector.clean(config, credentials), limit=30)))
"""
    command = [sys.executable, "-c", program]
    output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=60)
    assert output.stdout.startswith("Report(status='passed'"), output.stdout
