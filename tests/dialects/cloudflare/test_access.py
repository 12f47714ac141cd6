"""Who may call, with which header, and what the others are told."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from destinations.dialects.cloudflare import urls
from destinations.dialects.cloudflare.views import NowhereViewSet
from destinations.models import Destination
from tenants.models import ApiKey
from tenants.services import revoke_key
from tests.dialects.cloudflare.client import Account, replacement
from tests.factories import make_key, make_tenant

pytestmark = pytest.mark.django_db


def every_call(account: Account) -> list[int]:
    """List, create, update and delete."""
    calls = (
        account.list(),
        account.create(name="another"),
        account.update("acme-traces", replacement("http://127.0.0.1:1/")),
        account.delete("acme-traces"),
    )
    assert len({answer.body["errors"][0]["code"] for answer in calls if answer.status in (401, 403)}) <= 1
    return [answer.status for answer in calls]


def test_every_route_is_among_these_calls():
    patterns: list[Any] = urls.urlpatterns
    below, nowhere = patterns
    found = {method for route in below.url_patterns for method in route.callback.actions if method != "head"}
    assert found == {"get", "post", "patch", "delete"}
    assert nowhere.callback.cls is NowhereViewSet


@pytest.fixture
def stored(account) -> Destination:
    account.create()
    return Destination.objects.get()


@pytest.mark.parametrize("role", ["editor", "admin"])
def test_who_may_write_may_do_all(tenant, stored, role):
    statuses = every_call(Account(token=make_key(tenant, role)))
    assert statuses == [200, 201, 400, 200]  # nobody answers the preflight


def test_29_who_may_read_may_list_only(reader, stored):
    assert every_call(reader) == [200, 403, 403, 403]
    refused = reader.create()
    assert (refused.code, refused.detail) == (10000, "This needs a token with the role editor.")
    assert refused.body["errors"][0]["documentation_url"] == "/api/v1/docs"


def test_29_being_refused_tells_nothing_of_what_there_is(reader, stored):
    assert reader.delete("acme-traces").body == reader.delete("nope").body


@pytest.mark.parametrize("id_", ["T1", "nobody"])
def test_28_an_account_of_others_and_one_that_is_none_look_alike(stored, id_):
    stranger = make_key(make_tenant("T2"), "admin")
    assert every_call(Account(id_, stranger)) == [403] * 4
    assert Account(id_, stranger).list().body == Account("other", stranger).list().body
    assert Account("T2", stranger).list().result == []
    assert Destination.objects.get() == stored


def test_a_key_of_the_installation_is_good_for_every_account(stored):
    assert every_call(Account(token=make_key())) == [200, 201, 400, 200]


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer é"},
        {"X_Auth_Email": "a@example.com", "X_Auth_Key": "wrong"},
    ],
)
def test_27_a_wrong_credential_is_401_with_code_10000(tenant, stored, headers):
    refused = Account(**headers)
    assert every_call(refused) == [401] * 4
    assert refused.list().code == 10000


def test_27_a_revoked_key_is_wrong(tenant):
    token = make_key(tenant)
    revoke_key(ApiKey.objects.get())
    assert Account(token=token).list().code == 10000


@pytest.mark.parametrize(
    ("headers", "word"),
    [
        ({}, "Send an API token"),
        ({"Authorization": "Bearer "}, "Send an API token"),
        ({"Authorization": "Basic YTpi"}, "Send an API token"),
        ({"X_Auth_Email": "a@example.com"}, "Unset CLOUDFLARE_EMAIL"),
        ({"X_Auth_Key": "k"}, "no X-Auth-Email"),
        ({"X_Auth_User_Service_Key": "v1.0-k"}, "X-Auth-User-Service-Key is not taken"),
    ],
)
def test_27_without_a_credential_it_is_401_with_code_9106(tenant, stored, headers, word):
    refused = Account(**headers)
    assert every_call(refused) == [401] * 4
    assert refused.list().code == 9106
    assert word in refused.list().detail


def test_30_a_key_with_an_address_is_a_way_in(tenant):
    assert Account(X_Auth_Email="anybody@example.com", X_Auth_Key=make_key(tenant)).list().status == 200


def test_30_a_key_that_belongs_to_somebody_needs_that_address(tenant):
    pat = User.objects.create_user("pat", email="Pat@example.com")
    key = make_key(tenant, user=pat)
    assert Account(X_Auth_Email="pat@example.com", X_Auth_Key=key).list().status == 200
    assert Account(X_Auth_Email="eve@example.com", X_Auth_Key=key).list().code == 10000


def test_a_token_goes_before_a_key(tenant):
    headers = {"X_Auth_Email": "a@example.com", "X_Auth_Key": "wrong"}
    assert Account(token=make_key(tenant), **headers).list().status == 200


def test_what_is_made_belongs_to_the_person_of_the_key(tenant):
    pat = User.objects.create_user("pat")
    Account(token=make_key(tenant, user=pat)).create()
    assert Destination.objects.get().owner == pat


def test_whoever_is_nobody_is_not_told_what_is_wrong_with_his_body(tenant):
    assert Account().create({"name": 7}).status == 401
