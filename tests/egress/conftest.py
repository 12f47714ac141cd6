from functools import cache

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

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


@pytest.fixture(autouse=True)
def _keys_are_read_once(monkeypatch):
    """Reading an RSA key proves it, which takes longer than everything else here together."""
    read = cache(serialization.load_pem_private_key)
    for module in (serialization, jwt.algorithms):
        monkeypatch.setattr(module, "load_pem_private_key", read)
