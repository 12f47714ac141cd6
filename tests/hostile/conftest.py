import pytest

from destinations.api.views import checks
from tests.hostile import effort  # noqa: F401  pytest looks for profiles once it has read this file
from tests.hostile.world import World
from tests.servers.dns import name_server


@pytest.fixture
def nowhere(settings):
    """No name leads anywhere, and nobody is asked for one."""
    with name_server({}) as dns:
        settings.EGRESS_NAMESERVERS = [dns.address]
        yield


class Clock:
    """Whoever sleeps by it has slept already."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def world(db, nowhere, settings, monkeypatch) -> World:
    monkeypatch.setattr(checks, "time", Clock())
    settings.STITCH_DESTINATIONS_PER_ACCOUNT = settings.PLANET_RATE = 0
    return World.begun()
