"""Who may open connections at all, by name: everybody else goes through `connectors.egress`."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("config", "connectors", "destinations", "tenants", "manage.py")

#: Modules that can connect, by themselves or for whoever uses them, or start what can.
CAN_CONNECT = (
    "aio_pika", "aiodns", "aiohappyeyeballs", "aiohttp", "aiokafka", "aiomysql", "aiormq", "amqp", "asyncore",
    "asyncpg", "asyncssh", "azure", "boto3", "botocore", "confluent_kafka", "django.core.mail", "ftplib", "google",
    "grpc", "http.client", "httpcore", "httpx", "imaplib", "kafka", "kombu", "multiprocessing.connection", "nntplib",
    "oracledb", "paramiko", "pika", "poplib", "psycopg", "psycopg2", "pycares", "pymongo", "pymysql", "pyodbc",
    "pytds", "redis", "requests", "requests_oauthlib", "smtplib", "snowflake", "socket", "socketserver", "socks",
    "subprocess", "telnetlib", "tornado", "urllib.request", "urllib3", "uvloop", "webbrowser", "websockets", "xmlrpc",
    "zmq",
)  # fmt: skip
#: Calls that connect, listen or look names up, on whatever object.
CONNECTS = (
    "connect", "connect_ex", "connect_start", "create_connection", "create_datagram_endpoint", "create_server",
    "create_unix_connection", "getaddrinfo", "gethostbyaddr", "gethostbyname", "gethostbyname_ex", "getnameinfo",
    "open_unix_connection", "sendmsg", "sendto", "sock_connect", "start_connection", "start_server",
    "start_unix_server", "urlopen",
)  # fmt: skip
#: Who imports such modules, and why that opens nothing unvetted.
IMPORTS = {
    "config/celery.py": ("kombu",),  # the installation's own broker
    "config/launch/gateway.py": ("socket",),  # the kind of what the web server hands it
    "config/launch/serving.py": (
        "http.client",
        "socket",
    ),  # the launcher, which asks its own web server whether it is up
    "config/launch/supervisor.py": ("subprocess",),  # the launcher, which starts the processes of Landfall itself
    "connectors/egress.py": ("aiohappyeyeballs", "socket"),  # the door
    "connectors/names.py": ("aiodns",),  # the look-up that the door vets
    "connectors/probes/http.py": ("aiohttp",),  # over a connector of its own that knows the door and no other way
    "connectors/probes/streams.py": ("socket",),  # takes over a socket
    "connectors/probes/amqp/checking.py": ("aiormq",),  # over streams from the door
    "connectors/probes/amqp/failures.py": ("aiormq",),  # exceptions
    "connectors/probes/aws/signing.py": ("botocore",),  # signs
    "connectors/probes/kafka/failures.py": ("aiokafka",),  # exceptions
    "connectors/probes/kafka/signing_in.py": ("aiokafka",),  # what to say, not to whom
    "connectors/probes/kafka/topics.py": ("aiokafka",),  # the form of messages
    "connectors/probes/kafka/wire.py": ("aiokafka",),  # the form of messages
    "connectors/probes/mysql/driver.py": ("aiomysql", "pymysql"),  # over streams from the door
    "connectors/probes/mysql/failures.py": ("pymysql",),  # exceptions
    "connectors/probes/postgres/checking.py": ("psycopg", "socket"),  # to an address that the door has connected to
    "connectors/probes/postgres/failures.py": ("psycopg",),  # exceptions
    "connectors/probes/ssh/carrying.py": ("asyncssh", "socket"),  # takes over a socket
    "connectors/probes/ssh/channels.py": ("asyncssh", "socket"),  # through a connection that is there
    "connectors/probes/ssh/client.py": ("asyncssh", "socket"),  # over a socket from the door
    "connectors/probes/ssh/faults.py": ("asyncssh",),  # exceptions
    "destinations/background.py": ("uvloop",),  # the loop
    "destinations/presence.py": ("socket",),  # the name of this machine
    "destinations/tasks.py": ("kombu",),  # exceptions
    "manage.py": ("subprocess",),  # which installs what Landfall needs
}
CALLS = {
    "config/celery.py": {"connect"},  # a signal
    "config/launch/preparing.py": {"connect"},  # to the file of the embedded broker
    "connectors/egress.py": {"create_connection", "create_unix_connection", "start_connection"},
    "connectors/names.py": {"getaddrinfo"},
    "connectors/probes/amqp/checking.py": {"connect"},
    "connectors/probes/postgres/checking.py": {"connect"},
    "connectors/probes/ssh/channels.py": {"create_server"},
    "connectors/probes/ssh/client.py": {"connect"},
}


def sources() -> Iterator[tuple[str, ast.AST]]:
    for package in PACKAGES:
        start = ROOT / package
        for path in [start] if start.is_file() else sorted(start.rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in {
            "__import__",
            "import_module",
        }:
            yield "by name"


def called(tree: ast.AST) -> Iterator[str]:
    """Also what is only named, to be called by others."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (
            node.attr in CONNECTS
            or (node.attr == "open_connection" and ast.unparse(node.value) == "asyncio")  # ours is called so, too
        ):
            yield node.attr


def modules(tree: ast.AST) -> set[str]:
    found = set(imported(tree))
    return {module for module in CAN_CONNECT for name in found if name == module or name.startswith(f"{module}.")} | (
        found & {"by name"}
    )


def test_nobody_else_imports_what_can_connect():
    found = {path: tuple(sorted(modules(tree))) for path, tree in sources()}
    assert {path: names for path, names in found.items() if names} == IMPORTS


def test_nobody_else_connects_listens_or_looks_up():
    found = {path: set(called(tree)) for path, tree in sources()}
    assert {path: names for path, names in found.items() if names} == CALLS
