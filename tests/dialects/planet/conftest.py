"""The cast: Olga owns what is made, Mel is another member, Ada administrates, Vi only looks, Fay is of another
organisation. Each comes with a key of the organisation and of her own."""

import asyncio
import threading
from datetime import UTC, datetime
from queue import Queue

import pytest
from django.contrib.auth.models import User

from destinations import services
from destinations.dialects.planet.types import TYPES
from destinations.drafts import Draft
from tests.connectors.examples import EXAMPLES
from tests.connectors.s3_stub import Stub, stubbed
from tests.dialects.planet.client import Api
from tests.dialects.planet.storages import Storages, redirect
from tests.factories import make_key, make_tenant


@pytest.fixture
def tenant(db):
    return make_tenant("acme")


def member(name, tenant, role="editor"):
    return Api(make_key(tenant, role, user=User.objects.create_user(name)))


@pytest.fixture
def owner(tenant):
    return member("olga", tenant)


@pytest.fixture
def mel(tenant):
    return member("mel", tenant)


@pytest.fixture
def admin(tenant):
    return member("ada", tenant, "admin")


@pytest.fixture
def viewer(tenant):
    return member("vi", tenant, "viewer")


@pytest.fixture
def foreign(db):
    return member("fay", make_tenant("other"), "admin")


@pytest.fixture
def nobody(db):
    return Api()


@pytest.fixture
def seed(tenant):
    """Makes destinations without checking their storage, the later the younger."""
    moments = iter(range(1, 60))

    def make(name, type_="s3_compatible", api=None, **others):
        example = EXAMPLES[TYPES[type_].native]
        at = datetime(2026, 1, 1, 12, next(moments), tzinfo=UTC)
        values = {"config": example.config, "credentials": example.credentials, "created": at, **others}
        user = api and next(iter(tenant.api_keys.filter(prefix=api.key[:12]))).user
        return services.create(tenant, Draft(type=TYPES[type_].native, name=name, owner=user, **values))

    return make


@pytest.fixture
def storages(s3, azurite, gcs, google, monkeypatch):
    google.behind = gcs.port
    redirect(monkeypatch, s3.endpoint(), azurite.endpoint(), google.url)
    return Storages(s3, azurite, gcs, google)


@pytest.fixture
def made(storages, owner):
    """Makes destinations of the owner, checked like any other, and returns them as the API shows them."""

    def make(name=None, type_="s3_compatible", api=owner, **others):
        answer = api.post(storages.body(type_, name, **others))
        assert answer.status == 201, answer.text
        return answer.body

    return make


@pytest.fixture
def recorder():
    """An S3 service that takes everything and remembers what it was asked: the real one does not tell."""
    loop = asyncio.new_event_loop()
    stubs: Queue[Stub] = Queue()
    over = asyncio.Event()

    async def serve():
        async with stubbed() as stub:
            stubs.put(stub)
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=[serve()])
    thread.start()
    yield stubs.get(timeout=10)
    loop.call_soon_threadsafe(over.set)
    thread.join(10)
    loop.close()
