"""The cast: Alice is admin of a tenant, Ed its editor, Vera its viewer, root owns the installation, and Charlie, admin
of another tenant, must see nothing."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.api.client import Api
from tests.factories import make_key, make_tenant


@pytest.fixture
def tenant(db):
    return make_tenant("acme", "Acme")


@pytest.fixture
def other(db):
    return make_tenant("other", "Other")


@pytest.fixture
def alice(tenant):
    return Api(make_key(tenant, "admin"))


@pytest.fixture
def ed(tenant):
    return Api(make_key(tenant, "editor"))


@pytest.fixture
def vera(tenant):
    return Api(make_key(tenant, "viewer"))


@pytest.fixture
def charlie(other):
    return Api(make_key(other, "admin"))


@pytest.fixture
def root(db):
    return Api(make_key(None, "admin"))


@pytest.fixture
def nobody(db):
    return Api()


@pytest.fixture
def person(db):
    return User.objects.create_user("pat", password="pat's password", is_staff=True)


@pytest.fixture
def browser(person):
    """An API client that is signed in to the admin and holds cookies as a browser does."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    return Api(client=client)
