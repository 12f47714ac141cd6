"""Whatever goes wrong while it is found out whether a place is allowed, it is not."""

import pytest

from connectors import addresses, names
from tests.connectors.loops import run
from tests.egress.paths import Path, typed
from tests.egress.watching import ALLOWED, hearing
from tests.servers.dns import ANY, Odd, name_server
from tests.servers.http import garbage, listening

TYPED = list(typed())
SAID = {"blocked", "dns", "unexpected", "ValueError", "TypeError", "RuntimeError"}


def broken(*_: object) -> bool:
    raise RuntimeError("A fault in the guard itself.")


#: Settings and functions of the guard as they must not be.
SETTINGS: dict[str, dict[str, object]] = {
    "nothing is allowed": {"EGRESS_ALLOW": []},
    "all settings are empty": {"EGRESS_ALLOW": [], "EGRESS_DENY": [], "EGRESS_DENY_PORTS": []},
    "what is allowed is no network": {"EGRESS_ALLOW": ["127.0.0.1/8"]},
    "what is denied is no network": {"EGRESS_DENY": ["nonsense"]},
    "what is allowed is nothing": {"EGRESS_ALLOW": None},
    "everything is both": {"EGRESS_ALLOW": ["0.0.0.0/0", "::/0"], "EGRESS_DENY": ["0.0.0.0/0", "::/0"]},
}
FUNCTIONS = {"the look at an address breaks": "_within", "what an address embeds cannot be read": "_embedded"}


async def outcome(path: Path, host: str, port: int) -> str:
    """Where there is no check around it, an exception is what it ends in."""
    try:
        return await path.visit(host, port)
    except (ValueError, TypeError, RuntimeError) as error:
        return type(error).__name__


@pytest.mark.parametrize("fault", [*SETTINGS, *FUNCTIONS])
def test_a_guard_that_does_not_work_lets_nobody_out(fault, dns, place, settings, monkeypatch):
    for name, value in SETTINGS.get(fault, {}).items():
        setattr(settings, name, value)
    if fault in FUNCTIONS:
        monkeypatch.setattr(addresses, FUNCTIONS[fault], broken)
    dns.answers = {ANY: [["127.0.0.1"]]}
    wrong = []
    with hearing() as heard:
        for path in TYPED:
            for host in ("127.0.0.1", "[::1]", "some.example"):
                said = run(outcome(path, host, place.port))
                if place.visits() or heard.beyond() or said not in SAID:
                    wrong.append(f"{host} by “{path.name}”: {said}")
    assert wrong == []


@pytest.mark.parametrize("path", TYPED, ids=lambda path: path.name)
def test_without_an_answer_there_is_no_other_way_to_look_up(path, dns, place, settings, monkeypatch):
    """Neither the system's own resolver, nor an answer from before."""
    monkeypatch.setattr(names, "LIMIT", 0.3)
    with name_server({}, silent=True) as dead, hearing() as heard:
        settings.EGRESS_NAMESERVERS = [dead.address]
        assert run(path.visit("some.example", place.port)) == "dns"
        settings.EGRESS_NAMESERVERS = [dns.address]
        dns.answers = {"some.example": [Odd.SERVER_FAILURE]}
        assert run(path.visit("some.example", place.port)) == "dns"
        assert heard.beyond(ALLOWED) == []


@pytest.mark.parametrize("path", TYPED, ids=lambda path: path.name)
def test_a_denied_port_is_not_connected_to_at_any_address(path, dns, settings):
    with listening(garbage, host=ALLOWED) as server:
        settings.EGRESS_DENY_PORTS = [server.port]
        assert run(path.visit(ALLOWED, server.port)) == "blocked"
        assert server.connections == 0
        settings.EGRESS_DENY_PORTS = [25]
        assert run(path.visit(ALLOWED, server.port)) not in {"blocked", "passed", "unexpected"}
        assert server.connections
