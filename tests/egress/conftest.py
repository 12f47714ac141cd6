import pytest

from tests.egress.watching import ALLOWED, decoy
from tests.servers.dns import name_server


@pytest.fixture
def place():
    """Where nobody may come."""
    with decoy() as one:
        yield one
        assert not one.visits()


@pytest.fixture
def dns(settings):
    """The name server that checks ask, about each name. Only one address of this machine is allowed."""
    settings.EGRESS_ALLOW, settings.EGRESS_DENY = [f"{ALLOWED}/32"], []
    with name_server({}) as server:
        settings.EGRESS_NAMESERVERS = [server.address]
        yield server
