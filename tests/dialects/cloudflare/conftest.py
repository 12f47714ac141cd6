import pytest

from tenants.models import Tenant
from tests.dialects.cloudflare.client import Account
from tests.factories import make_key, make_tenant


@pytest.fixture
def tenant(db) -> Tenant:
    return make_tenant("T1")


@pytest.fixture
def account(tenant) -> Account:
    """With a token that may write."""
    return Account(token=make_key(tenant, "editor"))


@pytest.fixture
def reader(tenant) -> Account:
    return Account(token=make_key(tenant, "viewer"))
