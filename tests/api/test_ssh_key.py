"""The public half of a tenant's SSH key."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from connectors.identity import Identity
from destinations.models import TunnelKey
from tests.api.client import Api
from tests.factories import make_key

pytestmark = pytest.mark.django_db


def test_a_key_is_there_with_its_tenant_and_stays(tenant):
    viewer = Api(make_key(tenant, "viewer"))
    first = viewer.get("tenants/acme/ssh-key")
    assert first.status == 200
    assert first.body.keys() == {"tenant", "public_key", "created"}
    assert first.body["tenant"] == "acme"
    assert first.body["public_key"].startswith("ssh-ed25519 ")
    assert viewer.get("tenants/acme/ssh-key").body == first.body


def test_each_tenant_has_its_own(root, tenant, other):
    keys = {root.get(f"tenants/{owner.pk}/ssh-key").body["public_key"] for owner in (tenant, other)}
    assert len(keys) == 2


def test_the_private_key_is_in_no_answer(root, tenant):
    answer = root.get("tenants/acme/ssh-key")
    identity = TunnelKey.objects.get(tenant="acme").identity
    assert isinstance(identity, Identity)
    assert not any(line in str(vars(answer)) for line in identity.private.splitlines())


def test_parameters_are_refused(root, tenant):
    assert root.get("tenants/acme/ssh-key?private=1").status == 400


def test_one_that_is_missing_is_not_found_and_not_made(root, tenant):
    TunnelKey.objects.all().delete()
    with CaptureQueriesContext(connection) as asked:
        assert root.get("tenants/acme/ssh-key").status == 404
    assert not [query for query in asked if query["sql"].startswith("INSERT")]
    assert not TunnelKey.objects.exists()


def test_of_a_tenant_that_is_not_there_it_is_not_found(root):
    assert root.get("tenants/nobody/ssh-key").status == 404
    assert not TunnelKey.objects.exists()
