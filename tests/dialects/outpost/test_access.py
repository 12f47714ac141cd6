"""Who may do what, and which refusal comes first (contract 1.3)."""

import pytest

from destinations.models import Destination
from tenants.models import ApiKey
from tenants.services import revoke_key
from tests.dialects.outpost.client import DESTINATIONS, HOOK, Outpost
from tests.factories import make_key, make_tenant

#: Every route of a tenant's own, with a body where one is needed.
OWN = [
    ("GET", "/tenants/{t}", None),
    ("PUT", "/tenants/{t}", None),
    ("DELETE", "/tenants/{t}", None),
    ("GET", "/tenants/{t}/destinations", None),
    ("POST", "/tenants/{t}/destinations", HOOK),
    ("GET", "/tenants/{t}/destinations/d", None),
    ("PATCH", "/tenants/{t}/destinations/d", {}),
    ("DELETE", "/tenants/{t}/destinations/d", None),
    ("PUT", "/tenants/{t}/destinations/d/enable", None),
    ("PUT", "/tenants/{t}/destinations/d/disable", None),
    ("GET", "/tenants/{t}/destinations/d/attempts", None),
    ("GET", "/tenants/{t}/destinations/d/attempts/a", None),
]
ADMINISTRATIVE = [("GET", "/tenants/{t}/token", None), ("GET", "/tenants/{t}/portal", None)]
COMMON = [("GET", "/tenants", None), ("GET", "/topics", None), ("GET", "/destination-types", None)]
COMMON += [("GET", "/destination-types/webhook", None)]
EVERY = [*OWN, *ADMINISTRATIVE, *COMMON]
FIRST = [
    (method, path.replace("/tenants/{t}", "/{t}"), body)
    for method, path, body in (*OWN, *ADMINISTRATIVE)
    if "attempts" not in path
]
FIRST += [("GET", "/{t}/topics", None), ("GET", "/{t}/destination-types", None)]
FIRST += [("GET", "/{t}/destination-types/webhook", None)]
BASES = ["/outpost/api/v1", "/outpost/2025-07-01"]
UNAUTHORIZED = (401, "unauthorized", None)
FORBIDDEN = (403, "forbidden", None)


def names(cases):
    return [f"{method} {path}" for method, path, *_ in cases]


def routes(cases):
    return pytest.mark.parametrize(("method", "path", "body"), cases, ids=names(cases))


def call(caller, method, path, body, tenant="t1"):
    return caller.send(method, path.format(t=tenant), body)


@pytest.mark.parametrize(
    "header",
    [
        "{key}",
        "Bearer",
        "Bearer ",
        "Bearer  {key}",
        "bearer {key}",
        "BEARER {key}",
        "Basic {key}",
        "Token {key}",
        "Bearer {key}x",
        "Bearer x",
        "Bearer a.b.c",
        "Bearer é",
    ],
)
def test_nobody_enters_without_a_bearer_credential_that_is_one(t1, admin, header):
    value = header.format(key=admin.credential)
    assert Outpost(Authorization=value).get("/topics").refusal() == UNAUTHORIZED
    assert admin.get("/topics").status == 200


@routes([*EVERY, *FIRST])
def test_a_credential_that_is_none_wins_over_everything(t1, admin, method, path, body):
    for tenant in ("t1", "none"):
        assert call(Outpost(), method, path, body, tenant).refusal() == UNAUTHORIZED
        assert call(Outpost("x"), method, path, body, tenant).refusal() == UNAUTHORIZED
    assert admin.get("/tenants/t1").status == 200


@routes([case for case in OWN if case[:2] != ("PUT", "/tenants/{t}")] + ADMINISTRATIVE)
def test_the_administrator_is_told_that_a_tenant_is_missing(admin, method, path, body):
    for base in BASES:
        assert call(admin.at(base), method, path, body, "none").refusal() == (404, "tenant not found", None)


@routes([*EVERY, *FIRST])
def test_the_token_of_a_deleted_tenant_is_none_any_more(t1, admin, method, path, body):
    admin.delete("/tenants/t1")
    refusal = FORBIDDEN if path.endswith(("/token", "/portal")) else UNAUTHORIZED
    assert call(t1, method, path, body).refusal() == refusal
    assert admin.get("/tenants/t1").status == 404


@routes([*OWN, *ADMINISTRATIVE])
def test_a_tenant_cannot_tell_whether_another_one_is_there(t1, admin, method, path, body):
    admin.put("/tenants/t2")
    admin.create("t2", id="d")
    for base in BASES:
        for tenant in ("t2", "none"):
            assert call(t1.at(base), method, path, body, tenant).refusal() == FORBIDDEN
    assert Destination.objects.get().disabled_at is None
    assert admin.get("/tenants/none").status == 404


@routes([*FIRST])
def test_neither_can_it_by_the_paths_of_the_first_generation(t1, admin, method, path, body):
    admin.put("/tenants/t2")
    admin.create("t2", id="d")
    for tenant in ("t2", "none"):
        assert call(t1, method, path, body, tenant).refusal() == FORBIDDEN
    assert Destination.objects.get().disabled_at is None


@routes([*ADMINISTRATIVE, ("POST", "/publish", {"topic": "user.created", "data": {}})])
def test_some_things_are_for_the_administrator_alone(t1, method, path, body):
    assert call(t1, method, path, body).refusal() == FORBIDDEN


@routes(COMMON)
def test_others_are_for_both(t1, admin, method, path, body):
    assert call(t1, method, path, body).status == call(admin, method, path, body).status == 200


def test_a_tenant_manages_its_own_destinations(t1):
    made = t1.create(id="d")
    assert t1.read(made) == made
    for method, path, body in OWN[3:7]:
        assert call(t1, method, path, body).status in (200, 201)


def test_a_key_of_one_tenant_opens_no_other(admin):
    admin.put("/tenants/t1")
    other = Outpost(make_key(make_tenant("t2"), "admin"))
    for method, path, body in (*OWN, *ADMINISTRATIVE):
        assert call(other, method, path, body).status in (401, 403), (method, path)
    assert call(other, "GET", "/tenants/none", None).status in (401, 403)
    assert admin.get("/tenants/t1").body["destinations_count"] == 0


@pytest.mark.parametrize("role", ["viewer"])
def test_a_key_that_may_only_read_changes_nothing(admin, role):
    admin.put("/tenants/t1")
    admin.create(id="d")
    reader = Outpost(make_key(None, role))
    for method, path, body in (*OWN, *ADMINISTRATIVE):
        if method != "GET" or path.endswith(("/token", "/portal")):
            assert call(reader, method, path, body).status in (401, 403), (method, path)
    assert Destination.objects.get().disabled_at is None
    assert admin.get("/tenants/t1").status == 200


def test_a_revoked_key_opens_nothing(admin):
    revoke_key(ApiKey.objects.get())
    assert admin.get("/topics").refusal() == UNAUTHORIZED


def test_refusals_name_no_credential(t1, admin):
    for caller in (t1, admin, Outpost("a-credential-of-nobody")):
        for path in ("/tenants/t9", f"{DESTINATIONS}/none", "/nothing"):
            assert caller.credential not in str(caller.get(path).body)
