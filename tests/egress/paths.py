"""Every way in which something that a tenant says, or that a server says to us, makes Landfall connect."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from connectors import registry, strategies
from connectors.base import Connector
from connectors.identity import Identity
from connectors.probes import entra
from connectors.probes.blob import Sas
from connectors.probes.google import account, tokens
from connectors.probes.ssh import Tunnelled
from connectors.probes.synapse import Storage, staging
from connectors.problems import CheckFailed, Invalid
from connectors.running import run
from connectors.steps import Steps
from connectors.strategies import Attached
from tests.connectors.examples import EXAMPLES, PRIVATE_KEY, secured
from tests.egress.watching import ALLOWED
from tests.servers.kafka import Front
from tests.servers.tds import SqlServer

LIMIT = 5.0  # seconds, which only a check that got somewhere takes
TENANT = CLIENT = "01234567-89ab-cdef-0123-456789abcdef"
IDENTITY = Identity.generate()

Visit = Callable[[str, int], Awaitable[str]]


@dataclass(frozen=True)
class Path:
    """`visit` makes Landfall connect to a host and a port; how that ended is a code of the outcomes of checks, “passed”
    if it went well, or “refused” if the input was not taken.
    """

    name: str
    visit: Visit
    #: Whether people type the host, rather than that it stands in the program or in a setting.
    typed: bool = True


async def checked(connector: Connector, config: Mapping[str, Any], credentials: Mapping[str, Any], **more: Any) -> str:
    try:
        cleaned = connector.clean({name: value for name, value in config.items() if value is not None}, credentials)
    except Invalid:
        return "refused"
    report = await run(connector, *cleaned, limit=LIMIT, **more)
    return report.code or report.status


async def ended(work: Awaitable[object]) -> str:
    try:
        await work
    except CheckFailed as failure:
        return failure.code
    return "passed"


def typed() -> Iterator[Path]:
    """Where a host is a part of what a destination is made of, or of what shared credentials are."""
    for connector in registry.every():
        free = not EXAMPLES[connector.type].address
        yield Path(connector.type, _of(connector, lambda changes: changes), free)
        if _has_both(connector):
            yield Path(f"{connector.type}, encrypted", _of(connector, secured), free)
        if isinstance(connector, Tunnelled) and connector._has_tunnels:
            yield Path(f"{connector.type}, SSH host", _tunnelled(connector))
    yield Path("webhook, signed", _signed)
    yield Path("oauth2, token URL", _token_url("oauth2", {}, {"client_secret": "s"}))
    yield Path(
        "smart_backend, token URL", _token_url("smart_backend", {"client_id": "c"}, {"private_key": PRIVATE_KEY})
    )


def built() -> Iterator[Path]:
    """Where a host is put together of parts that are checked, and what if it were not."""
    yield Path("Entra's sign-in", _entra, False)
    yield Path("Google's sign-in", _google, False)
    yield Path("Synapse's storage, with its key", _storage(staging.sign_in), False)
    yield Path("Synapse's storage, with the SAS URL", _storage(staging.write_and_remove), False)


def as_they_are() -> Iterator[Path]:
    """Complete destinations, most of them in clouds, whose names a name server lies about."""
    for connector in registry.every():
        yield Path(connector.type, _unchanged(connector))


def _has_both(connector: Connector) -> bool:
    example = EXAMPLES[connector.type]
    changes = example.at("host", 1)
    return bool(example.address) or secured(changes) != changes


def _of(connector: Connector, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Visit:
    example = EXAMPLES[connector.type]
    encrypted = change is secured

    async def visit(host: str, port: int) -> str:
        with example.moved(host, port, encrypted=encrypted):
            config = example.config | change(example.at(host, port))
            return await checked(connector, config, example.credentials)

    return visit


def _tunnelled(connector: Connector) -> Visit:
    example = EXAMPLES[connector.type]

    async def visit(host: str, port: int) -> str:
        config = example.config | {"ssh_host": host, "ssh_port": port, "ssh_user": "landfall"}
        return await checked(connector, config, example.credentials, identity=IDENTITY)

    return visit


def _unchanged(connector: Connector) -> Visit:
    async def visit(host: str, port: int) -> str:
        example = EXAMPLES[connector.type]
        # One that names an address needs no name server.
        config = example.config | ({"bootstrap_servers": "kafka.example.com:9093"} if connector.type == "kafka" else {})
        return await checked(connector, config, example.credentials)

    return visit


async def _signed(host: str, port: int) -> str:
    url = {"url": f"http://{host}:{port}/"}
    return await checked(registry.get("webhook"), url, {"secret": EXAMPLES["webhook"].credentials["secret"]})


def _token_url(name: str, properties: Mapping[str, Any], secrets: Mapping[str, Any]) -> Visit:
    strategy = strategies.get(name)

    async def visit(host: str, port: int) -> str:
        try:
            given = strategy.clean({"token_url": f"http://{host}:{port}/token", **properties}, secrets)
        except Invalid:
            return "refused"
        return await checked(
            registry.get("webhook"),
            {"url": f"http://{ALLOWED}:1/"},
            {"secret": "s"},
            attached=Attached(strategy, *given),
        )

    return visit


async def _entra(host: str, port: int) -> str:
    principal = entra.ServicePrincipal(TENANT, CLIENT, "secret")
    with patch.dict(entra.CLOUDS, {"core.windows.net": f"http://{host}:{port}"}):
        return await ended(entra.token(principal, "core.windows.net", "https://storage.azure.com/.default", "It must."))


async def _google(host: str, port: int) -> str:
    url = f"http://{host}:{port}/token"
    steps = Steps(("resolve", "connect", "tls"))
    who = account.ServiceAccount("l@p.example", PRIVATE_KEY, url, "")
    with patch.object(account, "TOKEN_URIS", (url,)):
        return await ended(tokens.token(who, "https://www.googleapis.com/auth/bigquery", steps))


def _storage(use: Callable[[Storage], Awaitable[None]]) -> Visit:
    async def visit(host: str, port: int) -> str:
        sas = Sas.of("sv=2024-11-04&ss=b&srt=sco&sp=rwdlac&se=2999-12-31T00:00Z&sig=c2lnbmF0dXJl")
        return await ended(use(Storage(f"http://{host}:{port}", "landfall", "", sas, "a2V5")))

    return visit


def advertised(front: Front) -> Path:
    """A cluster at an allowed address that says that its broker is elsewhere."""
    at = {"bootstrap_servers": f"{ALLOWED}:{front.port}", "topic": "events", "tls": False, "sasl_mechanism": "none"}

    async def visit(host: str, port: int) -> str:
        front.leaders = ((host, port),)
        return await checked(registry.get("kafka"), at, {})

    return Path("kafka, advertised broker", visit)


def sent_on(server: SqlServer) -> Path:
    """A gateway at an allowed address that sends its clients elsewhere."""
    at = {"host": ALLOWED, "port": server.port, "database": "lake", "schema": "dbo", "sslmode": "disable"}

    async def visit(host: str, port: int) -> str:
        server.route = (host, port)
        return await checked(registry.get("mssql"), at, {"username": "loader", "password": "password"})

    return Path("mssql, the next server", visit)
