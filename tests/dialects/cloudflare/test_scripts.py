"""`scripts` are the consumers that registered with the native API."""

import pytest
from django.test import Client

from destinations.models import Destination
from tests.factories import make_key

pytestmark = pytest.mark.django_db


def test_who_registers_is_listed_by_name_and_a_deletion_does_not_wait_for_him(account, tenant):
    assert account.create().result["scripts"] == []
    uuid, headers = Destination.objects.get().uuid, {"Authorization": f"Bearer {make_key(tenant)}"}
    for kind, name in (("script", "shop"), ("script", "crawler"), ("pipeline", "shop")):
        path = f"/api/v1/destinations/{uuid}/consumers/{kind}/{name}"
        assert Client().put(path, headers=headers).status_code == 201
    (row,) = account.list().result
    assert row["scripts"] == ["crawler", "shop"]
    assert account.delete("acme-traces").result["scripts"] == ["crawler", "shop"]
    assert not Destination.objects.exists()
