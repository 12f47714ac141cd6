import pytest

from tests.hostile import effort  # noqa: F401  pytest looks for profiles once it has read this file
from tests.hostile.world import World
from tests.servers.dns import name_server


@pytest.fixture
def nowhere(settings):
    """No name leads anywhere, and nobody is asked for one."""
    with name_server({}) as dns:
        settings.EGRESS_NAMESERVERS = [dns.address]
        yield


@pytest.fixture
def world(db, nowhere, settings) -> World:
    settings.STITCH_DESTINATIONS_PER_ACCOUNT = settings.PLANET_RATE = 0
    return World.begun()
