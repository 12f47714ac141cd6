"""Names whose address changes between two looks, and between a look and a connection."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from connectors import egress, names, registry
from connectors.problems import CheckFailed
from connectors.running import run as run_check
from tests.connectors.loops import run
from tests.connectors.s3_stub import stubbed
from tests.egress.paths import Path, typed
from tests.egress.watching import ALLOWED, HERE, Decoy, decoy, hearing
from tests.servers.dns import A
from tests.servers.http import Server, garbage, listening
from tests.servers.s3 import ADMIN

NAME = "rebinding.example"
TYPED = list(typed())


@pytest.fixture
def rebinding(dns, monkeypatch):
    """The first answer is an allowed address, all others are not; each look at it asks again."""
    monkeypatch.setattr(names, "KEEP", 0.0)
    dns.answers[NAME] = [[ALLOWED], [HERE[0], "::1"]]
    return dns


@contextmanager
def both() -> Iterator[tuple[Server, Decoy]]:
    """A server at the allowed address, and one port number where nobody may come at the others."""
    with ExitStack() as stack:
        while True:
            place = stack.enter_context(decoy())
            try:
                right = stack.enter_context(listening(garbage, host=ALLOWED, port=place.port))
                break
            except OSError:  # the number is taken there
                continue
        yield right, place


@pytest.mark.parametrize("path", TYPED, ids=lambda path: path.name)
def test_a_name_leads_to_the_address_that_was_vetted_or_nowhere(path: Path, rebinding):
    with both() as (right, place), hearing() as heard:
        first: str = run(path.visit(NAME, right.port))
        assert right.connections
        second: str = run(path.visit(NAME, right.port))
        assert (place.visits(), heard.beyond(ALLOWED)) == (0, [])
    assert first not in {"passed", "unexpected", "refused", "blocked"}
    assert second == "blocked"


def test_a_name_that_changes_between_two_requests_of_a_check(settings, rebinding):
    settings.EGRESS_ALLOW = ["127.0.0.1/32"]
    rebinding.answers[NAME] = [["127.0.0.1"], [ALLOWED]]

    async def visit():
        async with stubbed() as stub:
            with decoy(ALLOWED, port=stub.port) as place:
                connector = registry.get("aws_s3")
                config = {"bucket": "data", "region": "us-east-1", "endpoint": f"http://{NAME}:{stub.port}"}
                report = await run_check(connector, *connector.clean(config, ADMIN.credentials), limit=10)
                return report, stub.methods, place.visits()

    report, methods, visits = run(visit())
    assert (report.status, report.code, methods, visits) == ("failed", "blocked", ["GET"], 0)


def test_a_driver_that_connects_by_itself_looks_nothing_up(settings, rebinding, postgres):
    """The check connects twice, once by the driver, to what was looked up once."""
    settings.EGRESS_ALLOW = ["127.0.0.1/32"]
    rebinding.answers[NAME] = [["127.0.0.1"], [ALLOWED]]
    connector = registry.get("postgres")
    config = {"host": NAME, "port": postgres.port, "database": "postgres", "schema": "public", "sslmode": "disable"}
    credentials = {"username": postgres.username, "password": postgres.password}
    with decoy(ALLOWED, port=postgres.port) as place, hearing() as heard:
        report = run(run_check(connector, *connector.clean(config, credentials), limit=30))
        assert (place.visits(), heard.beyond("127.0.0.1")) == (0, [])
    assert report.status == "passed", report
    assert rebinding.asked.count((NAME, A)) == 1


def test_what_is_forbidden_meanwhile_is_not_connected_to(settings, dns, monkeypatch):
    """The second look, in the call that connects, is at what holds then."""
    look_up = egress.look_up

    async def slowly(host):
        found = await look_up(host)
        settings.EGRESS_DENY = [f"{ALLOWED}/32"]
        return found

    monkeypatch.setattr(egress, "look_up", slowly)
    with listening(garbage, host=ALLOWED) as server:
        for work in (
            egress.open_connection(asyncio.Protocol, ALLOWED, server.port),
            egress.open_socket(ALLOWED, server.port),
        ):
            settings.EGRESS_DENY = []
            with pytest.raises(CheckFailed, match="blocked"):
                run(work)
        assert server.connections == 0
