"""Every way to name a forbidden place, by every way that leads out: nothing arrives there, and each check says why."""

from unittest.mock import patch

import pytest

from connectors import names
from tests.connectors.loops import run
from tests.egress.paths import Path, advertised, as_they_are, built, sent_on, typed
from tests.egress.vectors import VECTORS, Vector
from tests.egress.watching import ALLOWED, Decoy, hearing
from tests.servers.dns import ANY, NameServer
from tests.servers.tds import Login, SqlServer, sql_server

ENOUGH = 5  # of what went wrong by one path: checks that get somewhere take their time

TYPED, BUILT, AS_THEY_ARE = list(typed()), list(built()), list(as_they_are())


def ways_through(path: Path, vectors: list[Vector], place: Decoy, dns: NameServer) -> list[str]:
    """What went wrong: the vectors that got anywhere, and those that ended otherwise than they should."""
    wrong: list[str] = []
    with hearing() as heard:
        for vector in vectors:
            dns.answers = {} if vector.answers is None else {ANY: vector.answers}
            # Nobody waits here for a name server that is known to say nothing.
            with patch.object(names, "LIMIT", 0.1 if vector.silent else names.LIMIT):
                said = run(outcome(path, vector, place))  # in a loop of its own, which knows no earlier answers
            arrived, elsewhere = place.visits(), heard.beyond(ALLOWED)
            if arrived or elsewhere or said not in vector.codes:
                wrong.append(f"“{vector.name}” by “{path.name}”: {said}, {arrived} arrived, also at {elsewhere}")
            if len(wrong) == ENOUGH:
                break
    return wrong


async def outcome(path: Path, vector: Vector, place: Decoy) -> str:
    try:
        return await path.visit(vector.host, place.port)
    except pytest.fail.Exception as beyond:  # what tests/conftest.py says to connections beyond this machine
        return str(beyond)


def named(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("path", [*TYPED, *BUILT], ids=named)
def test_a_host_leads_nowhere_inside(path, place, dns):
    assert ways_through(path, [vector for vector in VECTORS if path.typed or not vector.odd], place, dns) == []


@pytest.mark.parametrize("path", AS_THEY_ARE, ids=named)
def test_a_name_server_that_lies_leads_nowhere_inside(path, place, dns):
    assert ways_through(path, [vector for vector in VECTORS if vector.answers is not None], place, dns) == []


def test_a_broker_that_names_its_like_leads_nowhere_inside(kafka, place, dns):
    with kafka.front(on=ALLOWED, sasl=False) as front:
        assert ways_through(advertised(front), list(VECTORS), place, dns) == []


def test_a_gateway_that_sends_its_clients_on_leads_nowhere_inside(place, dns):
    with sql_server(SqlServer({"loader": Login("password")}, {"lake": {"dbo"}}), host=ALLOWED) as server:
        assert ways_through(sent_on(server), list(VECTORS), place, dns) == []


def test_the_table_is_as_large_as_it_is_said_to_be():
    assert len(VECTORS) >= 60
    assert len({vector.name for vector in VECTORS}) == len(VECTORS)
    paths = [*TYPED, *BUILT]
    assert len({path.name for path in paths}) == len(paths)
