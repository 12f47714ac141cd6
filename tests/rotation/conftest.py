from collections.abc import Iterator
from itertools import count

import pytest
from cryptography.fernet import Fernet, MultiFernet
from encrypted_model_fields import fields as encrypted

from destinations import keyring
from tests.rotation.site import Site

_numbers = count(1)


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request, tmp_path) -> Iterator[Site]:
    made = Site(tmp_path, _database(request, tmp_path))
    yield made
    made.abandon()


def _database(request, folder) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{folder}/landfall.sqlite3"
    server = request.getfixturevalue("postgres")
    name = f"rotation_{next(_numbers)}"
    server.execute(f"CREATE DATABASE {name}")
    return f"postgresql://{server.username}:{server.password}@127.0.0.1:{server.port}/{name}"


@pytest.fixture
def use(monkeypatch):
    """Makes this process one that was started with these keys."""
    monkeypatch.setattr(keyring, "_settled", set())

    def start(*keys: Fernet) -> None:
        keyring._settled.clear()
        monkeypatch.setattr(encrypted, "CRYPTER", MultiFernet(keys))

    return start


@pytest.fixture
def old() -> Fernet:
    return Fernet(Fernet.generate_key())


@pytest.fixture
def new() -> Fernet:
    return Fernet(Fernet.generate_key())
