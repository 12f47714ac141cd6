"""The installation, its administrator (A in the contract), and the first tenant with a token of its own (J)."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import cache

import pytest
from django.core.servers.basehttp import WSGIRequestHandler

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
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patched:
        # The SDK keeps its connections, on which the server of the tests would hold back each answer for 40 ms.
        patched.setattr(WSGIRequestHandler, "disable_nagle_algorithm", True)
        yield cache(lambda version: stack.enter_context(running(version)))


@pytest.fixture(params=VERSIONS)
def sdk(request, sdks, live_server, admin_key) -> Iterator[Sdk]:
    """Each version in turn, with the key of the installation."""
    sdk = replace(sdks(request.param), url=f"{live_server.url}{BASE}", credential=admin_key)
    yield sdk
    sdk.close()


@pytest.fixture
def admin_key(transactional_db) -> str:
    return make_key(None, "admin")
