"""Every address x every caller x what is another tenant's: as if it did not exist.

A request for what is another tenant's must be answered exactly as one for what is nowhere: the same status, the same
words, the same number of queries. And no answer may change by another tenant's having something.
"""

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tenants.models import Tenant
from tests.factories import make_key, make_tenant
from tests.isolation import rules
from tests.isolation.callers import CALLERS, NEIGHBOURS, Caller
from tests.isolation.routes import Route, every_route, one_of_each_view
from tests.isolation.world import World, make_world, nowhere, rows_of

pytestmark = pytest.mark.django_db
ROUTES = every_route()
VIEWS = one_of_each_view(ROUTES)
CASES = [(route, method) for route in VIEWS if rules.kinds(route) for method in route.methods]
TOLD = ("Location", "Content-Type", "Allow", "WWW-Authenticate", "ETag", "Retry-After")
CHANGING = re.compile(r'(?<=name="csrfmiddlewaretoken" value=")\w+|(?<="timestamp": ")[^"]+|\d+ min ago')
each_caller = pytest.mark.parametrize("kind", CALLERS)


#: Kinds of what belongs to one environment of a tenant.
CONFINED = {"environment", "credential", "destination", "destination number", "destination uid", "slug", "bucket"}
CONFINED |= {"database", "used", "consumer", "check", "membership"}
NOT_HERE = (302, 405, 501)  # it is elsewhere, or there is no such thing for anybody
WRITES = re.compile("INSERT|UPDATE|DELETE")
NOTED = re.compile('"tenants_apikey" SET "last_used"')


@pytest.fixture
def own() -> World:
    return make_world("bergen")


@pytest.fixture
def other() -> World:
    return make_world("lisboa")


def test_every_address_has_a_rule():
    unknown = []
    for route in ROUTES:
        try:
            named = rules.kinds(route)
        except KeyError as missing:
            unknown.append(f"{route}: {missing}")
        else:
            if not named and not rules.plain(route):
                unknown.append(str(route))
    assert unknown == []


def test_no_rule_is_for_an_address_that_is_gone():
    templates = {re.sub("/outpost/(api/v1|2025-07-01)", "/outpost/<base>", str(route)) for route in ROUTES}
    assert not [rule for rule in rules.PLAIN if not templates & {rule, rule.rstrip("/"), rule + "/"}]


class Answer:
    """An answer as it would be in any world, and how much work it was."""

    def __init__(self, caller: Caller, route: Route, method: str, world: World) -> None:
        client = caller.client(rules.face(route))
        with CaptureQueriesContext(connection) as queries:
            self.response = send(client, route, method, world)
        text = self.response.content.decode() if not self.response.streaming else ""
        self.text = CHANGING.sub("…", text)
        told = {name: world.hidden(self.response.headers.get(name, "")) for name in TOLD}
        self.seen = (self.response.status_code, world.hidden(self.text), told)
        self.queries = len(queries)

    def differences(self, other: "Answer") -> list[str]:
        found = [_first(mine, theirs) for mine, theirs in zip(self.seen, other.seen, strict=True) if mine != theirs]
        return found or ([f"{self.queries} != {other.queries} queries"] if self.queries != other.queries else [])


def _first(mine: object, theirs: object) -> str:
    """Where two differ, with a few words around it."""
    one, two = str(mine), str(theirs)
    at = next((place for place, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))
    return f"{one[max(at - 60, 0) : at + 60]!r} != {two[max(at - 60, 0) : at + 60]!r}"


def send(client: Client, route: Route, method: str, world: World) -> Any:
    path = rules.address(route, world)
    if rules.face(route) in ("admin", ""):
        return client.generic(method.upper(), path) if method != "post" else client.post(path, rules.FORM)
    body = rules.body(route, method)
    data = b"" if body is None else json.dumps(body).encode()
    return client.generic(method.upper(), path, data, content_type="application/json")


def told_apart(caller: Caller, routes: list[Route], there: World, nowhere: World) -> list[str]:
    """Every way in which this caller could tell what is there from what is not."""
    before, found = rows_of(there.word), []
    for route in routes:
        caller.client(rules.face(route)).get(rules.address(route, nowhere))  # the first use of a key is noted
        for method in route.methods:
            theirs = Answer(caller, route, method, there)
            differences = theirs.differences(Answer(caller, route, method, nowhere))
            if there.word in there.hidden(theirs.text).lower():
                differences.append(f"names {there.word}")
            found += [f"{method} {route}: {difference}" for difference in differences]
        if rows_of(there.word) != before:
            pytest.fail(f"{route} changed something.")
    return found


@each_caller
def test_what_is_anothers_is_answered_as_what_is_nowhere(own, other, kind):
    caller = CALLERS[kind](*(Tenant.objects.get(pk=world.ids["tenant"]) for world in (own, other)))
    found = told_apart(caller, [route for route in VIEWS if rules.kinds(route)], other, nowhere())
    assert not found, "\n".join(found)


@pytest.mark.parametrize("kind", NEIGHBOURS)
def test_what_is_of_another_environment_is_answered_as_what_is_nowhere(other, kind):
    """Whoever has a role in one environment of a tenant, in another."""
    caller = NEIGHBOURS[kind](Tenant.objects.get(pk=other.ids["tenant"]))
    routes = [route for route in VIEWS if CONFINED & set(rules.kinds(route).values())]
    missing = World("phantom", nowhere().ids | {"tenant": other.ids["tenant"]})
    assert len(routes) > 20
    found = told_apart(caller, routes, World(other.word, other.ids), missing)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("kind", [kind for kind in CALLERS if kind.split()[0] not in ("expired", "revoked", "key")])
def test_no_answer_changes_by_what_another_tenant_has(own, kind):
    nobody = make_tenant("nobody")
    caller = CALLERS[kind](Tenant.objects.get(pk=own.ids["tenant"]), nobody)
    reads = [route for route in VIEWS if "get" in route.methods]
    before = [Answer(caller, route, "get", own) for route in reads]
    before = [Answer(caller, route, "get", own) for route in reads]
    make_world("lisboa")
    found = []
    for route, answer in zip(reads, before, strict=True):
        found += [f"{route}: {difference}" for difference in Answer(caller, route, "get", own).differences(answer)]
    assert not found, "\n".join(found)


def test_its_owner_can_tell_everything_from_what_is_nowhere(own):
    """Else the tests above would prove nothing."""
    alike = []
    for route, method in CASES:
        caller = owner(route, own)
        with transaction.atomic():
            mine = Answer(caller, route, method, own)
            seen = mine.seen != Answer(caller, route, method, nowhere()).seen
            transaction.set_rollback(True)
        if not seen and mine.response.status_code not in NOT_HERE:
            alike.append((method, str(route)))
    assert set(alike) == rules.DENIED_TO_ALL


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reading_changes_nothing(own, method):
    found = []
    for route in VIEWS:
        client = owner(route, own).client(rules.face(route))
        with CaptureQueriesContext(connection) as queries:
            client.generic(method, rules.address(route, own))
        written = [query["sql"] for query in queries if WRITES.match(query["sql"]) and not NOTED.search(query["sql"])]
        found += [f"{method} {route}: {sql[:120]}" for sql in written]
    assert not found, "\n".join(found)


def owner(route: Route, world: World) -> Caller:
    """Whoever may do all that there is at this address."""
    face = rules.face(route)
    if route.template.startswith("/admin/tenants/keypair/"):
        return Caller(person=User.objects.get(pk=world.ids["user"]))
    if face in ("admin", ""):
        root = User.objects.filter(username="root").first()
        return Caller(person=root or User.objects.create_superuser("root", password="a password"))
    return Caller(make_key(None if face in ("api", "outpost") else Tenant.objects.get(pk=world.ids["tenant"])))
