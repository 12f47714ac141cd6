"""The installation, its administrator (A in the contract), and the first tenant with a token of its own (J)."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import cache

import pytest

from tests.dialects.outpost.client import BASE, Outpost
from tests.dialects.outpost.hookdeck import Hookdeck, nobody_there, standing_in
from tests.dialects.outpost.sdk import VERSIONS, Sdk, running
from tests.factories import make_key, make_tenant

TOPICS = ["user.created", "user.deleted", "order.paid"]


@pytest.fixture(autouse=True)
def _installation(settings):
    settings.TOPICS = TOPICS
    settings.TOPICS_WILDCARDS = False
    settings.DESTINATIONS_PER_TENANT = 20


@pytest.fixture
def admin(db) -> Outpost:
    return Outpost(make_key(None, "admin"))


@pytest.fixture
def t1(admin) -> Outpost:
    """Tenant t1, by its own token."""
    make_tenant("t1")
    return admin.tenant("t1")


@pytest.fixture
def hookdeck() -> Iterator[Hookdeck]:
    with standing_in() as stand_in:
        yield stand_in


@pytest.fixture
def unreachable() -> Iterator[None]:
    """Hookdeck is down."""
    with nobody_there():
        yield


@pytest.fixture(scope="session")
def sdks() -> Iterator[Callable[[str], Sdk]]:
    """Each version, started when it is first asked for."""
    with ExitStack() as stack:
        yield cache(lambda version: stack.enter_context(running(version)))


@pytest.fixture(params=VERSIONS)
def sdk(request, sdks, live_server, admin_key) -> Sdk:
    """Each version in turn, with the key of the installation."""
    return replace(sdks(request.param), url=f"{live_server.url}{BASE}", credential=admin_key)


@pytest.fixture
def admin_key(transactional_db) -> str:
    return make_key(None, "admin")
