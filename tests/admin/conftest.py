from html import unescape

import pytest
from django.contrib.auth.models import User
from django.test import Client

from destinations.models import Destination
from tenants.models import Environment, Membership, Role, Tenant
from tests.factories import make_destination, make_tenant

PASSWORD = "correct horse battery staple"


@pytest.fixture
def tenant(db) -> Tenant:
    return make_tenant("acme", "Acme Logistics")


@pytest.fixture
def destination(tenant) -> Destination:
    return make_destination(tenant, name="Billing events")


def member(tenant: Tenant, role: str = Role.VIEWER, environment: Environment | None = None, name: str = "") -> Client:
    """A signed-in person who may use the admin and has this role, and nothing else."""
    user = User.objects.create_user(name or f"{role}-{User.objects.count()}", password=PASSWORD, is_staff=True)
    Membership.objects.create(user=user, tenant=tenant, role=role, environment=environment)
    client = Client()
    client.force_login(user)
    return client


def text(response) -> str:
    return unescape(response.content.decode())
